"""Signalling with our own clients: JSON over one WebSocket at `/api/v1/session`.

`server.py` is the shell; `gate.py`, `session.py` and `translation.py` are pure. Knows no room rule.
"""
