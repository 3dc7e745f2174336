"""What adapters read and write of the dialects, without a server."""

from __future__ import annotations

import base64
import json

import pytest
from bench.adapters.contract import Unavailable, Watch
from bench.adapters.janus import Joined, _substreams
from bench.adapters.livekit import SOURCES, _described, token, track_ids
from bench.adapters.livekit_wire import read
from bench.load.scenarios import GALLERY, MICROPHONE, STAGE

OFFER = "\r\n".join(
    [
        "v=0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=sendonly", "a=msid:stream voice",
        "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=msid:stream picture", "a=sendonly",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=recvonly", "",
    ]
)  # fmt: skip


def test_an_offer_in_protocol_buffers_reads_as_it_would_in_json() -> None:
    description = b"\x0a\x05offer" + b"\x12\x04v=0\n" + b"\x18\x96\x01"
    message = b"\x1a" + bytes([len(description)]) + description
    assert read(message) == {"offer": {"type": "offer", "sdp": "v=0\n", "id": 150}}
    assert read(json.dumps({"answer": {"sdp": "x"}})) == {"answer": {"sdp": "x"}}


def test_what_nobody_asks_for_is_skipped_whatever_its_encoding() -> None:
    unknown = b"\x90\x01\x05" + b"\x99\x01" + bytes(8) + b"\x9d\x01" + bytes(4) + b"\xa2\x01\x02ab"
    trickle = b"\x22\x04" + b"\x0a\x00" + b"\x10\x01"
    assert read(unknown + trickle) == {"trickle": {"candidateInit": "", "target": "SUBSCRIBER"}}


def test_tracks_are_named_as_the_sections_that_send_name_them() -> None:
    assert track_ids(OFFER) == ["voice", "picture"]
    with pytest.raises(Unavailable):
        track_ids(OFFER.replace("a=msid:stream voice", "a=x"))


def test_layers_are_described_lowest_first_and_a_single_one_as_the_highest() -> None:
    assert [layer["quality"] for layer in _described(GALLERY, "c")["layers"]] == ["LOW", "MEDIUM", "HIGH"]
    assert [layer["quality"] for layer in _described(STAGE, "c")["layers"]] == ["HIGH"]
    assert _described(MICROPHONE, "c")["source"] == SOURCES["microphone"]


def test_a_token_names_the_room_and_ends() -> None:
    claims = token("bench", "p0", 1_000_000).split(".")[1]
    read_claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert read_claims["video"] == {"room": "bench", "roomJoin": True}
    assert read_claims["exp"] == 1_003_600


@pytest.mark.parametrize(("height", "layer"), [(90, 0), (180, 0), (360, 1), (500, 1), (1080, 2)])
def test_janus_is_asked_for_the_highest_layer_that_is_not_higher_than_the_tile(
    height: int, layer: int
) -> None:
    member = Joined("p0", (MICROPHONE, GALLERY), signalling=None, feed=7, mids=["0", "1"])  # type: ignore[arg-type]
    streams = [
        {"mid": "0", "feed_id": 7, "feed_mid": "0"},
        {"mid": "1", "feed_id": 7, "feed_mid": "1"},
    ]
    assert _substreams(streams, Watch([member], height)) == [{"mid": "1", "substream": layer}]
