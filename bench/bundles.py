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
        f"{page}_javascript_gzip_kb": round(
            sum(len(gzip.compress(script.encode(), 9)) for script in javascript(f"{page}.html").values())
            / 1000,
            1,
        )
        for page in ("index", "room")
    }


def javascript(page: str) -> dict[str, str]:
    """Returns the scripts that a page imports statically, by name."""
    scripts: dict[str, str] = {}
    waiting = re.findall(r'(?:src|href)="/?(assets/[^"]+\.js)"', (BUILT / page).read_text())
    while waiting:
        name = waiting.pop()
        if name in scripts:
            continue
        scripts[name] = (BUILT / name).read_text()
        static = re.findall(r'(?:from|import)\s*"\./([^"]+\.js)"', scripts[name])
        waiting += [f"assets/{other}" for other in static]
    return scripts
