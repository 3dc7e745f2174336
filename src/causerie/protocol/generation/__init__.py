"""What `make gen` makes from `protocol/messages.py`: TypeScript types, the JSON Schema, the reference page.

Text in, text out; only `causerie.protocol.generate` touches files.
"""
