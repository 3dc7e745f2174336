"""`python -m causerie` does what `causerie` does."""

from __future__ import annotations

from causerie.cli.main import main

if __name__ == "__main__":
    main()
