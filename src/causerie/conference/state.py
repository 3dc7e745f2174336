"""What a conference remembers. Ownership is a tree: conference › participant › sources and slots."""

from __future__ import annotations

from dataclasses import dataclass, field

from causerie.conference.commands import OfferedSource, Quality, Role, SourceKind, Wanted
from causerie.conference.events import ParticipantView, SlotView, SourceView
from causerie.conference.ids import Instant, ParticipantId, SessionId, SourceId
from causerie.conference.policy import Limits
from causerie.conference.rates import Bucket
from causerie.conference.watchdog import Ears, Speech
from causerie.ports.media import EndpointId, EndpointParameters, MediaKind, SourceKey, View


@dataclass(slots=True)
class Source:
    """A published source and what has been heard of it."""

    id: SourceId
    key: SourceKey
    kind: SourceKind
    mid: str
    muted: bool
    owner: ParticipantId
    arrival: int
    """Grows with every source published in the conference."""
    spoke_at: Instant | None = None
    """When speech was last heard to begin or end."""
    speech: Speech = field(default_factory=Speech)

    @staticmethod
    def published(offered: OfferedSource, owner: ParticipantId, arrival: int) -> Source:
        """Returns the source that an offer becomes."""
        return Source(offered.id, offered.key, offered.kind, offered.mid, offered.muted, owner, arrival)

    @property
    def media(self) -> MediaKind:
        """Which kind of slot shows it."""
        return self.kind.media

    @property
    def bundle(self) -> tuple[ParticipantId, bool]:
        """Equal for what belongs in paired slots: one's microphone and camera, one's screen and its sound."""
        return self.owner, self.kind in {SourceKind.SCREEN, SourceKind.SCREEN_AUDIO}

    def view(self) -> SourceView:
        """Returns what others may see."""
        return SourceView(self.id, self.kind, self.muted)


class Pace:
    """What is left of one participant's allowances."""

    __slots__ = ("chat", "hands", "reactions", "reports")

    def __init__(self, limits: Limits) -> None:
        self.chat = Bucket(limits.chat)
        self.hands = Bucket(limits.hands)
        self.reactions = Bucket(limits.reactions)
        self.reports = Bucket(limits.reports)


@dataclass(slots=True)
class Participant:
    """A person in the conference, with what they publish and what their slots show."""

    id: ParticipantId
    session: SessionId
    name: str
    parameters: EndpointParameters
    pace: Pace
    role: Role
    joined_at_ms: int
    visitor: str | None
    quality: Quality = Quality.GOOD
    ears: Ears = field(default_factory=Ears)
    sources: dict[SourceId, Source] = field(default_factory=dict)
    slots: dict[str, SourceId | None] = field(default_factory=dict)
    """What each slot shows, by mid, in the order negotiated."""
    views: dict[str, View] = field(default_factory=dict)
    """How the picture of each slot is looked at, by mid, as the engine was last told."""
    wanted: tuple[Wanted, ...] = ()
    """What they asked for, most wanted first."""
    others: int = 720
    """Lines for pictures that they did not name; 0: none of those."""
    session_lost_at: Instant | None = None
    transport_closed_at: Instant | None = None

    @property
    def endpoint(self) -> EndpointId:
        """The participant's counterpart in the engine."""
        return self.parameters.endpoint

    def take(self, parameters: EndpointParameters) -> None:
        """Replaces the parameters; slots that stay keep what they show."""
        self.parameters = parameters
        self.slots = {slot.mid: self.slots.get(slot.mid) for slot in parameters.slots}

    def slot_mids(self, kind: MediaKind) -> list[str]:
        """Returns the slots of one kind; the audio and the video slot of equal index are a pair."""
        return [slot.mid for slot in self.parameters.slots if slot.kind is kind]

    def view(self) -> ParticipantView:
        """Returns what others may see."""
        sources = tuple(source.view() for source in self.sources.values())
        return ParticipantView(self.id, self.name, sources, self.role, self.joined_at_ms, self.quality)

    def slot_views(self) -> tuple[SlotView, ...]:
        """Returns what all slots show."""
        return tuple(SlotView(mid, source) for mid, source in self.slots.items())
