"""The conference as a state machine: one command and the time in, the events that follow out.

The driver's contract: give one command, carry out every event in order, answer endpoint requests at once by
`EndpointReady` or `EndpointFailed`, then wait for the next command or until `deadline()` and send `Tick`.
Knows nothing of sockets, tasks, wire formats or packets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from causerie.conference import names, policy, slots
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
    Stop,
    Subscribe,
    Tick,
    Unpublish,
    Wish,
)
from causerie.conference.events import (
    AddEndpointWanted,
    Code,
    Done,
    EndReason,
    Event,
    Joined,
    MapSlotWanted,
    News,
    ParticipantJoined,
    ParticipantLeft,
    Published,
    PublishWanted,
    Rejected,
    RemoveEndpointWanted,
    Renegotiated,
    ServerStopping,
    SessionEnded,
    SetSourceEnabledWanted,
    SlotsMapped,
    SlotView,
    SourceMutedChanged,
    SourcePublished,
    SourceUnavailable,
    SourceUnpublished,
    SpeakingChanged,
    TransportStateChanged,
    UnpublishWanted,
    UpdateEndpointWanted,
)
from causerie.conference.ids import Instant, ParticipantId, SourceId
from causerie.conference.state import Participant, Source
from causerie.ports import media
from causerie.ports.media import EndpointId, EndpointParameters, SourceKey

GuestWish = Publish | Unpublish | SetMuted | Subscribe | Renegotiate | Leave
"""What only someone who has joined may wish."""


class Conference:
    """One live meeting. Total: any well-typed command is answered, none raises."""

    def __init__(self, *, limits: policy.Limits, now: Instant) -> None:
        self._limits = limits
        self._participants: dict[ParticipantId, Participant] = {}
        """In order of arrival."""
        self._by_endpoint: dict[EndpointId, Participant] = {}
        self._by_key: dict[SourceKey, Source] = {}
        self._pending: dict[EndpointId, Join | Renegotiate] = {}
        """Waiting for the engine's answer about their endpoint."""
        self._speaking: tuple[SourceId, ...] = ()
        self._empty_since: Instant | None = now
        self._arrivals = 0
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
            case Publish() | Unpublish() | SetMuted() | Subscribe() | Renegotiate() | Leave():
                return self._wish(command)
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
                assert_never(command)

    def _wish(self, wish: GuestWish) -> list[Event]:  # noqa: PLR0911 - one per wish
        participant = self._participants.get(wish.by)
        if participant is None:
            return rejected(wish, Code.NOT_JOINED)
        match wish:
            case Publish():
                return self._publish(participant, wish)
            case Unpublish():
                return self._unpublish(participant, wish)
            case SetMuted():
                return self._set_muted(participant, wish)
            case Subscribe():
                return self._subscribe(participant, wish)
            case Renegotiate():
                return self._renegotiate(participant, wish)
            case Leave(ref=ref):
                done = Done(policy.only(participant.id), ref)
                return [done, *self._remove(participant, EndReason.LEFT)]
            case _:
                assert_never(wish)

    # ── Getters ──────────────────────────────────────────────────────────────────────────────

    def deadline(self) -> Instant | None:
        """Returns when to send `Tick` if nothing comes sooner, or None."""
        moments = [
            moment + self._limits.resume_window_s
            for participant in self._participants.values()
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
        return len(self._participants)

    @property
    def _is_empty(self) -> bool:
        return not self._participants and not self._pending

    # ── Coming and going ─────────────────────────────────────────────────────────────────────

    def _join(self, join: Join) -> list[Event]:
        refusal = self._refusal(join)
        if refusal is not None:
            return rejected(join, refusal)
        endpoint = join.parameters.endpoint
        self._pending[endpoint] = join
        return [AddEndpointWanted(endpoint, join.parameters)]

    def _refusal(self, join: Join) -> Code | None:
        joining = [pending for pending in self._pending.values() if isinstance(pending, Join)]
        if self._stopping:
            return Code.STOPPING
        if join.by in self._participants or join.parameters.endpoint in (self._by_endpoint | self._pending):
            return Code.ALREADY_JOINED
        if any(pending.by == join.by for pending in joining):
            return Code.ALREADY_JOINED
        if len(self._participants) + len(joining) >= self._limits.participants:
            return Code.ROOM_FULL
        if names.cleaned(join.name, graphemes=self._limits.name_graphemes) is None:
            return Code.BAD_NAME
        return self._sources_refusal(join.parameters, join.sources, published=())

    def _endpoint_ready(self, endpoint: EndpointId, now: Instant) -> list[Event]:
        pending = self._pending.pop(endpoint, None)
        match pending:
            case Join():
                return self._admit(pending)
            case Renegotiate():
                return self._renegotiated(self._by_endpoint[endpoint], pending, now)
            case None:
                return []

    def _endpoint_failed(self, endpoint: EndpointId) -> list[Event]:
        pending = self._pending.pop(endpoint, None)
        if pending is not None:
            return rejected(pending, Code.MEDIA_UNAVAILABLE)
        participant = self._by_endpoint.get(endpoint)
        return [] if participant is None else self._remove(participant, EndReason.MEDIA_UNAVAILABLE)

    def _admit(self, join: Join) -> list[Event]:
        name = names.cleaned(join.name, graphemes=self._limits.name_graphemes)
        assert name is not None, "checked before the engine was asked"  # noqa: S101 - a bug of ours
        participant = Participant(join.by, join.session, name, join.parameters)
        participant.take(join.parameters)
        self._participants[join.by] = participant
        self._by_endpoint[participant.endpoint] = participant
        requests = [request for offered in join.sources for request in self._add_source(participant, offered)]
        remapped = self._remap(answered=participant)
        own = [
            event
            for event in remapped
            if isinstance(event, MapSlotWanted) and event.endpoint == participant.endpoint
        ]
        answer = Joined(
            to=policy.only(join.by),
            ref=join.ref,
            sources=participant.view().sources,
            participants=tuple(
                other.view() for other in self._participants.values() if other is not participant
            ),
            slots=participant.slot_views(),
            speaking=self._speaking,
        )
        news = ParticipantJoined(self._others(join.by), participant.view())
        return [*requests, *own, answer, *told(news), *(event for event in remapped if event not in own)]

    def _remove(self, participant: Participant, reason: EndReason) -> list[Event]:
        del self._participants[participant.id]
        del self._by_endpoint[participant.endpoint]
        self._pending.pop(participant.endpoint, None)
        for source in participant.sources.values():
            del self._by_key[source.key]
        everyone = policy.everyone(self._participants)
        return [
            RemoveEndpointWanted(participant.endpoint),
            SessionEnded(policy.only(participant.id), reason),
            *told(ParticipantLeft(everyone, participant.id)),
            *self._silence(participant.sources),
            *self._remap(),
        ]

    def _session_lost(self, by: ParticipantId, now: Instant) -> list[Event]:
        participant = self._participants.get(by)
        if participant is not None and participant.session_lost_at is None:
            participant.session_lost_at = now
        return []

    def _session_resumed(self, by: ParticipantId) -> list[Event]:
        participant = self._participants.get(by)
        if participant is not None:
            participant.session_lost_at = None
        return []

    def _expire(self, now: Instant) -> list[Event]:
        """Removes whoever did not come back in time."""
        events: list[Event] = []
        for participant in list(self._participants.values()):
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
        return told(ServerStopping(policy.everyone(self._participants)))

    # ── Sources ──────────────────────────────────────────────────────────────────────────────

    def _publish(self, participant: Participant, publish: Publish) -> list[Event]:
        offered = publish.source
        to = policy.only(participant.id)
        same = next(
            (s for s in participant.sources.values() if (s.mid, s.kind) == (offered.mid, offered.kind)), None
        )
        if same is not None:
            return [Published(to, publish.ref, same.view())]
        refusal = self._sources_refusal(
            participant.parameters, (offered,), published=participant.sources.values()
        )
        if refusal is not None:
            return rejected(publish, refusal)
        requests = self._add_source(participant, offered)
        view = participant.sources[offered.id].view()
        return [
            *requests,
            Published(to, publish.ref, view),
            *told(SourcePublished(self._others(participant.id), participant.id, view)),
            *self._remap(),
        ]

    def _unpublish(self, participant: Participant, unpublish: Unpublish) -> list[Event]:
        source = participant.sources.pop(unpublish.source, None)
        if source is None:
            return rejected(unpublish, Code.SOURCE_UNKNOWN)
        del self._by_key[source.key]
        others = self._others(participant.id)
        return [
            UnpublishWanted(participant.endpoint, source.key),
            Done(policy.only(participant.id), unpublish.ref),
            *told(SourceUnpublished(others, participant.id, source.id)),
            *self._silence((source.id,)),
            *self._remap(),
        ]

    def _set_muted(self, participant: Participant, wish: SetMuted) -> list[Event]:
        source = participant.sources.get(wish.source)
        if source is None:
            return rejected(wish, Code.SOURCE_UNKNOWN)
        done = Done(policy.only(participant.id), wish.ref)
        if source.muted == wish.muted:
            return [done]
        source.muted = wish.muted
        news = SourceMutedChanged(self._others(participant.id), participant.id, source.id, source.muted)
        return [
            SetSourceEnabledWanted(participant.endpoint, source.key, not source.muted),
            done,
            *told(news),
            *(self._silence((source.id,)) if source.muted else []),
            *self._remap(),
        ]

    def _add_source(self, participant: Participant, offered: OfferedSource) -> list[Event]:
        """Takes a source that was checked; returns what the engine must do."""
        self._arrivals += 1
        source = Source.published(offered, participant.id, self._arrivals)
        participant.sources[source.id] = source
        self._by_key[source.key] = source
        publish = PublishWanted(participant.endpoint, source.key, source.mid)
        if not source.muted:
            return [publish]
        return [publish, SetSourceEnabledWanted(participant.endpoint, source.key, False)]

    def _sources_refusal(
        self, parameters: EndpointParameters, offered: Iterable[OfferedSource], published: Iterable[Source]
    ) -> Code | None:
        """Returns why sources may not be published on the sections that `parameters` has, or None."""
        sections = {section.mid: section.kind for section in parameters.receive}
        taken = [source.mid for source in published]
        for source in offered:
            if len(taken) >= self._limits.sources_per_participant:
                return Code.SOURCE_LIMIT
            if sections.get(source.mid) is not source.kind.media or source.mid in taken:
                return Code.SECTION_UNKNOWN
            taken.append(source.mid)
        return None

    # ── Slots ────────────────────────────────────────────────────────────────────────────────

    def _subscribe(self, participant: Participant, subscribe: Subscribe) -> list[Event]:
        participant.wanted = subscribe.sources[: self._limits.wanted_sources]
        return [Done(policy.only(participant.id), subscribe.ref), *self._remap()]

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
        return [Renegotiated(policy.only(participant.id), renegotiate.ref), *self._remap()]

    def _remap(self, *, answered: Participant | None = None) -> list[Event]:
        """Brings every slot up to date. `answered` learns of its slots by its answer instead of an event."""
        ranking = slots.ranked(self._by_key.values(), self._speaking)
        events: list[Event] = []
        for viewer in self._participants.values():
            after = slots.mapping(viewer, ranking)
            changed = [SlotView(mid, source) for mid, source in after.items() if viewer.slots[mid] != source]
            viewer.slots = after
            for slot in changed:
                shown = ranking.by_id[slot.source].key if slot.source is not None else None
                events.append(MapSlotWanted(viewer.endpoint, slot.mid, shown))
            if changed and viewer is not answered:
                events.append(SlotsMapped(policy.only(viewer.id), tuple(changed)))
        return events

    # ── What the engine sees and hears ───────────────────────────────────────────────────────

    def _media_changed(self, event: media.MediaEvent, now: Instant) -> list[Event]:
        match event:
            case media.TransportStateChanged():
                return self._transport_changed(event, now)
            case media.SpeakingChanged():
                return self._speaking_changed(event, now)
            case media.CodecUnsupported():
                return self._codec_unsupported(event)
            case media.SourceActiveChanged():
                return []  # whether packets flow is seen by clients on the stream itself
            case _:
                assert_never(event)

    def _transport_changed(self, event: media.TransportStateChanged, now: Instant) -> list[Event]:
        participant = self._by_endpoint.get(event.endpoint)
        if participant is None:
            return []
        if event.state is media.TransportState.CLOSED:
            participant.transport_closed_at = now
        elif event.state is media.TransportState.CONNECTED:
            participant.transport_closed_at = None
        return [TransportStateChanged(policy.only(participant.id), event.state)]

    def _speaking_changed(self, event: media.SpeakingChanged, now: Instant) -> list[Event]:
        source = self._by_key.get(event.source)
        if source is None or source.muted or event.speaking == (source.id in self._speaking):
            return []
        source.spoke_at = now
        if not event.speaking:
            return [*self._silence((source.id,)), *self._remap()]
        self._speaking = (*self._speaking, source.id)
        return [SpeakingChanged(policy.everyone(self._participants), self._speaking), *self._remap()]

    def _silence(self, sources: Iterable[SourceId]) -> list[Event]:
        """Takes sources off the list of those that speak; tells everyone if that changed it."""
        gone = frozenset(sources)
        still = tuple(source for source in self._speaking if source not in gone)
        if still == self._speaking:
            return []
        self._speaking = still
        everyone = policy.everyone(self._participants)
        return told(SpeakingChanged(everyone, still))

    def _codec_unsupported(self, event: media.CodecUnsupported) -> list[Event]:
        viewer = self._by_endpoint.get(event.endpoint)
        source = self._by_key.get(event.source)
        if viewer is None or source is None or viewer.slots.get(event.mid) != source.id:
            return []
        return [SourceUnavailable(policy.only(viewer.id), event.mid, source.id)]

    # ── Audiences ────────────────────────────────────────────────────────────────────────────

    def _others(self, than: ParticipantId) -> tuple[ParticipantId, ...]:
        return policy.others(self._participants, than)


def rejected(wish: Wish, code: Code) -> list[Event]:
    """Returns the refusal of a wish, for its sender only."""
    return [Rejected(policy.only(wish.by), wish.ref, code)]


def told(fact: News) -> list[Event]:
    """Returns the fact, unless there is nobody to tell."""
    return [fact] if fact.to else []


def extends(before: EndpointParameters, after: EndpointParameters) -> bool:
    """Says whether a second description keeps the endpoint with every section and slot it had."""
    sections = {(section.mid, section.kind) for section in after.receive}
    kept = set(after.slots)
    return (
        before.endpoint == after.endpoint
        and all((section.mid, section.kind) in sections for section in before.receive)
        and all(slot in kept for slot in before.slots)
    )
