"""The command line: `causerie up`, `causerie version`. Start at `main`."""

from __future__ import annotations

import time

STARTED = time.monotonic()
"""When the program began to load, before anything heavy: what "ready in" counts from."""
