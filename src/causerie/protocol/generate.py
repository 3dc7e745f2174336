"""Writes what follows from the messages: `python -m causerie.protocol.generate [--check] [REPOSITORY]`.

With `--check` nothing is written; the status is 1 when a file differs from what would be written.
"""

from __future__ import annotations

import sys
from pathlib import Path

from causerie.protocol.generation.json_schema import json_schema
from causerie.protocol.generation.reference import reference
from causerie.protocol.generation.typescript import typescript


def generated(repository: Path) -> dict[Path, str]:
    """Returns every generated file of a repository with its right content."""
    samples = {path.stem: path.read_text("utf-8") for path in (repository / "schema/samples").glob("*.json")}
    return {
        repository / "schema/messages.schema.json": json_schema(),
        repository / "web/src/protocol/messages.gen.ts": typescript(),
        repository / "docs/reference/protocol.md": reference(samples),
    }


def stale(repository: Path) -> list[Path]:
    """Returns the generated files that are absent or differ from what would be written."""
    return [
        path
        for path, content in generated(repository).items()
        if not path.exists() or path.read_text("utf-8") != content
    ]


def main(arguments: list[str]) -> int:
    """Generates into the repository given, else the current folder; returns the exit status."""
    check = "--check" in arguments
    folders = [argument for argument in arguments if not argument.startswith("-")]
    repository = Path(folders[0] if folders else ".")
    changed = stale(repository)
    for path in changed:
        print(f"{'stale' if check else 'written'}: {path}")
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(generated(repository)[path], "utf-8")
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
