"""What the conference asks of a media engine, and what it is told.

Pure value types and one Protocol; no implementation. `media/engine.py` (Rust) and `media/fake.py`
(double) honour it alike. Parameters are as in ORTC: no SDP, no name and no password passes here.
The Rust side reads these objects by attribute name (`crates/python`), so names must stay equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType, Protocol

EndpointId = NewType("EndpointId", int)
ConferenceKey = NewType("ConferenceKey", int)
SourceKey = NewType("SourceKey", int)
Worker = NewType("Worker", int)
"""A thread of the media engine, with a port of its own; counted from 0."""

FIRST_WORKER = Worker(0)


class MediaKind(StrEnum):
    """Sound or picture."""

    AUDIO = "audio"
    VIDEO = "video"


class TransportState(StrEnum):
    """The life of a transport: connecting, connected ⇄ interrupted, closed."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    INTERRUPTED = "interrupted"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why a transport ended; the engine documents each."""

    CONSENT_EXPIRED = "consent-expired"
    CONNECT_TIMEOUT = "connect-timeout"
    HANDSHAKE_FAILED = "handshake-failed"
    FINGERPRINT_MISMATCH = "fingerprint-mismatch"
    PEER_CLOSED = "peer-closed"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """ICE user fragment and password of one side (RFC 8445 §5.3)."""

    ufrag: str
    password: str

    def __repr__(self) -> str:
        return "IceCredentials(…)"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A host candidate of one worker (RFC 8839 §5.1): UDP, component 1."""

    address: str
    port: int
    priority: int
    foundation: str


@dataclass(frozen=True, slots=True)
class CodecParameters:
    """A payload type and what it means; the same in every section of an endpoint.

    `codec` is one of "opus", "VP8", "VP9", "H264", "AV1". `variant` tells apart incompatible forms:
    VP9 and AV1 profile, H.264 `(profile << 1) | packetization_mode`, else 0.
    """

    codec: str
    variant: int
    payload_type: int
    rtx_payload_type: int | None
    clock_rate: int
    nack: bool
    pli: bool
    red_payload_type: int | None = None
    """Sound with copies of earlier frames in each packet (RFC 2198); None where that was not agreed on."""


@dataclass(frozen=True, slots=True)
class ReceiveSection:
    """An m-section on which the endpoint may send; `ssrcs` are (media, retransmission)."""

    mid: str
    kind: MediaKind
    ssrcs: tuple[tuple[int, int | None], ...]
    rids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """An m-section on which the endpoint receives one source after another, under one SSRC."""

    mid: str
    kind: MediaKind
    ssrc: int
    rtx_ssrc: int | None


@dataclass(frozen=True, slots=True)
class View:
    """How one receiver looks at a picture; more than that is not sent to it."""

    rank: int = 0
    """Its place among the receiver's pictures, 0–255, 0 the most important; equal ranks go by slot."""
    max_height: int = 720
    """Lines of the tile in device pixels, 0–65535; 0 is not on screen and not sent."""
    max_frames_per_second: int = 60
    screen: bool = False
    """A shared screen is the last to be given up."""


DEFAULT_VIEW = View()


@dataclass(frozen=True, slots=True)
class HeaderExtension:
    """`uri` of RFC 8285 and the id negotiated for it, 1–255."""

    uri: str
    id: int


@dataclass(frozen=True, slots=True)
class EndpointParameters:
    """A whole endpoint, as negotiated; at most 8 receive sections and 64 slots."""

    endpoint: EndpointId
    conference: ConferenceKey
    local_ice: IceCredentials
    remote_ice: IceCredentials
    remote_fingerprints: tuple[bytes, ...]
    """SHA-256 digests, 32 bytes each."""
    codecs: tuple[CodecParameters, ...]
    extensions: tuple[HeaderExtension, ...]
    transport_cc: bool
    receive: tuple[ReceiveSection, ...]
    slots: tuple[Slot, ...]
    cname: str
    worker: Worker = FIRST_WORKER
    """The worker whose candidates the endpoint is reached by; as `MediaEngine.place` said, for good."""


@dataclass(frozen=True, slots=True)
class TransportStateChanged:
    """A transport moved to another state; `reason` is set when it closed."""

    endpoint: EndpointId
    state: TransportState
    reason: CloseReason | None


@dataclass(frozen=True, slots=True)
class SourceActiveChanged:
    """The first packet of a source came, or none came for 3 s."""

    source: SourceKey
    active: bool


@dataclass(frozen=True, slots=True)
class SpeakingChanged:
    """Someone began or ceased to speak, judged from RTP audio levels (RFC 6464)."""

    source: SourceKey
    speaking: bool


@dataclass(frozen=True, slots=True)
class CodecUnsupported:
    """A slot cannot show its source: its endpoint did not negotiate the codec."""

    endpoint: EndpointId
    mid: str
    source: SourceKey


@dataclass(frozen=True, slots=True)
class PictureHeld:
    """The line of a receiver does not carry a picture it wants, or carries it again."""

    endpoint: EndpointId
    mid: str
    held: bool


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """Other encodings of a source than before are of use; its owner need send only these.

    Until the first of these the lowest and the best encoding are taken for wanted.
    """

    source: SourceKey
    layers: tuple[int, ...]
    """Positions in order of quality, 0 the lowest; empty: nobody watches."""


MediaEvent = (
    TransportStateChanged
    | SourceActiveChanged
    | SpeakingChanged
    | CodecUnsupported
    | PictureHeld
    | LayersWanted
)


@dataclass(frozen=True, slots=True)
class EngineLoad:
    """Sums over all workers since start; what /metrics and /api/v1/capacity are made of."""

    endpoints: int
    packets_received: int
    bytes_received: int
    packets_sent: int
    bytes_sent: int
    packets_mirrored: int
    """Media packets copied between workers, for rooms that are on several."""
    send_calls: int
    """sendmmsg messages; packets_sent / send_calls is the mean GSO run."""
    dropped: dict[str, int]
    """Packets dropped, by reason; the keys are a closed set."""
    faults: int
    """Endpoints fenced off after a bug of ours; 0 in health."""


class EngineUnavailable(Exception):
    """The engine is stopping or its command queue is full; nothing was changed."""


class MediaListener(Protocol):
    """Is told of media events, on the event loop, in order, never while a call into the engine runs."""

    def on_media_event(self, event: MediaEvent) -> None:
        """Takes one event; must neither block nor raise."""
        ...


class MediaEngine(Protocol):
    """The media plane of this process. All calls return at once; commands are applied in order.

    Commands naming an endpoint, source or slot that is gone change nothing.
    Raises `EngineUnavailable` from any command when it cannot be queued.
    """

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 digest of the DTLS certificate, for `a=fingerprint`."""
        ...

    def place(self, conference: ConferenceKey) -> Worker:
        """The worker for a further endpoint of `conference`, which may be on several."""
        ...

    def candidates(self, worker: Worker) -> Sequence[Candidate]:
        """Host candidates of a worker, best first."""
        ...

    def listen(self, conference: ConferenceKey, listener: MediaListener | None) -> None:
        """Sends the events of one conference to `listener` from now on; None ends that."""
        ...

    def add_endpoint(self, parameters: EndpointParameters) -> None:
        """Makes an endpoint that waits for connectivity checks."""
        ...

    def update_endpoint(self, parameters: EndpointParameters) -> None:
        """Applies a second description: ICE restart by new credentials, more slots; nothing is removed."""
        ...

    def remove_endpoint(self, endpoint: EndpointId) -> None:
        """Ends an endpoint; its sources and slots go with it."""
        ...

    def publish(self, endpoint: EndpointId, source: SourceKey, mid: str) -> None:
        """Names what arrives on receive section `mid`, and lets it be forwarded."""
        ...

    def unpublish(self, source: SourceKey) -> None:
        """Stops forwarding a source and forgets its name."""
        ...

    def set_source_enabled(self, source: SourceKey, enabled: bool) -> None:
        """Opens or closes the tap of a source: closed, its packets are dropped on arrival."""
        ...

    def map_slot(
        self, endpoint: EndpointId, mid: str, source: SourceKey | None, view: View = DEFAULT_VIEW
    ) -> None:
        """Puts a source of the same conference on a slot, or empties the slot.

        The same source with another view goes on without a seam.
        """
        ...

    def attendance(self) -> Mapping[ConferenceKey, Sequence[EndpointId]]:
        """Returns the endpoints of every conference that has any, oldest first."""
        ...

    async def statistics(self, endpoint: EndpointId) -> dict[str, object] | None:
        """Returns a snapshot with W3C webrtc-stats member names, or None when the endpoint is gone."""
        ...

    def load(self) -> EngineLoad:
        """Returns the sums since start; at most 0.1 s old."""
        ...

    def close(self) -> None:
        """Stops all workers; idempotent; returns when their threads have ended (< 1 s)."""
        ...
