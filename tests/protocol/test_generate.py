"""What is generated is what is committed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from causerie.protocol import messages
from causerie.protocol.generate import generated, main, stale
from causerie.protocol.generation.typescript import typescript

REPOSITORY = Path(__file__).parents[2]


def test_generation_would_change_no_file() -> None:
    assert stale(REPOSITORY) == [], "run `make gen` and commit"


def test_check_tells_and_fails_but_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy_samples(tmp_path)

    assert main(["--check", str(tmp_path)]) == 1
    assert "stale: " in capsys.readouterr().out
    assert not (tmp_path / "web").exists()


def test_generated_files_are_then_up_to_date(tmp_path: Path) -> None:
    copy_samples(tmp_path)

    assert main([str(tmp_path)]) == 0
    assert main(["--check", str(tmp_path)]) == 0
    assert all(path.read_text("utf-8") == text for path, text in generated(tmp_path).items())


def test_typescript_has_every_type_and_marks_what_may_be_absent() -> None:
    text = typescript()

    assert 'readonly type: "participant-joined";' in text
    assert "readonly muted?: boolean;" in text
    assert "readonly source?: string | null;" in text
    assert f"PROTOCOL_VERSION = {messages.PROTOCOL_VERSION};" in text


def test_schema_references_resolve() -> None:
    schema = json.loads((REPOSITORY / "schema/messages.schema.json").read_text("utf-8"))

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if "$ref" in node else []
            return own + [ref for child in node.values() for ref in references(child)]
        return [ref for child in node for ref in references(child)] if isinstance(node, list) else []

    found = references(schema)
    assert found
    assert all(ref.removeprefix("#/$defs/") in schema["$defs"] for ref in found)


def copy_samples(to: Path) -> None:
    folder = to / "schema/samples"
    folder.mkdir(parents=True)
    for path in (REPOSITORY / "schema/samples").glob("*.json"):
        (folder / path.name).write_bytes(path.read_bytes())
