"""The native wire protocol: messages, their codec, and what is generated from them. Knows no rules."""
