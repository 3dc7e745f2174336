"""A meeting of one with a running server: signalling, then a check to every announced address."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import secrets
import ssl
import time
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from causerie.cli.doctor.evidence import Address, Reach, Trial
from causerie.cli.doctor.stun import binding_request, is_success
from causerie.protocol import messages
from causerie.protocol.codec import decode_from_server, encode

PATIENCE_S = 5.0
RESEND_S = 0.5
UFRAG = "doctor00"
OFFER = "\r\n".join(
    (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        f"a=ice-ufrag:{UFRAG}",
        "a=ice-pwd:no+one+will+ever+check+this",
        "a=fingerprint:sha-256 " + ":".join(["00"] * 32),
        "a=setup:actpass",
        "",
    )
)
"""What a page would offer that only listens, as far as a server needs it to answer."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the server's answer tells of its media transport."""

    ufrag: str
    password: str
    candidates: tuple[tuple[str, int], ...]


def invitation(answer: str) -> Invitation:
    """Returns what an SDP answer tells of the transport; raises ValueError when it lacks the credentials."""
    ufrag = re.search(r"^a=ice-ufrag:(\S+)", answer, re.MULTILINE)
    password = re.search(r"^a=ice-pwd:(\S+)", answer, re.MULTILINE)
    if ufrag is None or password is None:
        raise ValueError("the answer has no ICE credentials")
    found = re.findall(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ", answer, re.MULTILINE | re.IGNORECASE)
    candidates = dict.fromkeys((address, int(port)) for address, port in found)
    return Invitation(ufrag[1], password[1], tuple(candidates))


async def attempt(url: str, own: tuple[Address, ...]) -> Trial:
    """Joins a room that no one else is in, knocks at every address, and leaves; a fault is in the result.

    `own`: the addresses of this machine.
    """
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE_S), _socket(url) as socket:
            await socket.send(encode(_join()).decode())
            welcome = await _welcome(socket)
            took_ms = (time.monotonic() - began) * 1000
            invited = invitation(welcome.answer)
            reached = await asyncio.gather(
                *(_knock(invited, address, port, own) for address, port in invited.candidates)
            )
            await socket.send(encode(messages.Leave(2)).decode())
    except (OSError, WebSocketException, TimeoutError, ValueError) as error:
        return Trial(url, None, str(error) or type(error).__name__, ())
    return Trial(url, took_ms, "", tuple(reached))


def _socket(url: str) -> connect:
    """Opens a socket as a page of that address would; trust in the certificate is another question."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    address = url.replace("https:", "wss:", 1) + "/api/v1/session"
    return connect(address, ssl=context, additional_headers={"Origin": url}, compression=None, proxy=None)


def _join() -> messages.Join:
    return messages.Join(1, messages.PROTOCOL_VERSION, f"doctor-{secrets.token_hex(8)}", "doctor", OFFER)


async def _welcome(socket: ClientConnection) -> messages.Joined:
    while True:
        message = decode_from_server(str(await socket.recv()).encode())
        if isinstance(message, messages.Joined):
            return message
        if isinstance(message, messages.Error):
            raise ValueError(message.code)


async def _knock(invited: Invitation, address: str, port: int, own: tuple[Address, ...]) -> Reach:
    """Sends checks until one is answered, for two seconds at most."""
    local = ipaddress.ip_address(address) in own or ipaddress.ip_address(address).is_loopback
    loop = asyncio.get_running_loop()
    began = time.monotonic()
    answered: asyncio.Future[float] = loop.create_future()
    transaction = secrets.token_bytes(12)
    check = binding_request(transaction, username=f"{invited.ufrag}:{UFRAG}", password=invited.password)

    class Knocker(asyncio.DatagramProtocol):
        """Hears the answer."""

        def datagram_received(self, data: bytes, addr: object) -> None:
            """Takes one datagram."""
            if is_success(data, transaction) and not answered.done():
                answered.set_result((time.monotonic() - began) * 1000)

    try:
        transport, _ = await loop.create_datagram_endpoint(Knocker, remote_addr=(address, port))
    except OSError:
        return Reach(address, port, None, local)
    with contextlib.closing(transport):
        for _ in range(4):
            transport.sendto(check)
            done, _pending = await asyncio.wait({answered}, timeout=RESEND_S)
            if done:
                return Reach(address, port, answered.result(), local)
    return Reach(address, port, None, local)
