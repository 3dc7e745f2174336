"""The first screen, to the letter, in both languages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from causerie.cli.screen import code, one_line, screen
from causerie.cli.wording import ENGLISH, FRENCH, Wording, wording
from causerie.server.app import Facts

GOLDEN = Path(__file__).parent / "golden"
FACTS = Facts(
    version="1.0",
    port=8443,
    media_ports=(8443, 8444),
    lan=("192.168.1.20", "10.0.0.7"),
    host="",
    fingerprint=":".join(f"{n:02X}" for n in range(32)),
    own_certificate=False,
    data_dir=Path("/home/someone/.local/share/causerie"),
)
OWN = replace(FACTS, host="visio.ecole.test:443", own_certificate=True)


@pytest.mark.parametrize(
    ("name", "facts", "words"),
    [
        ("french", FACTS, FRENCH),
        ("english", FACTS, ENGLISH),
        ("own", OWN, FRENCH),
        ("alone", replace(FACTS, lan=()), FRENCH),
    ],
)
def test_first_screen_is_as_recorded(name: str, facts: Facts, words: Wording) -> None:
    text = screen(facts, words, seconds=0.84, colour=False)

    assert text == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 80


def test_json_is_one_line_with_the_addresses_others_need_first() -> None:
    line = one_line(FACTS)

    assert "\n" not in line
    assert json.loads(line) == {
        "urls": ["https://192.168.1.20:8443", "https://10.0.0.7:8443", "https://localhost:8443"],
        "port": 8443,
        "mediaPorts": [8443, 8444],
        "fingerprint": FACTS.fingerprint,
        "dataDir": "/home/someone/.local/share/causerie",
        "version": "1.0",
    }


def test_port_443_and_a_named_port_stand_in_addresses_as_browsers_write_them() -> None:
    assert json.loads(one_line(replace(OWN, lan=(), port=443)))["urls"] == [
        "https://visio.ecole.test", "https://localhost",
    ]  # fmt: skip


def test_code_in_colour_is_the_negative_of_the_plain_one() -> None:
    plain, colour = list(code("https://a", colour=False)), list(code("https://a", colour=True))
    opposite = str.maketrans("█▀▄ ", " ▄▀█")

    assert [line.translate(opposite) for line in plain] == [
        line.removeprefix("\x1b[38;5;16;48;5;231m").removesuffix("\x1b[0m") for line in colour
    ]


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LANG": "fr_FR.UTF-8"}, FRENCH),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C.UTF-8"}, ENGLISH),
        ({"LC_MESSAGES": "fr_CA", "LANG": "en_US"}, FRENCH),
        ({"LC_ALL": "", "LANG": "fr"}, FRENCH),
        ({}, ENGLISH),
    ],
)
def test_language_is_that_of_the_locale(environment: dict[str, str], words: object) -> None:
    assert wording(environment) is words
