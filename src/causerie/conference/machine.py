"""The conference as a state machine: one command and the time in, the events that follow out.

The driver's contract: give one command, carry out every event in order, answer endpoint requests at once by
`EndpointReady` or `EndpointFailed`, then wait for the next command or until `deadline()` and send `Tick`.
Decides who comes and goes; `stage`, `door`, `talking` and `hosting` decide the rest. Knows nothing of
sockets, tasks, wire formats or packets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from causerie.conference import hosting, names, policy, talking
from causerie.conference.authorize import authorize
from causerie.conference.chat import Chat
from causerie.conference.commands import (
    Admit,
    Command,
    EndConference,
    EndpointFailed,
    EndpointReady,
    Exclude,
    GuestWish,
    HostWish,
    Join,
    Leave,
    LowerHand,
    MediaChanged,
    MuteParticipant,
    Publish,
    React,
    Refuse,
    Renegotiate,
    Report,
    Role,
    SendChat,
    SessionLost,
    SessionResumed,
    SetHand,
    SetLocked,
    SetMuted,
    SetPassword,
    SetRole,
    SetWaitingRoom,
    Stop,
    StopSource,
    Subscribe,
    Tick,
    Unpublish,
)
from causerie.conference.door import Door
from causerie.conference.events import (
    AddEndpointWanted,
    Code,
    EndReason,
    Event,
    Joined,
    KnocksChanged,
    MapSlotWanted,
    ParticipantJoined,
    Published,
    RemoveEndpointWanted,
    Renegotiated,
    RoomChanged,
    ServerStopping,
    SessionEnded,
    SourcePublished,
    UpdateEndpointWanted,
    Waiting,
    Welcome,
)
from causerie.conference.hands import Hands
from causerie.conference.ids import Instant, ParticipantId
from causerie.conference.record import RoomRecord
from causerie.conference.replies import done, rejected, told
from causerie.conference.stage import Stage
from causerie.conference.state import Pace, Participant
from causerie.ports import media
from causerie.ports.media import EndpointId, EndpointParameters

NEW_ROOM = RoomRecord()


class Conference:
    """One live meeting. Total: any well-typed command is answered, none raises."""

    def __init__(
        self, *, limits: policy.Limits, now: Instant, wall_ms: int = 0, record: RoomRecord = NEW_ROOM
    ) -> None:
        """`wall_ms` is what clocks on the wall show at `now`: milliseconds since 1970."""
        self._limits = limits
        self._began = now
        self._wall_ms = wall_ms
        self._stage = Stage(limits)
        self._door = Door(record, limits)
        self._chat = Chat(limits)
        self._hands = Hands()
        self._pending: dict[EndpointId, Join | Renegotiate] = {}
        """Waiting for the engine's answer about their endpoint."""
        self._empty_since: Instant | None = now
        self._stopping = False

    # ── Inputs ───────────────────────────────────────────────────────────────────────────────

    def handle(self, command: Command, now: Instant) -> list[Event]:
        """Returns what follows from `command`, in the order in which it is to be carried out."""
        was_empty = self._is_empty
        events = self._dispatch(command, now)
        if not self._is_empty:
            self._empty_since = None
        elif not was_empty:
            self._empty_since = now
        return events

    def _dispatch(self, command: Command, now: Instant) -> list[Event]:  # noqa: PLR0911 - one per command
        match command:
            case Join():
                return self._join(command)
            case SessionLost(by):
                return self._session_lost(by, now)
            case SessionResumed(by):
                return self._session_resumed(by)
            case EndpointReady(endpoint):
                return self._endpoint_ready(endpoint, now)
            case EndpointFailed(endpoint):
                return self._endpoint_failed(endpoint)
            case MediaChanged(event):
                return self._media_changed(event, now)
            case Tick():
                return self._expire(now)
            case Stop():
                return self._stop()
            case _:
                return self._wish(command, now)

    def _wish(self, wish: GuestWish, now: Instant) -> list[Event]:
        refusal = authorize(self.role(wish.by), wish)
        if refusal is not None:
            return rejected(wish, refusal)
        participant = self._stage.participants.get(wish.by)
        if participant is None:
            return self._leave_waiting(wish)
        if isinstance(wish, HostWish):
            return self._host_wish(wish)
        return self._own_wish(participant, wish, now)

    def _own_wish(  # noqa: PLR0911 - one per wish
        self, participant: Participant, wish: GuestWish, now: Instant
    ) -> list[Event]:
        match wish:
            case Publish():
                return self._publish(participant, wish)
            case Unpublish():
                return self._unpublish(participant, wish)
            case SetMuted():
                return self._stage.set_muted(participant, wish)
            case Subscribe():
                return self._subscribe(participant, wish)
            case Renegotiate():
                return self._renegotiate(participant, wish)
            case SetHand():
                return talking.set_hand(self._stage, self._hands, participant, wish, now)
            case React():
                return talking.react(self._stage, participant, wish, now)
            case SendChat():
                at_ms = self._wall(now)
                return talking.send_chat(self._stage, self._chat, participant, wish, now=now, at_ms=at_ms)
            case Report():
                return talking.report(self._stage, participant, wish, now)
            case Leave():
                return [done(wish), *self._remove(participant, EndReason.LEFT)]
            case _:
                return rejected(wish, Code.NOT_ALLOWED)

    def _host_wish(self, wish: HostWish) -> list[Event]:  # noqa: PLR0911 - one per wish
        match wish:
            case MuteParticipant():
                return hosting.mute_participant(self._stage, wish)
            case StopSource():
                return hosting.stop_source(self._stage, wish)
            case LowerHand():
                return hosting.lower_hand(self._stage, self._hands, wish)
            case SetRole():
                return hosting.set_role(self._stage, self._door, wish)
            case Exclude():
                return self._exclude(wish)
            case SetLocked(locked=locked):
                return [done(wish), *self._change_door(wish.by, lambda: self._door.set_locked(locked))]
            case SetWaitingRoom(on=on):
                return self._set_waiting_room(wish, on)
            case SetPassword(hash=hash):
                return [done(wish), *self._change_door(wish.by, lambda: self._door.set_password(hash))]
            case Admit():
                return self._admit(wish)
            case Refuse():
                return self._refuse(wish)
            case EndConference():
                return [done(wish), *self._end()]
            case _:
                assert_never(wish)

    # ── Getters ──────────────────────────────────────────────────────────────────────────────

    def deadline(self) -> Instant | None:
        """Returns when to send `Tick` if nothing comes sooner, or None."""
        moments = [
            moment + self._limits.resume_window_s
            for participant in self._stage.participants.values()
            for moment in (participant.session_lost_at, participant.transport_closed_at)
            if moment is not None
        ]
        if self._empty_since is not None:
            moments.append(self._empty_since + self._limits.empty_grace_s)
        return Instant(min(moments)) if moments else None

    def is_over(self, now: Instant) -> bool:
        """Says whether it may be forgotten: the server stops, or nobody was here for the grace time."""
        if self._stopping:
            return True
        return self._empty_since is not None and now >= self._empty_since + self._limits.empty_grace_s

    @property
    def participants(self) -> int:
        """How many people are in it, those whose session may still come back included."""
        return len(self._stage.participants)

    @property
    def record(self) -> RoomRecord:
        """What the room is beyond this meeting."""
        return self._door.record

    def role(self, participant: ParticipantId) -> Role | None:
        """Returns what someone may do here; None: they are not here."""
        if participant in self._door.waiting:
            return Role.WAITING
        found = self._stage.participants.get(participant)
        return None if found is None else found.role

    @property
    def _is_empty(self) -> bool:
        return not self._stage.participants and not self._pending and not self._door.waiting

    def _wall(self, now: Instant) -> int:
        return self._wall_ms + round((now - self._began) * 1000)

    # ── Coming ───────────────────────────────────────────────────────────────────────────────

    def _join(self, join: Join) -> list[Event]:
        refusal = self._door.refusal(join) or self._refusal(join)
        if refusal is not None:
            return rejected(join, refusal)
        if not self._door.holds(join):
            return self._enter(join)
        if len(self._door.waiting) >= self._limits.waiting:
            return rejected(join, Code.ROOM_FULL)
        self._door.waiting[join.by] = join
        return [Waiting(policy.only(join.by), join.ref), *self._knocked()]

    def _enter(self, join: Join) -> list[Event]:
        """Asks the engine for someone who may come in."""
        endpoint = join.parameters.endpoint
        self._pending[endpoint] = join
        return [AddEndpointWanted(endpoint, join.parameters)]

    def _refusal(self, join: Join) -> Code | None:
        joining = [pending for pending in self._pending.values() if isinstance(pending, Join)]
        if self._stopping:
            return Code.STOPPING
        known_endpoint = join.parameters.endpoint in (self._stage.by_endpoint | self._pending)
        if known_endpoint or self.role(join.by) is not None or join.by in {other.by for other in joining}:
            return Code.ALREADY_JOINED
        if len(self._stage.participants) + len(joining) >= self._limits.participants:
            return Code.ROOM_FULL
        if names.cleaned(join.name, graphemes=self._limits.name_graphemes) is None:
            return Code.BAD_NAME
        return self._stage.sources_refusal(join.parameters, join.sources, published=())

    def _endpoint_ready(self, endpoint: EndpointId, now: Instant) -> list[Event]:
        pending = self._pending.pop(endpoint, None)
        match pending:
            case Join():
                return self._joined(pending, now)
            case Renegotiate():
                return self._renegotiated(self._stage.by_endpoint[endpoint], pending, now)
            case None:
                return []

    def _endpoint_failed(self, endpoint: EndpointId) -> list[Event]:
        pending = self._pending.pop(endpoint, None)
        if pending is not None:
            return rejected(pending, Code.MEDIA_UNAVAILABLE)
        participant = self._stage.by_endpoint.get(endpoint)
        return [] if participant is None else self._remove(participant, EndReason.MEDIA_UNAVAILABLE)

    def _joined(self, join: Join, now: Instant) -> list[Event]:
        participant, created = self._newcomer(join, now)
        requests = self._stage.add(participant, join.sources)
        remapped = self._stage.remap(answered=participant)
        own = [
            event
            for event in remapped
            if isinstance(event, MapSlotWanted) and event.endpoint == participant.endpoint
        ]
        others = [one for one in self._stage.participants.values() if one is not participant]
        answer = Joined(
            to=policy.only(join.by),
            ref=join.ref,
            sources=participant.view().sources,
            participants=tuple(other.view() for other in others),
            slots=participant.slot_views(),
            speaking=self._stage.speaking,
            welcome=self._welcome(participant, created, now),
        )
        news = ParticipantJoined(self._stage.others(join.by), participant.view())
        return [*requests, *own, answer, *told(news), *(event for event in remapped if event not in own)]

    def _newcomer(self, join: Join, now: Instant) -> tuple[Participant, bool]:
        """Returns the participant a join makes, and whether they became host by being the first."""
        cleaned = names.cleaned(join.name, graphemes=self._limits.name_graphemes)
        assert cleaned is not None, "checked before the engine was asked"  # noqa: S101 - a bug of ours
        taken = (other.name for other in self._stage.participants.values())
        name = names.distinct(cleaned, taken, graphemes=self._limits.name_graphemes)
        unclaimed = self._door.record.host_digest is None
        created = unclaimed and self._door.claim(join)
        host = unclaimed or self._door.opens_with_key(join)
        participant = Participant(
            id=join.by,
            session=join.session,
            name=name,
            parameters=join.parameters,
            pace=Pace(self._limits),
            role=Role.HOST if host else Role.PARTICIPANT,
            joined_at_ms=self._wall(now),
            visitor=join.visitor,
        )
        return participant, created

    def _welcome(self, participant: Participant, created: bool, now: Instant) -> Welcome:
        return Welcome(
            role=participant.role,
            created=created,
            room_state=self._door.state,
            chat=self._chat.history(),
            hands=self._hands.queue,
            knocks=self._door.knocks() if participant.role is Role.HOST else (),
            now_ms=self._wall(now),
        )

    # ── Waiting ──────────────────────────────────────────────────────────────────────────────

    def _knocked(self) -> list[Event]:
        """Tells hosts who waits now."""
        return told(KnocksChanged(self._stage.hosts(), self._door.knocks()))

    def _admit(self, wish: Admit) -> list[Event]:
        if wish.participant is not None and wish.participant not in self._door.waiting:
            return rejected(wish, Code.PARTICIPANT_UNKNOWN)
        return [done(wish), *self._let_in(self._door.let_go(wish.participant))]

    def _let_in(self, joins: list[Join]) -> list[Event]:
        events = self._knocked() if joins else []
        for join in joins:
            refusal = self._refusal(join)
            events += self._enter(join) if refusal is None else rejected(join, refusal)
        return events

    def _refuse(self, wish: Refuse) -> list[Event]:
        if wish.participant is not None and wish.participant not in self._door.waiting:
            return rejected(wish, Code.PARTICIPANT_UNKNOWN)
        gone = tuple(join.by for join in self._door.let_go(wish.participant))
        if not gone:
            return [done(wish)]
        return [done(wish), SessionEnded(gone, EndReason.REFUSED), *self._knocked()]

    def _leave_waiting(self, wish: GuestWish) -> list[Event]:
        self._door.let_go(wish.by)
        return [done(wish), SessionEnded(policy.only(wish.by), EndReason.LEFT), *self._knocked()]

    # ── The door ─────────────────────────────────────────────────────────────────────────────

    def _change_door(self, by: ParticipantId, change: Callable[[], list[Event]]) -> list[Event]:
        """Tells everyone if `change` changed the door: told twice alike, it would mean a new password."""
        before = (self._door.state, self._door.record)
        kept = change()
        if before == (self._door.state, self._door.record):
            return kept
        return [*kept, *told(RoomChanged(self._stage.everyone(), self._door.state, by))]

    def _set_waiting_room(self, wish: SetWaitingRoom, on: bool) -> list[Event]:
        changed = self._change_door(wish.by, lambda: self._door.set_waiting_room(on))
        return [done(wish), *changed, *([] if on else self._let_in(self._door.let_go(None)))]

    def _exclude(self, wish: Exclude) -> list[Event]:
        refusal = hosting.refusal_of_target(self._stage, wish.by, wish.participant)
        if refusal is None and wish.participant == wish.by:
            refusal = Code.NOT_ALLOWED
        if refusal is not None:
            return rejected(wish, refusal)
        target = self._stage.participants[wish.participant]
        self._door.exclude(target.visitor)
        removed = self._remove(target, EndReason.EXCLUDED)
        changed = self._change_door(wish.by, lambda: self._door.set_waiting_room(True))
        return [done(wish), *removed, *changed]

    # ── Going ────────────────────────────────────────────────────────────────────────────────

    def _remove(self, participant: Participant, reason: EndReason) -> list[Event]:
        self._pending.pop(participant.endpoint, None)
        gone = self._stage.remove(participant)
        lowered = self._hands.put(participant.id, raised=False)
        return [
            RemoveEndpointWanted(participant.endpoint),
            SessionEnded(policy.only(participant.id), reason),
            *gone,
            *(talking.hands_told(self._stage, self._hands) if lowered else []),
        ]

    def _end(self) -> list[Event]:
        """Ends it for everyone, those who wait included; nobody is told of the others' going."""
        waiting = tuple(join.by for join in self._door.let_go(None))
        people = self._stage.everyone()
        requests = [RemoveEndpointWanted(one.endpoint) for one in self._stage.participants.values()]
        pending = [join for join in self._pending.values() if isinstance(join, Join)]
        self._pending.clear()
        self._stage = Stage(self._limits)
        self._chat = Chat(self._limits)
        self._hands = Hands()
        self._door.locked = False
        everyone = (*people, *waiting, *(join.by for join in pending))
        return [*requests, SessionEnded(everyone, EndReason.ENDED_FOR_ALL)]

    def _session_lost(self, by: ParticipantId, now: Instant) -> list[Event]:
        if self._door.let_go(by):
            return [SessionEnded(policy.only(by), EndReason.SESSION_EXPIRED), *self._knocked()]
        participant = self._stage.participants.get(by)
        if participant is not None and participant.session_lost_at is None:
            participant.session_lost_at = now
        return []

    def _session_resumed(self, by: ParticipantId) -> list[Event]:
        participant = self._stage.participants.get(by)
        if participant is not None:
            participant.session_lost_at = None
        return []

    def _expire(self, now: Instant) -> list[Event]:
        """Removes whoever did not come back in time."""
        events: list[Event] = []
        for participant in list(self._stage.participants.values()):
            if self._has_passed(participant.session_lost_at, now):
                events += self._remove(participant, EndReason.SESSION_EXPIRED)
            elif self._has_passed(participant.transport_closed_at, now):
                events += self._remove(participant, EndReason.TRANSPORT_CLOSED)
        return events

    def _has_passed(self, since: Instant | None, now: Instant) -> bool:
        return since is not None and now >= since + self._limits.resume_window_s

    def _stop(self) -> list[Event]:
        if self._stopping:
            return []
        self._stopping = True
        return told(ServerStopping((*self._stage.everyone(), *self._door.waiting)))

    # ── Sources and slots ────────────────────────────────────────────────────────────────────

    def _publish(self, participant: Participant, publish: Publish) -> list[Event]:
        offered = publish.source
        to = policy.only(participant.id)
        same = next(
            (s for s in participant.sources.values() if (s.mid, s.kind) == (offered.mid, offered.kind)), None
        )
        if same is not None:
            return [Published(to, publish.ref, same.view())]
        refusal = self._stage.sources_refusal(
            participant.parameters, (offered,), published=participant.sources.values()
        )
        if refusal is not None:
            return rejected(publish, refusal)
        requests = self._stage.add_source(participant, offered)
        view = participant.sources[offered.id].view()
        return [
            *requests,
            Published(to, publish.ref, view),
            *told(SourcePublished(self._stage.others(participant.id), participant.id, view)),
            *self._stage.remap(),
        ]

    def _unpublish(self, participant: Participant, wish: Unpublish) -> list[Event]:
        source = participant.sources.get(wish.source)
        if source is None:
            return rejected(wish, Code.SOURCE_UNKNOWN)
        return self._stage.unpublish(participant, source, (done(wish),))

    def _subscribe(self, participant: Participant, subscribe: Subscribe) -> list[Event]:
        participant.wanted = subscribe.sources[: self._limits.wanted_sources]
        participant.others = subscribe.others
        return [done(subscribe), *self._stage.remap()]

    def _renegotiate(self, participant: Participant, renegotiate: Renegotiate) -> list[Event]:
        if participant.endpoint in self._pending:
            return rejected(renegotiate, Code.RATE_LIMITED)
        if not extends(participant.parameters, renegotiate.parameters):
            return rejected(renegotiate, Code.SECTION_UNKNOWN)
        self._pending[participant.endpoint] = renegotiate
        return [UpdateEndpointWanted(participant.endpoint, renegotiate.parameters)]

    def _renegotiated(self, participant: Participant, renegotiate: Renegotiate, now: Instant) -> list[Event]:
        participant.take(renegotiate.parameters)
        if participant.transport_closed_at is not None:
            participant.transport_closed_at = now  # a new window; only a connected transport ends it
        return [Renegotiated(policy.only(participant.id), renegotiate.ref), *self._stage.remap()]

    def _media_changed(self, event: media.MediaEvent, now: Instant) -> list[Event]:
        match event:
            case media.TransportStateChanged():
                return self._stage.transport_changed(event, now)
            case media.SpeakingChanged():
                return self._stage.speaking_changed(event, now)
            case media.CodecUnsupported():
                return self._stage.codec_unsupported(event)
            case media.PictureHeld():
                return self._stage.picture_held(event)
            case media.LayersWanted():
                return self._stage.layers_wanted(event)
            case media.SourceActiveChanged():
                return []  # whether packets flow is seen by clients on the stream itself
            case _:
                assert_never(event)


def extends(before: EndpointParameters, after: EndpointParameters) -> bool:
    """Says whether a second description keeps the endpoint with every section and slot it had."""
    sections = {(section.mid, section.kind) for section in after.receive}
    kept = set(after.slots)
    return (
        before.endpoint == after.endpoint
        and all((section.mid, section.kind) in sections for section in before.receive)
        and all(slot in kept for slot in before.slots)
    )
