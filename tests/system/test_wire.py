"""What an eavesdropper on the path sees: STUN, DTLS, SRTP and SRTCP, and none of what is said."""

from __future__ import annotations

import asyncio
import os
import socket
import struct

import pytest
from aiortc.codecs.opus import OpusDecoder, OpusEncoder
from aiortc.jitterbuffer import JitterFrame

from tests.support.peer import Peer
from tests.support.server import Server
from tests.system.test_foreign_stack import Tone

CANARY = b"cette phrase ne doit jamais passer en clair "
IP_AND_UDP = 28
ENOUGH = 20


class Eavesdropper:
    """Copies every UDP datagram that passes one port on loopback. Needs root."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.datagrams: list[bytes] = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("lo", 0))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def _read(self) -> None:
        packet = self._socket.recv(65_535)
        udp = len(packet) > IP_AND_UDP and packet[0] >> 4 == 4 and packet[9] == socket.IPPROTO_UDP
        if udp and self.port in struct.unpack_from("!HH", packet, 20):
            self.datagrams.append(packet[IP_AND_UDP:])

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


def kind_of(datagram: bytes) -> str:
    """Classifies by the first byte (RFC 7983) and, for RTP, the second (RFC 5761)."""
    first = datagram[0]
    if first <= 3:
        return "stun"
    if 20 <= first <= 63:
        return "dtls"
    if 128 <= first <= 191:
        return "srtcp" if 192 <= datagram[1] <= 223 else "srtp"
    return f"unknown {first}"


@pytest.mark.skipif(os.geteuid() != 0, reason="capturing packets on loopback needs root")
async def test_ac_04_nothing_said_crosses_the_wire_in_clear(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The speaker's Opus payloads are a known phrase: the listener gets it, the wire never shows it."""
    monkeypatch.setattr(
        OpusEncoder, "encode", lambda self, frame, force_keyframe=False: ([CANARY * 2], frame.pts or 0)
    )
    eavesdropper = Eavesdropper(server.media_port)
    speaker, listener = Peer("Alice"), Peer("Bob")
    heard: list[bytes] = []
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def decode(self: object, frame: JitterFrame) -> list[object]:
        heard.append(bytes(frame.data))
        if len(heard) == ENOUGH:
            loop.call_soon_threadsafe(enough.set)
        return []

    monkeypatch.setattr(OpusDecoder, "decode", decode)
    await speaker.join(server.url, "confidentiel", audio=Tone())
    await listener.join(server.url, "confidentiel")
    await asyncio.wait_for(enough.wait(), 10)
    eavesdropper.close()
    await listener.leave()
    await speaker.leave()
    kinds = {kind_of(datagram) for datagram in eavesdropper.datagrams}
    assert {"stun", "dtls", "srtp", "srtcp"} >= kinds, kinds
    assert {"stun", "dtls", "srtp"} <= kinds
    assert any(CANARY in payload for payload in heard)
    assert not any(CANARY in datagram for datagram in eavesdropper.datagrams)
