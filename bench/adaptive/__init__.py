"""Pictures that fit their tiles, in real browsers, among people whom the load generator plays.

Start at `measure.py`; `company.py` makes the people, `films.py` what they show, `tiles.py` watches.
"""
