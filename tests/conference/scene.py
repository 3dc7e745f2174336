"""Scenes: people do things in a conference, and a test says in plain lines what must follow.

Participants are called by name. The source `alice.camera` is Alice's camera; her slots are
`a0`, `v0` and so on, paired by number. The engine answers at once, unless told to refuse.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass

from causerie.conference.commands import (
    Command,
    EndpointFailed,
    EndpointReady,
    Join,
    Leave,
    MediaChanged,
    OfferedSource,
    Publish,
    Renegotiate,
    SessionLost,
    SessionResumed,
    SetMuted,
    SourceKind,
    Subscribe,
    Tick,
    Unpublish,
    Wanted,
)
from causerie.conference.events import (
    AddEndpointWanted,
    ChatView,
    Event,
    Joined,
    KeepRecordWanted,
    KnockView,
    MapSlotWanted,
    ParticipantView,
    Request,
    RoomState,
    SlotView,
    SourceView,
    UpdateEndpointWanted,
    Welcome,
)
from causerie.conference.ids import Instant, ParticipantId, Ref, SessionId, SourceId
from causerie.conference.machine import Conference
from causerie.conference.policy import Limits
from causerie.ports import media
from causerie.ports.media import (
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    IceCredentials,
    MediaKind,
    ReceiveSection,
    Slot,
    SourceKey,
    View,
)

REF = Ref(7)
LIMITS = Limits()
MIDS = {"microphone": "0", "camera": "1", "screen": "2", "screen-audio": "3"}
Action = Callable[["Scene"], Command]


class Scene:
    """One conference, what was done last, and what followed."""

    def __init__(self, limits: Limits, audio_slots: int, video_slots: int) -> None:
        self.now = Instant(1000.0)
        self.limits = limits
        self.audio_slots = audio_slots
        self.video_slots = video_slots
        self.conference = Conference(limits=limits, now=self.now)
        self.endpoints: dict[EndpointId, str] = {}
        self.keys: dict[SourceKey, str] = {}
        self.parameters: dict[str, EndpointParameters] = {}
        self.events: list[Event] = []
        self.history: list[Event] = []
        self.engine_refuses = False
        self._numbers = itertools.count(1)

    # ── Doing ────────────────────────────────────────────────────────────────────────────────

    def does(self, *actions: Action) -> Scene:
        """Carries out actions one after another; `expects` then speaks of the last."""
        for action in actions:
            self.give(action(self))
        return self

    def give(self, command: Command) -> list[Event]:
        """Gives one command to the machine and answers its endpoint requests, as a driver does."""
        self.events = []
        waiting = [command]
        while waiting:
            for event in self.conference.handle(waiting.pop(0), self.now):
                self.events.append(event)
                if isinstance(event, AddEndpointWanted | UpdateEndpointWanted):
                    answer = EndpointFailed if self.engine_refuses else EndpointReady
                    waiting.append(answer(event.endpoint))
        self.history += self.events
        return self.events

    def after(self, seconds: float) -> Scene:
        """Lets time pass; a deadline on the way is met with a tick."""
        until = Instant(self.now + seconds)
        self.events = []
        ticked: list[Event] = []
        while (deadline := self.conference.deadline()) is not None and self.now < deadline <= until:
            self.now = deadline
            ticked += self.give(Tick())
        self.now = until
        self.events = ticked
        return self

    def refusing(self) -> Scene:
        """From now on the engine refuses endpoints."""
        self.engine_refuses = True
        return self

    # ── Expecting ────────────────────────────────────────────────────────────────────────────

    def expects(self, *lines: str) -> Scene:
        """Fails unless exactly this followed: `who: what` for facts, `engine: what` for requests."""
        compare(lines, [line for event in self.events for line in self.lines(event)])
        return self

    def tells(self, who: str, *lines: str) -> Scene:
        """Fails unless exactly this was told to one person."""
        told = [line for event in self.events for line in self.lines(event)]
        compare(lines, [line.removeprefix(f"{who}: ") for line in told if line.startswith(f"{who}: ")])
        return self

    def asks_engine(self, *lines: str) -> Scene:
        """Fails unless exactly this was asked of the engine."""
        return self.tells("engine", *lines)

    def shows(self, who: str, **slots: str | None) -> Scene:
        """Fails unless the named slots of one person show these sources."""
        shown = self.slots_of(who)
        compare(
            [f"{slot}={source}" for slot, source in slots.items()],
            [f"{slot}={shown[slot]}" for slot in slots],
        )
        return self

    def views_of(self, who: str) -> list[View]:
        """Returns how the engine thinks a person looks at pictures, in the order of slots."""
        endpoint = self.parameters[who].endpoint
        views: dict[str, View] = {}
        for event in self.history:
            if isinstance(event, MapSlotWanted) and event.endpoint == endpoint and event.mid.startswith("v"):
                views.pop(event.mid, None)
                views |= {event.mid: event.view} if event.source is not None else {}
        return [view for _, view in sorted(views.items())]

    def slots_of(self, who: str) -> dict[str, str | None]:
        """Returns what a person's slots show, folded from everything they were told."""
        shown: dict[str, str | None] = {}
        for event in self.history:
            if who in getattr(event, "to", ()):
                shown |= {view.mid: view.source for view in getattr(event, "slots", ())}
        return shown

    # ── Words ────────────────────────────────────────────────────────────────────────────────

    def lines(self, event: Event) -> list[str]:
        """Returns an event as text: one line per listener."""
        if isinstance(event, KeepRecordWanted):
            return [f"store: {event.record}"]
        name = type(event).__name__
        words = [
            self.word(f.name, getattr(event, f.name)) for f in fields(event) if f.name not in {"to", "ref"}
        ]
        text = " ".join(word for word in (name, *words) if word)
        if isinstance(event, Request):
            return [f"engine: {text}"]
        return [f"{who}: {text}" for who in event.to]

    def word(self, field: str, value: object) -> str:
        if field == "endpoint":
            return self.endpoints[value]  # type: ignore[index]
        if field == "source" and isinstance(value, int):
            return self.keys[SourceKey(value)]
        return spoken(value)

    # ── Making ───────────────────────────────────────────────────────────────────────────────

    def source(self, who: str, kind: str, *, mid: str | None = None, muted: bool = False) -> OfferedSource:
        key = SourceKey(next(self._numbers))
        name = f"{who}.{kind}"
        self.keys[key] = name
        return OfferedSource(SourceId(name), key, SourceKind(kind), mid or MIDS[kind], muted)

    def new_parameters(self, who: str, *, audio_slots: int, video_slots: int) -> EndpointParameters:
        endpoint = EndpointId(next(self._numbers))
        self.endpoints[endpoint] = who
        self.parameters[who] = made_parameters(endpoint, audio_slots, video_slots)
        return self.parameters[who]


def scene(*people: str, limits: Limits = LIMITS, audio_slots: int = 3, video_slots: int = 3) -> Scene:
    """Returns a conference that these people have joined, each with a microphone and a camera."""
    return Scene(limits, audio_slots, video_slots).does(*(joins(who) for who in people))


def joins(
    who: str,
    *,
    name: str | None = None,
    sources: Iterable[str] = ("microphone", "camera"),
    verified: str | None = None,
    key: bytes | None = None,
) -> Action:
    """`verified`: the password hash that was found right. `key`: the digest of a host key presented."""
    return lambda scene: Join(
        ParticipantId(who),
        REF,
        SessionId(f"session of {who}"),
        who.title() if name is None else name,
        scene.new_parameters(who, audio_slots=scene.audio_slots, video_slots=scene.video_slots),
        tuple(scene.source(who, kind) for kind in sources),
        visitor=f"browser of {who.rstrip('0123456789')}",
        verified=verified,
        host_digest=key,
        fresh_digest=fresh_digest(who),
    )


def fresh_digest(who: str) -> bytes:
    """Returns the digest of the host key that someone gets if they are the first."""
    return f"key of {who}".encode()


def wishes(who: str, wish: Callable[..., Command], **members: object) -> Action:
    """Returns the wish of someone, with its members as the command names them."""
    return lambda _: wish(ParticipantId(who), REF, **members)


def welcome(scene: Scene, who: str) -> Welcome:
    """Returns what someone was told of the room when they last came in."""
    return next(e.welcome for e in reversed(scene.history) if isinstance(e, Joined) and who in e.to)


def publishes(who: str, kind: str, *, mid: str | None = None, muted: bool = False) -> Action:
    return lambda scene: Publish(ParticipantId(who), REF, scene.source(who, kind, mid=mid, muted=muted))


def unpublishes(who: str, kind: str) -> Action:
    return lambda _: Unpublish(ParticipantId(who), REF, SourceId(f"{who}.{kind}"))


def mutes(who: str, kind: str, *, muted: bool = True) -> Action:
    return lambda _: SetMuted(ParticipantId(who), REF, SourceId(f"{who}.{kind}"), muted)


def unmutes(who: str, kind: str) -> Action:
    return mutes(who, kind, muted=False)


def wants(who: str, *sources: str) -> Action:
    wanted = tuple(Wanted(SourceId(source)) for source in sources)
    return lambda _: Subscribe(ParticipantId(who), REF, wanted, others=0 if sources else 720)


def looks(who: str, tiles: dict[str, int], *, others: int = 720) -> Action:
    """Says how many lines each picture has on someone's screen."""
    wanted = tuple(Wanted(SourceId(source), lines) for source, lines in tiles.items())
    return lambda _: Subscribe(ParticipantId(who), REF, wanted, others)


def renegotiates(who: str, *, audio_slots: int, video_slots: int) -> Action:
    def action(scene: Scene) -> Command:
        endpoint = scene.parameters[who].endpoint
        return Renegotiate(ParticipantId(who), REF, made_parameters(endpoint, audio_slots, video_slots))

    return action


def leaves(who: str) -> Action:
    return lambda _: Leave(ParticipantId(who), REF)


def loses_socket(who: str) -> Action:
    return lambda _: SessionLost(ParticipantId(who))


def comes_back(who: str) -> Action:
    return lambda _: SessionResumed(ParticipantId(who))


def speaks(who: str, *, kind: str = "microphone", speaking: bool = True) -> Action:
    def action(scene: Scene) -> Command:
        key = max(key for key, name in scene.keys.items() if name == f"{who}.{kind}")
        return MediaChanged(media.SpeakingChanged(key, speaking))

    return action


def is_watched(who: str, kind: str, *layers: int) -> Action:
    def action(scene: Scene) -> Command:
        key = max(key for key, name in scene.keys.items() if name == f"{who}.{kind}")
        return MediaChanged(media.LayersWanted(key, layers))

    return action


def holds(who: str, mid: str) -> Action:
    """Someone's line does not carry what a slot shows."""
    return lambda scene: MediaChanged(media.PictureHeld(scene.parameters[who].endpoint, mid, True))


def falls_silent(who: str) -> Action:
    return speaks(who, speaking=False)


def transport(who: str, state: str) -> Action:
    return lambda scene: MediaChanged(
        media.TransportStateChanged(scene.parameters[who].endpoint, media.TransportState(state), None)
    )


def engine_fails(who: str) -> Action:
    return lambda scene: EndpointFailed(scene.parameters[who].endpoint)


def made_parameters(endpoint: EndpointId, audio_slots: int, video_slots: int) -> EndpointParameters:
    """Returns parameters with four sections to send on and so many slots."""
    kinds = {"microphone": MediaKind.AUDIO, "camera": MediaKind.VIDEO}
    kinds |= {"screen": MediaKind.VIDEO, "screen-audio": MediaKind.AUDIO}
    ice = IceCredentials("ufrag", "password")
    audio = [Slot(f"a{i}", MediaKind.AUDIO, 1000 + i, None) for i in range(audio_slots)]
    video = [Slot(f"v{i}", MediaKind.VIDEO, 2000 + i, 3000 + i) for i in range(video_slots)]
    return EndpointParameters(
        endpoint=endpoint,
        conference=ConferenceKey(1),
        local_ice=ice,
        remote_ice=ice,
        remote_fingerprints=(bytes(32),),
        codecs=(),
        extensions=(),
        transport_cc=True,
        receive=tuple(ReceiveSection(MIDS[kind], media_kind, (), ()) for kind, media_kind in kinds.items()),
        slots=(*audio, *video),
        cname="cname",
    )


def spoken(value: object) -> str:  # noqa: PLR0911 - one per kind of value
    """Returns a value as few words."""
    match value:
        case SourceView(id=id, muted=muted):
            return f"{id}{' (muted)' if muted else ''}"
        case SlotView(mid=mid, source=source):
            return f"{mid}={spoken(source)}"
        case ParticipantView(id=id, name=name, sources=sources):
            return f"{id} {name} {spoken(sources)}".strip()
        case RoomState(locked=locked, waiting_room=waiting_room, password_set=password_set):
            shown = {"locked": locked, "waiting-room": waiting_room, "password": password_set}
            return f"<{' '.join(word for word, is_so in shown.items() if is_so)}>"
        case KnockView(name=name):
            return name
        case ChatView(author_name=author, text=text, to=to):
            return f"{author}{f' to {to}' if to else ''}: {text}"
        case View(max_height=height):
            return "" if height == 720 else f"at {height} lines"
        case EndpointParameters() | Welcome():
            return ""
        case tuple():
            return f"[{', '.join(map(spoken, value))}]"
        case None:
            return "nothing"
        case _:
            assert not is_dataclass(value), value
            return str(value)


def compare(expected: Iterable[str], actual: Iterable[str]) -> None:
    """Fails with both sides beside each other when they differ."""
    rows = list(itertools.zip_longest(expected, actual, fillvalue=""))
    if all(left == right for left, right in rows):
        return
    width = max(len("expected"), *(len(left) for left, _ in rows))
    table = [("  ", "expected", "actual"), *((("  " if a == b else "≠ "), a, b) for a, b in rows)]
    raise AssertionError("\n" + "\n".join(f"{mark}{left:<{width}} │ {right}" for mark, left, right in table))
