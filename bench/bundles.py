"""Compressed size of the JavaScript that each page loads before anyone clicks."""

from __future__ import annotations

import gzip
import re
from typing import Any

from bench.results import ROOT

BUILT = ROOT / "src" / "causerie" / "web"


def measure() -> dict[str, Any]:
    """Follows static imports from both pages and sums gzip -9 sizes, in KB of 1,000 bytes."""
    return {
        f"{page}_javascript_gzip_kb": round(sum(_sizes(f"{page}.html").values()) / 1000, 1)
        for page in ("index", "room")
    }


def _sizes(page: str) -> dict[str, int]:
    sizes: dict[str, int] = {}
    waiting = re.findall(r'(?:src|href)="/?(assets/[^"]+\.js)"', (BUILT / page).read_text())
    while waiting:
        name = waiting.pop()
        if name in sizes:
            continue
        script = (BUILT / name).read_text()
        sizes[name] = len(gzip.compress(script.encode(), 9))
        static = re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', script)
        waiting += [f"assets/{other}" for other in static]
    return sizes
