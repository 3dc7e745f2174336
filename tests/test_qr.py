"""The reader of QR codes that browser tests rely on."""

from __future__ import annotations

import pytest
import segno

from tests.support.qr import text_of


@pytest.mark.parametrize("level", ["l", "m", "q", "h"])
@pytest.mark.parametrize(
    "text",
    ["https://localhost:8443/cafe-du-lundi", "HTTPS://MEET.EXAMPLE:8443/ABC", "01234567890" * 6],
)
def test_what_another_program_drew_is_read(text: str, level: str) -> None:
    code = segno.make(text, micro=False, error=level, boost_error=False)
    assert text_of([[bool(module) for module in row] for row in code.matrix]) == text
