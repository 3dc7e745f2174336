"""The load generator plays a meeting on the real server and measures what it forwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from bench.load.generator import Generator, GeneratorError

from tests.support.peer import Signalling
from tests.support.server import Server

CAMERA = {"kind": "video", "layers": 3}
MICROPHONE = {"kind": "audio"}
ROOM = "salle-de-charge"
PATIENCE_S = 15


async def report_when(generator: Generator, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Returns the first report for which `holds`; the last one if none does in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while True:
        report = await generator.command("report")
        if holds(report) or loop.time() > end:
            return report
        # The generator tells what it counts when asked, not by itself.
        await asyncio.sleep(0.1)


async def join(
    generator: Generator, server: Server, peer: str, send: list[dict[str, Any]], recv: dict[str, int]
) -> Signalling:
    """Joins as the page does: the generator's offer out, the server's answer back."""
    offer = await generator.command("offer", peer=peer, send=send, recv=recv)
    names = {"audio": "microphone", "video": "camera"}
    sources = [{"kind": names[what["kind"]], "mid": str(mid)} for mid, what in enumerate(send)]
    signalling = await Signalling.open(server.url)
    joined = await signalling.request(
        "join", version=1, room=ROOM, name=peer, offer=offer["sdp"], sources=sources
    )
    assert joined["type"] == "joined", joined
    await generator.answer(peer, joined["answer"])
    await generator.connected([peer])
    return signalling


def watches(report: dict[str, Any], names: list[str]) -> bool:
    """Whether these peers are being sent sound and a picture, and frames flow."""
    return all(report["peers"][name]["streams"] >= 2 for name in names) and report["frames_complete"] > 90


async def test_three_who_watch_get_every_packet_of_one_who_sends_three_layers(
    generator: Generator, server: Server
) -> None:
    watchers = ["s1", "s2", "s3"]
    sessions = [await join(generator, server, "p1", [MICROPHONE, CAMERA], {})]
    sessions += [await join(generator, server, name, [], {"audio": 1, "video": 1}) for name in watchers]
    assert watches(await report_when(generator, lambda r: watches(r, watchers)), watchers)

    await generator.command("mark")
    report = await report_when(
        generator, lambda r: all(r["peers"][name]["received_packets"] >= 300 for name in watchers)
    )
    assert min(report["peers"][name]["received_packets"] for name in watchers) >= 300
    assert all(p["connected"] and p["profile"].startswith("AEAD_AES_") for p in report["peers"].values())
    assert (report["lost"], report["duplicates"], report["unreadable"], report["skipped"]) == (0, 0, 0, 0)
    # One layer of three goes to each of three; a frame may be on its way at either end.
    assert report["frames_complete"] == pytest.approx(3 * 30 * report["seconds"], rel=0.15, abs=6)
    latency = report["latency_us"]
    assert latency["count"] == report["received"]["packets"] > 900
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"] <= latency["max"]
    assert report["twcc_sent"] >= 3 * 5 * report["seconds"]
    assert 0 < report["cpu_seconds"] < report["seconds"]
    for session in sessions:
        await session.close()


async def test_two_peers_connected_to_each_other_measure_what_the_machine_adds_by_itself(
    generator: Generator,
) -> None:
    offer = await generator.command("offer", peer="p1", send=[MICROPHONE, CAMERA])
    answer = await generator.command("accept", peer="s1", sdp=offer["sdp"])
    await generator.command("answer", peer="p1", sdp=answer["sdp"])
    await generator.connected(["p1", "s1"])
    await generator.command("mark")
    report = await report_when(generator, lambda r: r["frames_complete"] >= 180)
    # All three layers come.
    assert report["frames_complete"] == pytest.approx(90 * report["seconds"], rel=0.15)
    assert (report["lost"], report["duplicates"], report["unreadable"], report["skipped"]) == (0, 0, 0, 0)
    assert report["peers"]["s1"]["streams"] == 4
    assert report["latency_us"]["count"] == report["received"]["packets"] > 500
    assert report["ticks"] > 150 * report["seconds"]


async def test_a_silent_microphone_and_a_camera_that_is_off_send_next_to_nothing(
    generator: Generator, server: Server
) -> None:
    session = await join(generator, server, "p1", [MICROPHONE, CAMERA], {})
    for op in ("talk", "video"):
        await generator.command(op, peer="p1", on=False)
    await report_when(generator, lambda r: r["sent"]["audio_packets"] > 0)
    await generator.command("mark")
    report = await report_when(generator, lambda r: r["seconds"] > 1.5)
    assert report["sent"]["video_packets"] == 0
    assert 2 <= report["sent"]["audio_packets"] <= 5
    await session.close()


async def test_what_cannot_be_done_is_refused_with_a_reason(generator: Generator) -> None:
    with pytest.raises(GeneratorError, match="no peer s9"):
        await generator.answer("s9", "")
    with pytest.raises(GeneratorError, match="ICE credentials"):
        await generator.accept("s1", "v=0")
    with pytest.raises(GeneratorError, match="unknown variant"):
        await generator.command("dance")
    await generator.command("offer", peer="p1", send=[MICROPHONE])
    with pytest.raises(GeneratorError, match="already"):
        await generator.command("offer", peer="p1", send=[])
    await generator.command("close", peer="p1")
