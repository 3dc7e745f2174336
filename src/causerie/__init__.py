"""Causerie: a self-hosted web conference. Start reading at `server/app.py` and `conference/machine.py`."""
