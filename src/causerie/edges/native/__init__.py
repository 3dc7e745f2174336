"""Signalling with our own clients: JSON over one WebSocket at `/api/v1/session`.

`server.py` is the shell; `gate.py`, `session.py`, `translation.py` decide and are pure. No room rule is known here.
"""
