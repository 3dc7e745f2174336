"""The answer's text and the engine's parameters, from what was agreed."""

from __future__ import annotations

import pytest

from causerie.ports.media import (
    Candidate,
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    IceCredentials,
    Slot,
)
from causerie.sdp import Negotiation, SdpError, answer, negotiate, parameters
from causerie.sdp.model import Description, Section
from causerie.sdp.parser import parse
from tests.sdp.test_negotiation import AUDIO, CHROMIUM, FIREFOX, SAMPLES, TRANSPORT, VIDEO, offer, video

ICE = IceCredentials("u" * 24, "p" * 24)
CANDIDATES = (
    Candidate("192.0.2.7", 8443, 2_130_706_431, "1"),
    Candidate("2001:db8::7", 8443, 2_130_706_430, "2"),
)


def agreed(negotiation: Negotiation) -> EndpointParameters:
    return parameters(
        negotiation,
        endpoint=EndpointId(7),
        conference=ConferenceKey(3),
        local_ice=ICE,
        slot_ssrcs=[(100 + 2 * i, 101 + 2 * i) for i in range(len(negotiation.slot_sections))],
        cname="a-name",
    )


def answered(text: str) -> Description:
    negotiation = negotiate(text)
    return parse(answer(negotiation, agreed(negotiation), fingerprint=b"\xcd" * 32, candidates=CANDIDATES))


def by_mid(description: Description, mid: str) -> Section:
    return next(section for section in description.sections if section.value("mid") == mid)


def test_parameters_carry_the_negotiation_and_our_choices() -> None:
    negotiation = negotiate(CHROMIUM)
    result = agreed(negotiation)

    assert (result.endpoint, result.conference, result.cname, result.local_ice) == (7, 3, "a-name", ICE)
    assert result.receive == negotiation.receive
    assert result.slots[:2] == (
        Slot("4", negotiation.slot_sections[0].kind, 100, None),
        Slot("5", negotiation.slot_sections[1].kind, 102, 103),
    )


def test_parameters_need_one_pair_of_ssrcs_for_each_slot() -> None:
    negotiation = negotiate(CHROMIUM)
    for ssrcs in ([], [(1, None)] * 18):
        with pytest.raises(ValueError, match=r"."):
            parameters(
                negotiation, endpoint=EndpointId(1), conference=ConferenceKey(1), local_ice=ICE,
                slot_ssrcs=ssrcs, cname="x",
            )  # fmt: skip


@pytest.mark.parametrize("browser", sorted(SAMPLES))
def test_answer_keeps_the_offers_sections_in_order_and_in_one_bundle(browser: str) -> None:
    description = answered(SAMPLES[browser])
    mids = [section.value("mid") for section in description.sections]

    assert mids == [str(n) for n in range(22)]
    assert description.value("group") == "BUNDLE " + " ".join(mids)
    assert description.has("ice-lite")
    assert description.value("fingerprint") == "sha-256 " + ":".join(["CD"] * 32)
    for section in description.sections:
        assert section.has("rtcp-mux")
        assert section.value("setup") == "passive"
        assert (section.value("ice-ufrag"), section.value("ice-pwd")) == (ICE.ufrag, ICE.password)


def test_send_sections_are_answered_recvonly_and_slots_sendonly() -> None:
    sections = answered(FIREFOX).sections

    assert all(section.has("recvonly") for section in sections[:4])
    assert all(section.has("sendonly") for section in sections[4:])


def test_candidates_are_in_every_section_and_complete() -> None:
    for section in answered(CHROMIUM).sections:
        assert list(section.values("candidate")) == [
            "1 1 udp 2130706431 192.0.2.7 8443 typ host",
            "2 1 udp 2130706430 2001:db8::7 8443 typ host",
        ]
        assert section.has("end-of-candidates")


def test_slot_pairs_share_a_stream_and_carry_their_ssrcs() -> None:
    description = answered(CHROMIUM)
    audio, video_slot = by_mid(description, "4"), by_mid(description, "5")

    assert audio.value("msid") == "pair-0 slot-4"
    assert video_slot.value("msid") == "pair-0 slot-5"
    assert by_mid(description, "7").value("msid") == "pair-1 slot-7"
    assert list(audio.values("ssrc")) == ["100 cname:a-name"]
    assert list(video_slot.values("ssrc")) == ["102 cname:a-name", "103 cname:a-name"]
    assert video_slot.value("ssrc-group") == "FID 102 103"


def test_vp8_comes_first_then_h264_vp9_av1_each_with_its_retransmission() -> None:
    camera = answered(CHROMIUM).sections[1]
    names = [value.split(" ")[1] for value in camera.values("rtpmap")]

    assert camera.formats[:4] == ("96", "97", "108", "109")
    assert [n for n in dict.fromkeys(names) if not n.startswith("rtx")] == [
        "VP8/90000", "H264/90000", "VP9/90000", "AV1/90000",
    ]  # fmt: skip
    assert "97 apt=96" in camera.values("fmtp")
    assert "108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" in camera.values(
        "fmtp"
    )


def test_feedback_is_answered_as_offered_but_never_remb() -> None:
    camera = answered(CHROMIUM).sections[1]

    assert [v for v in camera.values("rtcp-fb") if v.startswith("96 ")] == [
        "96 transport-cc", "96 ccm fir", "96 nack", "96 nack pli",
    ]  # fmt: skip
    assert not any("goog-remb" in value for value in camera.values("rtcp-fb"))


def test_simulcast_is_answered_in_the_offered_order() -> None:
    camera = answered(FIREFOX).sections[1]

    assert list(camera.values("rid")) == ["l recv", "m recv", "h recv"]
    assert camera.value("simulcast") == "recv l;m;h"


def test_one_way_extensions_are_answered_the_other_way_round() -> None:
    camera = answered(FIREFOX).sections[1]

    assert "9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in camera.values("extmap")
    assert "3 urn:ietf:params:rtp-hdrext:sdes:mid" in camera.values("extmap")


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ("minptime=10;useinbandfec=1", "111 minptime=10;useinbandfec=1;usedtx=1"),
        ("stereo=1;usedtx=0", "111 usedtx=1;useinbandfec=1"),
        ("minptime=1 2", "111 useinbandfec=1;usedtx=1"),
    ],
)
def test_opus_asks_for_error_correction_and_for_silence_to_be_left_out(offered: str, expected: str) -> None:
    section = answered(offer(AUDIO + f"a=fmtp:111 {offered}\r\n")).sections[0]

    assert section.value("fmtp") == expected


def test_sound_with_copies_of_earlier_frames_comes_first_where_it_was_offered() -> None:
    microphone, slot = answered(CHROMIUM).sections[0], answered(CHROMIUM).sections[4]

    for section in (microphone, slot):
        assert section.formats == ("63", "111")
        assert "63 red/48000/2" in section.values("rtpmap")
        assert "63 111/111" in section.values("fmtp")
    assert answered(FIREFOX).sections[0].formats == ("109",)


def test_rejected_sections_are_answered_with_port_zero_outside_the_bundle() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:9\r\n" + TRANSPORT
    description = answered(offer(data, VIDEO))
    rejected, camera = description.sections

    assert (rejected.media, rejected.port, rejected.formats) == ("application", 0, ("webrtc-datachannel",))
    assert description.value("group") == "BUNDLE 1"
    assert camera.has("end-of-candidates")


def test_idle_section_stays_idle_and_keeps_its_place_in_the_bundle() -> None:
    description = answered(offer(AUDIO, VIDEO.replace("sendonly", "inactive")))

    assert description.value("group") == "BUNDLE 0 1"
    assert description.sections[1].has("inactive")
    assert description.sections[1].port == 9


def test_mixed_extension_headers_are_allowed_only_when_offered() -> None:
    assert answered(CHROMIUM).has("extmap-allow-mixed")
    assert answered(FIREFOX).has("extmap-allow-mixed")
    assert not answered(offer(VIDEO)).has("extmap-allow-mixed")


def test_second_offer_with_more_slots_keeps_the_mids_and_adds_to_them() -> None:
    slot = VIDEO.replace("mid:1", "mid:{}").replace("sendonly", "recvonly")
    before = agreed(negotiate(offer(AUDIO, VIDEO, slot.format(2))))
    restarted = offer(AUDIO, VIDEO, slot.format(2), slot.format(3)).replace("abcd", "efgh")
    after = agreed(negotiate(restarted))

    assert after.receive == before.receive
    assert after.slots[:1] == before.slots
    assert [slot.mid for slot in after.slots] == ["2", "3"]
    assert after.remote_ice != before.remote_ice


def test_answers_are_small_enough_for_a_join_reply() -> None:
    assert len(write_answer(CHROMIUM)) < 65_536
    assert len(write_answer(FIREFOX)) < 32_768


def write_answer(text: str) -> str:
    negotiation = negotiate(text)
    return answer(negotiation, agreed(negotiation), fingerprint=b"\xcd" * 32, candidates=CANDIDATES)


def test_nothing_from_the_offer_can_add_a_line_to_the_answer() -> None:
    section = video("96", "rtpmap:96 VP8/90000", "fmtp:96 profile-id=0\ra=evil")
    with pytest.raises(SdpError):
        negotiate(offer(section))
