"""The parser takes what RFC 8866 allows, refuses the rest with `SdpError`, and never takes long."""

from __future__ import annotations

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.sdp.model import Attribute, Description, Line, Origin, SdpError, SdpLimits, Section
from causerie.sdp.parser import parse
from causerie.sdp.writer import write

MINIMAL = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"

tokens = st.text(string.ascii_letters + string.digits + "-._+!", min_size=1, max_size=12)
texts = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, exclude_characters="\x7f"), max_size=30
)
names = st.text(string.ascii_lowercase + "-", min_size=1, max_size=12)
attributes = st.lists(st.builds(Attribute, names, st.none() | texts), max_size=6).map(tuple)
digits = st.integers(0, 2**64 - 1).map(str)
origins = st.builds(Origin, tokens, digits, digits, st.just("IN IP6 ::1"))
sections = st.builds(
    Section,
    media=st.sampled_from(["audio", "video", "application"]),
    port=st.integers(0, 65_535),
    protocol=st.just("UDP/TLS/RTP/SAVPF"),
    formats=st.lists(tokens, min_size=1, max_size=6).map(tuple),
    lines=st.just((Line("c", "IN IP4 0.0.0.0"), Line("b", "AS:300"))),
    attributes=attributes,
)
descriptions = st.builds(
    Description,
    origin=origins,
    name=texts,
    lines=st.just((Line("i", "information"), Line("t", "0 0"), Line("r", "7d 1h 0 25h"), Line("t", "1 2"))),
    attributes=attributes,
    sections=st.lists(sections, max_size=5).map(tuple),
)


@given(descriptions)
def test_what_was_written_is_parsed_back_unchanged(description: Description) -> None:
    assert parse(write(description)) == description


@given(st.text(max_size=400) | st.text("vostmacb=0123:\r\n -/", max_size=400))
def test_arbitrary_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except SdpError:
        return
    assert write(parse(text)) == write(parse(write(parse(text))))


def test_lines_may_end_in_a_bare_line_feed() -> None:
    assert parse(MINIMAL.replace("\r\n", "\n")) == parse(MINIMAL)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "missing"),
        (MINIMAL.replace("v=0", "v=1"), "version"),
        (MINIMAL.replace("s=-\r\n", ""), "missing"),
        (MINIMAL.replace("t=0 0\r\n", ""), "missing"),
        (MINIMAL + "s=-\r\n", "out of order"),
        (MINIMAL + "v=0\r\n", "out of order"),
        (MINIMAL + "a=x\r\nt=0 0\r\n", "out of order"),
        (MINIMAL + "x=1\r\n", "does not belong"),
        (MINIMAL + "\r\n", "letter=value"),
        (MINIMAL + "a=a\x00b\r\n", "letter=value"),
        (MINIMAL + "a=a\rb\r\n", "letter=value"),
        (MINIMAL + "A=b\r\n", "letter=value"),
        (MINIMAL + "a=\r\n", "proper name"),
        (MINIMAL + "a=:value\r\n", "proper name"),
        (MINIMAL.replace("o=- 1", "o=- x"), "numbers"),
        (MINIMAL.replace("o=- 1 2", "o=-"), "six parts"),
        (MINIMAL + "m=audio 9 RTP/AVP\r\n", "media line"),
        (MINIMAL + "m=audio 9  RTP/AVP 0\r\n", "media line"),
        (MINIMAL + "m=audio 70000 RTP/AVP 0\r\n", "port"),
        (MINIMAL + "m=audio 9/2 RTP/AVP 0\r\n", "port"),
        (MINIMAL + "m=audio -1 RTP/AVP 0\r\n", "port"),
        (MINIMAL + "m=audio 9 RTP/AVP 0\r\nt=0 0\r\n", "does not belong"),
    ],
)
def test_malformed_text_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(SdpError, match=why):
        parse(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (MINIMAL + "a=x\r\n" * 5_000, "more than 5000 lines"),
        (MINIMAL + "a=" + "x" * 2_048 + "\r\n", "longer than 2048"),
        (MINIMAL + "m=audio 0 RTP/AVP 0\r\n" * 81, "more than 80 sections"),
        (MINIMAL + ("a=" + "x" * 1_000 + "\r\n") * 131, "larger than 131072 bytes"),
        (MINIMAL + ("a=x:" + "é" * 1_000 + "\r\n") * 66, "larger than 131072 bytes"),
    ],
    ids=["lines", "line", "sections", "bytes", "utf-8 bytes"],
)
def test_text_beyond_a_limit_is_refused(text: str, why: str) -> None:
    with pytest.raises(SdpError, match=why):
        parse(text)


def test_limits_are_the_callers_to_choose() -> None:
    with pytest.raises(SdpError, match="more than 1 sections"):
        parse(MINIMAL + "m=audio 0 RTP/AVP 0\r\n" * 2, SdpLimits(sections=1))


@pytest.mark.parametrize(
    "junk", ["\n", "a=x\n", "m=audio 0 A 0\n", "=" * 99 + "\n", "a=" + "\t" * 2_000 + "\n"]
)
def test_the_largest_text_is_dealt_with_at_once(junk: str) -> None:
    text = MINIMAL + junk * (10_000_000 // len(junk))
    started = time.perf_counter()
    with pytest.raises(SdpError):
        parse(text)
    assert time.perf_counter() - started < 1
