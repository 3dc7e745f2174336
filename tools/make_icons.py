"""Draws the app's icons (PNG) from `web/public/favicon.svg` with Chromium. Run it after the mark has changed.

python tools/make_icons.py
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

PUBLIC = Path(__file__).resolve().parent.parent / "web" / "public"
PAPER = "#f8f3ea"
# Name, edge in pixels, share of the edge that the mark takes, background. A maskable icon may be cut to a
# circle of 80 % (W3C Web Application Manifest), iOS fills transparency with black.
ICONS = (
    ("icon-192.png", 192, 0.92, "transparent"),
    ("icon-512.png", 512, 0.92, "transparent"),
    ("icon-maskable-512.png", 512, 0.58, PAPER),
    ("apple-touch-icon.png", 180, 0.72, PAPER),
)


def page(mark: str, edge: int, share: float, background: str) -> str:
    """Returns a page of `edge` pixels that shows nothing but the mark, centred."""
    return (
        f"<style>body{{margin:0;width:{edge}px;height:{edge}px;display:grid;place-items:center;"
        f"background:{background}}}svg{{width:{edge * share}px;height:{edge * share}px}}</style>{mark}"
    )


def main() -> None:
    """Writes every icon."""
    mark = (PUBLIC / "favicon.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, edge, share, background in ICONS:
            window = browser.new_page(viewport={"width": edge, "height": edge})
            window.set_content(page(mark, edge, share, background))
            window.screenshot(path=PUBLIC / name, omit_background=True)
            window.close()
        browser.close()


if __name__ == "__main__":
    main()
