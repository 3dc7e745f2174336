"""What follows from an offer: sections, codecs, extensions, streams, and every reason to refuse."""

from __future__ import annotations

import contextlib
import random
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from causerie.ports.media import MediaKind, ReceiveSection
from causerie.sdp import SdpError, SdpLimits, SlotSection, negotiate

SAMPLES = {path.stem: path.read_bytes().decode() for path in Path(__file__).parent.glob("samples/*.sdp")}
CHROMIUM, FIREFOX = SAMPLES["chromium"], SAMPLES["firefox"]

FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)
HEAD = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
ICE_LINES = f"a=ice-ufrag:abcd\r\na=ice-pwd:{'p' * 22}\r\n"
TRANSPORT = ICE_LINES + f"a=fingerprint:{FINGERPRINT}\r\na=setup:actpass\r\na=rtcp-mux\r\n"
AUDIO = (
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=rtpmap:111 opus/48000/2\r\na=sendonly\r\n" + TRANSPORT
)
VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\na=sendonly\r\n" + TRANSPORT


def offer(*sections: str, bundle: str | None = None) -> str:
    mids = [re.search("a=mid:(.*)\r", section) for section in sections]
    group = " ".join(mid[1] for mid in mids if mid) if bundle is None else bundle
    return HEAD + f"a=group:BUNDLE {group}\r\n" + "".join(sections)


def video(formats: str, *lines: str) -> str:
    attributes = "".join(f"a={line}\r\n" for line in lines)
    return f"m=video 9 UDP/TLS/RTP/SAVPF {formats}\r\na=mid:1\r\na=sendonly\r\n{attributes}{TRANSPORT}"


@pytest.mark.parametrize("browser", sorted(SAMPLES))
def test_browser_offer_becomes_four_receive_sections_and_nine_slot_pairs(browser: str) -> None:
    negotiation = negotiate(SAMPLES[browser])

    assert [(r.mid, r.kind.value) for r in negotiation.receive] == [
        ("0", "audio"), ("1", "video"), ("2", "video"), ("3", "audio"),
    ]  # fmt: skip
    assert negotiation.receive[1].rids == ("l", "m", "h")
    assert negotiation.slot_sections == tuple(
        SlotSection(str(4 + i), MediaKind.VIDEO if i % 2 else MediaKind.AUDIO, rtx=i % 2 == 1)
        for i in range(18)
    )
    assert negotiation.transport_cc
    assert len(negotiation.remote_fingerprints) == 1
    assert len(negotiation.remote_fingerprints[0]) == 32
    assert {e.uri.rpartition(":")[2] for e in negotiation.extensions} >= {"mid", "rtp-stream-id"}


def test_chromium_offers_every_codec_and_tells_the_h264_forms_apart() -> None:
    codecs = negotiate(CHROMIUM).codecs

    assert [(c.codec, c.variant, c.payload_type, c.rtx_payload_type) for c in codecs[:7]] == [
        ("opus", 0, 111, None),
        ("VP8", 0, 96, 97),
        ("H264", 1, 108, 109),
        ("H264", 3, 102, 103),
        ("H264", 5, 116, 117),
        ("H264", 0, 114, 115),
        ("H264", 2, 104, 107),
    ]
    assert {c.codec for c in codecs} == {"opus", "VP8", "VP9", "H264", "AV1"}
    assert all(c.nack and c.pli for c in codecs if c.codec != "opus")


def test_firefox_announces_the_ssrcs_of_its_encodings_in_rid_order() -> None:
    camera = negotiate(FIREFOX).receive[1]

    assert len(camera.ssrcs) == len(camera.rids) == 3
    announced = re.findall(r"a=ssrc-group:FID (\d+) (\d+)", FIREFOX)[:3]
    assert camera.ssrcs == tuple((int(media), int(repair)) for media, repair in announced)


def test_firefox_bundle_only_sections_with_port_zero_are_not_taken_for_rejected() -> None:
    assert "m=video 0 " in FIREFOX
    assert len(negotiate(FIREFOX).receive) == 4


def test_sections_that_the_client_sends_and_receives_on_become_receive_sections() -> None:
    both = AUDIO.replace("a=sendonly\r\n", "a=sendrecv\r\n")
    unsaid = VIDEO.replace("a=sendonly\r\n", "")

    assert [r.mid for r in negotiate(offer(both, unsaid)).receive] == ["0", "1"]


def test_idle_rejected_and_data_sections_are_neither_received_nor_slots() -> None:
    idle = AUDIO.replace("a=sendonly", "a=inactive")
    gone = "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=inactive\r\n"
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=sctp-port:5000\r\n" + TRANSPORT
    negotiation = negotiate(offer(idle, gone, data, VIDEO.replace("mid:1", "mid:3"), bundle="0 2 3"))

    assert [r.mid for r in negotiation.receive] == ["3"]
    assert negotiation.slot_sections == ()
    assert [s.role.value for s in negotiation.sections] == ["inactive", "rejected", "rejected", "recvonly"]


def test_a_section_without_any_known_codec_is_rejected_and_the_rest_goes_on() -> None:
    tones = AUDIO.replace("opus/48000/2", "telephone-event/8000")

    assert [r.mid for r in negotiate(offer(tones, VIDEO)).receive] == ["1"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("rtpmap:96 VP9/90000", "fmtp:96 profile-id=2"), [("VP9", 2)]),
        (("rtpmap:96 vp9/90000",), [("VP9", 0)]),
        (("rtpmap:96 VP9/90000", "fmtp:96 profile-id=9"), []),
        (("rtpmap:96 AV1/90000", "fmtp:96 profile=1"), [("AV1", 1)]),
        (("rtpmap:96 H264/90000",), [("H264", 2)]),
        (("rtpmap:96 H264/90000", "fmtp:96 packetization-mode=1;profile-level-id=640c1f"), [("H264", 7)]),
        (("rtpmap:96 H264/90000", "fmtp:96 packetization-mode=2;profile-level-id=42e01f"), []),
        (("rtpmap:96 H264/90000", "fmtp:96 profile-level-id=zz"), []),
        (("rtpmap:96 VP8/48000",), []),
        (("rtpmap:96 opus/48000/2",), []),
        (("rtpmap:96 red/90000",), []),
        (("rtpmap:96 ulpfec/90000",), []),
    ],
)
def test_codec_forms_are_told_apart_and_unknown_ones_left_out(
    lines: tuple[str, ...], expected: list[tuple[str, int]]
) -> None:
    codecs = negotiate(offer(AUDIO, video("96", *lines))).codecs

    assert [(c.codec, c.variant) for c in codecs if c.codec != "opus"] == expected


def test_extensions_that_flow_only_against_the_packets_are_left_out() -> None:
    section = video(
        "96",
        "rtpmap:96 VP8/90000",
        "extmap:3/recvonly urn:3gpp:video-orientation",
        "extmap:4/sendonly urn:ietf:params:rtp-hdrext:sdes:mid",
        "extmap:5 urn:ietf:params:rtp-hdrext:toffset",
    )

    assert [(e.id, e.uri) for e in negotiate(offer(section)).extensions] == [
        (4, "urn:ietf:params:rtp-hdrext:sdes:mid")
    ]


def test_simulcast_takes_the_first_alternative_and_paused_encodings_in_offered_order() -> None:
    rids = [f"rid:{rid} send" for rid in ("h", "m", "l", "x")]
    section = video("96", "rtpmap:96 VP8/90000", *rids, "simulcast:send l;m,x;~h")

    assert negotiate(offer(section)).receive[0].rids == ("l", "m", "h")


def test_single_stream_without_announced_ssrc_has_no_ssrcs() -> None:
    assert negotiate(offer(VIDEO)).receive == (ReceiveSection("1", MediaKind.VIDEO, (), ()),)


def test_fingerprints_of_other_kinds_are_ignored_and_session_level_ones_found() -> None:
    other = "a=fingerprint:sha-1 " + ":".join(["CD"] * 20) + "\r\n"
    section = VIDEO.replace(f"a=fingerprint:{FINGERPRINT}\r\n", "")
    text = offer(section).replace("t=0 0\r\n", f"t=0 0\r\na=fingerprint:{FINGERPRINT}\r\n{other}")

    assert negotiate(text).remote_fingerprints == (b"\xab" * 32,)


def test_ice_credentials_never_show_in_a_representation() -> None:
    negotiation = negotiate(CHROMIUM)

    assert negotiation.remote_ice.password not in repr(negotiation)


REDUNDANT = AUDIO.replace("AVPF 111", "AVPF 111 63") + "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"


def test_chromium_offers_sound_with_copies_and_firefox_does_not() -> None:
    assert [c.red_payload_type for c in negotiate(CHROMIUM).codecs if c.codec == "opus"] == [63]
    assert all(c.red_payload_type is None for c in negotiate(FIREFOX).codecs)
    assert all(c.red_payload_type is None for c in negotiate(CHROMIUM).codecs if c.codec != "opus")


@pytest.mark.parametrize(
    "altered",
    [
        REDUNDANT.replace("111/111", "111/0"),
        REDUNDANT.replace("a=fmtp:63 111/111\r\n", ""),
        REDUNDANT.replace("red/48000/2", "red/8000"),
        REDUNDANT.replace("AVPF 111 63", "AVPF 111"),
    ],
)
def test_sound_with_copies_of_anything_but_opus_is_not_taken(altered: str) -> None:
    assert negotiate(offer(altered)).codecs[0].red_payload_type is None
    assert negotiate(offer(REDUNDANT)).codecs[0].red_payload_type == 63


def test_sound_with_copies_is_agreed_on_only_where_all_sections_with_sound_offer_it() -> None:
    slot = AUDIO.replace("a=sendonly", "a=recvonly").replace("mid:0", "mid:2")
    both = REDUNDANT.replace("a=sendonly", "a=recvonly").replace("mid:0", "mid:2")

    assert negotiate(offer(REDUNDANT, VIDEO, slot)).codecs[0].red_payload_type is None
    assert negotiate(offer(REDUNDANT, VIDEO, both)).codecs[0].red_payload_type == 63


SECOND = AUDIO.replace("mid:0", "mid:2")
SSRC = "a=ssrc:{} cname:x\r\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD + AUDIO, "BUNDLE"),
        (offer(AUDIO) .replace("BUNDLE", "LS"), "BUNDLE"),
        (offer(AUDIO, bundle="0 0"), "names a section twice"),
        (offer(AUDIO, VIDEO, bundle="0"), "not in the BUNDLE"),
        (offer(AUDIO, AUDIO, bundle="0"), "same mid"),
        (offer(AUDIO.replace("mid:0", "mid:" + "x" * 17)), "mid"),
        (offer(AUDIO.replace("a=rtcp-mux\r\n", "")), "rtcp-mux"),
        (offer(AUDIO.replace("setup:actpass", "setup:passive")), "DTLS"),
        (offer(AUDIO.replace("a=setup:actpass\r\n", "")), "DTLS"),
        (offer(AUDIO.replace("a=ice-ufrag:abcd\r\n", "")), "ICE"),
        (offer(AUDIO.replace("p" * 22, "p" * 21)), "ICE"),
        (offer(AUDIO.replace(FINGERPRINT, "sha-1 AB:CD")), "SHA-256"),
        (offer(AUDIO.replace(FINGERPRINT, FINGERPRINT[:-3])), "SHA-256"),
        (offer(AUDIO + "a=recvonly\r\n"), "more than one direction"),
        (offer(AUDIO.replace("opus", "speex")), "no section"),
        (offer(AUDIO, SECOND + "a=rtcp-fb:111 nack\r\n"), "means two things"),
        (offer(AUDIO.replace("SAVPF 111", "SAVPF 111 111")), "twice"),
        (offer(AUDIO.replace("SAVPF 111", "SAVPF 111 128")), "payload type"),
        (offer(AUDIO + "a=extmap:1 \r\n"), "extmap"),
        (offer(AUDIO + "a=extmap:1 urn:a\r\na=extmap:1 urn:b\r\n"), "twice"),
        (offer(AUDIO + "a=extmap:1 urn:3gpp:video-orientation\r\n",
               SECOND + "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"), "means two things"),
        (offer(AUDIO + "a=extmap:1 urn:3gpp:video-orientation\r\n",
               SECOND + "a=extmap:2 urn:3gpp:video-orientation\r\n"), "two ids"),
        (offer(AUDIO + SSRC.format(7), SECOND + SSRC.format(7)), "same SSRC"),
        (offer(AUDIO + SSRC.format(0)), "32 bits"),
        (offer(AUDIO + SSRC.format(2**32)), "32 bits"),
        (offer(AUDIO + "".join(SSRC.format(n) for n in range(1, 18))), "more than 16 SSRCs"),
        (offer(AUDIO + SSRC.format(1) + "a=ssrc-group:FID 1 2\r\n"), "FID"),
        (offer(AUDIO + "".join(SSRC.format(n) for n in (1, 2, 3)) +
               "a=ssrc-group:FID 1 2\r\na=ssrc-group:FID 2 3\r\n"), "two FID groups"),
        (offer(VIDEO + "".join(f"a=rid:{n} send\r\n" for n in range(5))), "more than 4 rids"),
        (offer(VIDEO + "a=rid:l send\r\na=simulcast:send l;m\r\n"), "not declared"),
        (offer(VIDEO + "a=rid:l send\r\na=simulcast:send l;l\r\n"), "named twice"),
    ],
)  # fmt: skip
def test_offer_that_breaks_a_rule_is_refused_with_a_reason(text: str, why: str) -> None:
    with pytest.raises(SdpError, match=why):
        negotiate(text)


def test_more_sections_than_the_engine_takes_are_refused() -> None:
    sending = [AUDIO.replace("mid:0", f"mid:{n}") for n in range(9)]
    receiving = [AUDIO.replace("mid:0", f"mid:{n}").replace("sendonly", "recvonly") for n in range(65)]

    assert len(negotiate(offer(*sending[:8])).receive) == 8
    assert len(negotiate(offer(*receiving[:64])).slot_sections) == 64
    with pytest.raises(SdpError, match="send on more than 8"):
        negotiate(offer(*sending))
    with pytest.raises(SdpError, match="receive on more than 64"):
        negotiate(offer(*receiving))


def test_limits_reach_every_part() -> None:
    with pytest.raises(SdpError, match="payload types"):
        negotiate(CHROMIUM, limits=SdpLimits(payload_types=4))


def mutate(text: str, chance: random.Random) -> str:
    lines = text.split("\r\n")
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines.insert(at, chance.choice(lines))
            case 2:
                lines[at] = lines[at][: chance.randrange(len(lines[at]) + 1)]
            case 3:
                lines[at] = re.sub(r"\d+", lambda _: str(chance.choice([0, 1, 2**31, 10**30, -1])), lines[at])
            case _:
                where = chance.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:where] + chr(chance.randrange(0x3000)) + lines[at][where:]
        lines = lines or [""]
    return "\r\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2**32))
def test_mutated_browser_offer_is_negotiated_or_refused_in_bounded_time(browser: str, seed: int) -> None:
    text = mutate(SAMPLES[browser], random.Random(seed))
    started = time.perf_counter()
    with contextlib.suppress(SdpError):
        negotiate(text)
    assert time.perf_counter() - started < 1


def test_the_most_laborious_offer_within_the_limits_is_dealt_with_at_once() -> None:
    formats = " ".join(str(n) for n in range(32, 96))
    wide = "m=video 9 UDP/TLS/RTP/SAVPF " + formats + "\r\na=mid:{}\r\na=rtcp-mux\r\n"
    lines = "".join(f"a=rtpmap:{n} VP8/90000\r\n" for n in range(32, 96))
    text = offer(*(wide.format(n) + lines for n in range(60)), bundle=" ".join(map(str, range(60))))
    started = time.perf_counter()
    with pytest.raises(SdpError):
        negotiate(text[:131_072])
    assert time.perf_counter() - started < 1
