"""Every valid message is read and written back; everything else is refused with a code."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.protocol import messages, parts
from causerie.protocol.codec import (
    DEPTH,
    MESSAGE_BYTES,
    ProtocolError,
    decode,
    decode_from_server,
    depth,
    encode,
)

SAMPLES = Path(__file__).parents[2] / "schema/samples"
CLIENT = {struct.__struct_config__.tag for struct in get_args(messages.ClientMessage)}
SERVER = {struct.__struct_config__.tag for struct in get_args(messages.ServerMessage)}
OTHER_SAMPLES = {"room_names"}


def sample(type_: str) -> dict[str, Any]:
    loaded = json.loads((SAMPLES / f"{type_}.json").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def refusal(data: bytes) -> tuple[str, int | None]:
    with pytest.raises(ProtocolError) as caught:
        decode(data)
    return caught.value.code, caught.value.ref


def test_every_message_type_has_one_golden_sample() -> None:
    assert {path.stem for path in SAMPLES.glob("*.json")} == CLIENT | SERVER | OTHER_SAMPLES


@pytest.mark.parametrize("type_", sorted(CLIENT))
def test_client_sample_survives_decoding_and_encoding(type_: str) -> None:
    message = decode(json.dumps(sample(type_)).encode())

    assert json.loads(encode(message)) == sample(type_)


@pytest.mark.parametrize("type_", sorted(SERVER))
def test_server_sample_survives_decoding_and_encoding(type_: str) -> None:
    message = decode_from_server(json.dumps(sample(type_)).encode())

    assert json.loads(encode(message)) == sample(type_)


def test_members_of_a_later_version_are_ignored() -> None:
    later = sample("set-muted") | {"since": "version 2", "extra": {"deep": [1, [2]]}}

    assert decode(json.dumps(later).encode()) == decode(json.dumps(sample("set-muted")).encode())


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"type":"dance","ref":3}', ("unsupported", 3)),
        (b'{"type":"joined","ref":3}', ("unsupported", 3)),
        (b'{"type":"dance"}', ("unsupported", None)),
        (b'{"type":"leave"}', ("malformed", None)),
        (b'{"type":"leave","ref":-1}', ("malformed", None)),
        (b'{"type":"leave","ref":2147483648}', ("malformed", None)),
        (b'{"type":"leave","ref":"1"}', ("malformed", None)),
        (b'{"type":"leave","ref":1e400}', ("malformed", None)),
        (b'{"type":"set-muted","ref":4,"source":"x","muted":"yes"}', ("malformed", 4)),
        (b'{"type":"set-muted","ref":4,"source":"","muted":true}', ("malformed", 4)),
        (b'{"type":"subscribe","ref":5,"sources":' + b"[" * 3 + b"]" * 3 + b"}", ("malformed", 5)),
        (b'{"type":7,"ref":5}', ("malformed", None)),
        (b'{"ref":5}', ("malformed", None)),
        (b"", ("malformed", None)),
        (b"{", ("malformed", None)),
        (b"[]", ("malformed", None)),
        (b"null", ("malformed", None)),
        (b'"leave"', ("malformed", None)),
        (b'{"type":"leave","ref":1}}', ("malformed", None)),
        (b'\xff\xfe{"type":"leave","ref":1}', ("malformed", None)),
        (b'{"type":"leave\xff","ref":1}', ("malformed", None)),
        (b'{"type":"le\x00ave","ref":1}', ("malformed", None)),
    ],
)
def test_what_is_no_message_is_refused_with_its_ref_if_readable(
    data: bytes, expected: tuple[str, int | None]
) -> None:
    assert refusal(data) == expected


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("room", ""),
        ("room", "r" * 257),
        ("name", "n" * 257),
        ("offer", ""),
        ("offer", "o" * 131_073),
        ("version", 0),
        ("version", 1001),
        ("version", 1.5),
        ("sources", [{"kind": "camera", "mid": "1"}] * 5),
        ("sources", [{"kind": "hologram", "mid": "1"}]),
        ("sources", [{"kind": "camera", "mid": ""}]),
        ("sources", [{"kind": "camera", "mid": "m" * 17}]),
        ("sources", {}),
        ("name", None),
    ],
)
def test_join_out_of_bounds_is_malformed(member: str, value: object) -> None:
    assert refusal(json.dumps(sample("join") | {member: value}).encode()) == ("malformed", 1)


def test_oversized_message_is_refused_before_it_is_parsed() -> None:
    data = json.dumps(sample("leave")).encode()

    assert decode(data.ljust(MESSAGE_BYTES))
    assert refusal(data.ljust(MESSAGE_BYTES + 1)) == ("malformed", None)


@pytest.mark.parametrize("bracket", [b"[", b"{", b'{"a":', b'[{"a":'])
def test_deep_nesting_is_refused_at_once(bracket: bytes) -> None:
    began = time.perf_counter()

    assert refusal(b'{"type":"leave","ref":1,"x":' + bracket * (MESSAGE_BYTES // 8)) == ("malformed", None)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("filler", [b'"', b"\\", b'\\"', b'"\\'])
def test_depth_of_a_message_of_quotes_is_found_in_linear_time(filler: bytes) -> None:
    began = time.perf_counter()

    depth(filler * (MESSAGE_BYTES // len(filler)))
    assert time.perf_counter() - began < 1


def test_brackets_inside_text_do_not_nest() -> None:
    assert depth(b'{"a":"[[[[\\"[[[","b":[1]}') == 2
    assert decode(json.dumps(sample("leave") | {"x": "[" * 100}).encode())


def test_every_sample_stays_under_the_depth_limit() -> None:
    for type_ in CLIENT | SERVER:
        assert depth(json.dumps(sample(type_)).encode()) <= DEPTH - 3


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        decode(data)


@given(
    type_=st.sampled_from(sorted(CLIENT)),
    member=st.sampled_from(["ref", "room", "sources", "source", "token", "muted", "type", "offer"]),
    value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5),
)
def test_any_damage_to_a_member_is_refused_or_harmless(type_: str, member: str, value: object) -> None:
    with contextlib.suppress(ProtocolError):
        assert decode(json.dumps(sample(type_) | {member: value}).encode()).ref >= 0


def test_server_messages_are_not_accepted_from_clients() -> None:
    for type_ in SERVER - CLIENT:
        assert refusal(json.dumps(sample(type_)).encode())[0] == "unsupported"


def test_encoded_server_message_never_says_more_than_needed() -> None:
    assert encode(parts.Source("s", "camera")) == b'{"id":"s","kind":"camera"}'  # type: ignore[arg-type]
    assert msgspec.json.decode(encode(messages.Error("malformed"))) == {"type": "error", "code": "malformed"}
