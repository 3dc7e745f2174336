"""The rules of a conference: given a command and the time, which events follow.

Pure, deterministic, synchronous: no clock, chance, I/O, wire format or media packet is known here.
Start with `machine.py`; `commands.py` and `events.py` are its two faces.
"""
