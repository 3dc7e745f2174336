"""Wires everything once, starts and stops it in order. Start at `app`; contains no rules."""
