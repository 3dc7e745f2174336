"""The program's own face: what it prints, and with what status it ends."""

from __future__ import annotations

import pytest

from causerie.cli.main import main
from causerie.server.app import version


def test_version_is_printed_by_command_and_by_flag(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["version"], ["--version"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
        assert capsys.readouterr().out == f"{version()}\n"


@pytest.mark.parametrize("arguments", [["upp"], ["up", "extra"], ["up", "--prot", "1"], ["up", "--port"]])
def test_misuse_is_one_sentence_and_status_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert said.err.startswith("causerie: ")
    assert said.err.count("\n") == 1


def test_every_option_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["up", "--help"])
    said = capsys.readouterr().out

    for option in ("--port", "--media-port", "--data-dir", "--public-ip", "--workers", "--open", "--json"):
        assert option in said
