"""Who is here, what they publish, who speaks, and what every slot shows. Changes to it, as events.

Knows nothing of doors, roles or chat; `machine.py` says when something here may happen.
"""

from __future__ import annotations

from collections.abc import Iterable

from causerie.conference import policy, slots
from causerie.conference.commands import OfferedSource, Role, SetMuted, SourceKind
from causerie.conference.events import (
    Code,
    Done,
    Event,
    LayersWanted,
    MapSlotWanted,
    MutedByHost,
    ParticipantLeft,
    PictureHeld,
    PublishWanted,
    SetSourceEnabledWanted,
    SlotsMapped,
    SlotView,
    SourceMutedChanged,
    SourceStopped,
    SourceUnavailable,
    SourceUnpublished,
    SpeakingChanged,
    TransportStateChanged,
    UnpublishWanted,
)
from causerie.conference.ids import Instant, ParticipantId, SourceId
from causerie.conference.replies import rejected, told
from causerie.conference.state import Participant, Source
from causerie.conference.watchdog import Speech
from causerie.ports import media
from causerie.ports.media import DEFAULT_VIEW, EndpointId, EndpointParameters, SourceKey


class Stage:
    """The participants of a conference with their sources and slots."""

    def __init__(self, limits: policy.Limits) -> None:
        self._limits = limits
        self.participants: dict[ParticipantId, Participant] = {}
        """In order of arrival."""
        self.by_endpoint: dict[EndpointId, Participant] = {}
        self.by_key: dict[SourceKey, Source] = {}
        self.speaking: tuple[SourceId, ...] = ()
        self._arrivals = 0

    # ── People ───────────────────────────────────────────────────────────────────────────────

    def everyone(self) -> tuple[ParticipantId, ...]:
        """Returns the audience of what all may know."""
        return policy.everyone(self.participants)

    def others(self, than: ParticipantId) -> tuple[ParticipantId, ...]:
        """Returns the audience of what one participant did and knows already."""
        return policy.others(self.participants, than)

    def add(self, participant: Participant, offered: Iterable[OfferedSource]) -> list[Event]:
        """Takes someone with the sources offered; returns what the engine must do, slots aside."""
        participant.take(participant.parameters)
        self.participants[participant.id] = participant
        self.by_endpoint[participant.endpoint] = participant
        return [request for source in offered for request in self.add_source(participant, source)]

    def remove(self, participant: Participant) -> list[Event]:
        """Lets go of someone; the others learn of it."""
        del self.participants[participant.id]
        del self.by_endpoint[participant.endpoint]
        for source in participant.sources.values():
            del self.by_key[source.key]
        return [
            *told(ParticipantLeft(self.everyone(), participant.id)),
            *self._silence(participant.sources),
            *self.remap(),
        ]

    def voices(self) -> dict[SourceId, Source]:
        """Returns the microphones that are not muted."""
        microphones = (s for s in self.by_key.values() if s.kind is SourceKind.MICROPHONE)
        return {source.id: source for source in microphones if not source.muted}

    def hosts(self) -> tuple[ParticipantId, ...]:
        """Returns the audience of what only hosts may know."""
        return tuple(one.id for one in self.participants.values() if one.role is Role.HOST)

    # ── Sources ──────────────────────────────────────────────────────────────────────────────

    def source(self, id: SourceId) -> Source | None:
        """Returns a published source by its name for clients."""
        return next((source for source in self.by_key.values() if source.id == id), None)

    def add_source(self, participant: Participant, offered: OfferedSource) -> list[Event]:
        """Takes a source that was checked; returns what the engine must do."""
        self._arrivals += 1
        source = Source.published(offered, participant.id, self._arrivals)
        participant.sources[source.id] = source
        self.by_key[source.key] = source
        publish = PublishWanted(participant.endpoint, source.key, source.mid)
        if not source.muted:
            return [publish]
        return [publish, SetSourceEnabledWanted(participant.endpoint, source.key, False)]

    def unpublish(self, participant: Participant, source: Source, answer: Iterable[Event]) -> list[Event]:
        """Ends a source; `answer` goes to whoever asked, between engine and news."""
        del participant.sources[source.id]
        del self.by_key[source.key]
        return [
            UnpublishWanted(participant.endpoint, source.key),
            *answer,
            *told(SourceUnpublished(self.others(participant.id), participant.id, source.id)),
            *self._silence((source.id,)),
            *self.remap(),
        ]

    def set_muted(self, participant: Participant, wish: SetMuted) -> list[Event]:
        """Mutes or unmutes one's own source."""
        source = participant.sources.get(wish.source)
        if source is None:
            return rejected(wish, Code.SOURCE_UNKNOWN)
        done = Done(policy.only(participant.id), wish.ref)
        if source.muted == wish.muted:
            return [done]
        return self._muted(participant, source, wish.muted, (done,))

    def mute_for(self, host: ParticipantId, source: Source) -> list[Event]:
        """Mutes someone's source because a host wants it; they may unmute it themselves."""
        if source.muted:
            return []
        owner = self.participants[source.owner]
        return self._muted(owner, source, True, (MutedByHost(policy.only(owner.id), source.id, host),))

    def stop_for(self, host: ParticipantId, source: Source) -> list[Event]:
        """Ends someone's share because a host wants it, its sound with it; mutes anything else."""
        if source.kind is not SourceKind.SCREEN and source.kind is not SourceKind.SCREEN_AUDIO:
            return self.mute_for(host, source)
        owner = self.participants[source.owner]
        share = [other for other in owner.sources.values() if other.bundle == source.bundle]
        return [
            event
            for part in share
            for event in self.unpublish(owner, part, (SourceStopped(policy.only(owner.id), part.id, host),))
        ]

    def _muted(self, owner: Participant, source: Source, muted: bool, answer: Iterable[Event]) -> list[Event]:
        source.muted = muted
        source.speech = Speech()
        news = SourceMutedChanged(self.others(owner.id), owner.id, source.id, muted)
        return [
            SetSourceEnabledWanted(owner.endpoint, source.key, not muted),
            *answer,
            *told(news),
            *(self._silence((source.id,)) if muted else []),
            *self.remap(),
        ]

    def sources_refusal(
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

    def remap(self, *, answered: Participant | None = None) -> list[Event]:
        """Brings every slot up to date. `answered` learns of its slots by its answer instead of an event."""
        ranking = slots.ranked(self.by_key.values(), self.speaking)
        events: list[Event] = []
        for viewer in self.participants.values():
            after = slots.mapping(viewer, ranking)
            views = slots.views(viewer, after, ranking)
            changed = [SlotView(mid, source) for mid, source in after.items() if viewer.slots[mid] != source]
            for mid, source in after.items():
                view = views.get(mid, DEFAULT_VIEW)
                if (source, view) != (viewer.slots[mid], viewer.views.get(mid, DEFAULT_VIEW)):
                    shown = ranking.by_id[source].key if source is not None else None
                    events.append(MapSlotWanted(viewer.endpoint, mid, shown, view))
            viewer.slots, viewer.views = after, views
            if changed and viewer is not answered:
                events.append(SlotsMapped(policy.only(viewer.id), tuple(changed)))
        return events

    # ── What the engine sees and hears ───────────────────────────────────────────────────────

    def transport_changed(self, event: media.TransportStateChanged, now: Instant) -> list[Event]:
        """Tells the participant; a closed transport has the resume window to be renewed."""
        participant = self.by_endpoint.get(event.endpoint)
        if participant is None:
            return []
        if event.state is media.TransportState.CLOSED:
            participant.transport_closed_at = now
        elif event.state is media.TransportState.CONNECTED:
            participant.transport_closed_at = None
        return [TransportStateChanged(policy.only(participant.id), event.state)]

    def speaking_changed(self, event: media.SpeakingChanged, now: Instant) -> list[Event]:
        """Puts a microphone on the list of those that speak, or takes it off."""
        source = self.by_key.get(event.source)
        if source is None or source.muted or event.speaking == (source.id in self.speaking):
            return []
        source.spoke_at = now
        source.speech.note(event.speaking, now)
        if not event.speaking:
            return [*self._silence((source.id,)), *self.remap()]
        self.speaking = (*self.speaking, source.id)
        return [SpeakingChanged(self.everyone(), self.speaking), *self.remap()]

    def codec_unsupported(self, event: media.CodecUnsupported) -> list[Event]:
        """Tells the viewer that a slot stays empty, unless it shows something else by now."""
        viewer = self.by_endpoint.get(event.endpoint)
        source = self.by_key.get(event.source)
        if viewer is None or source is None or viewer.slots.get(event.mid) != source.id:
            return []
        return [SourceUnavailable(policy.only(viewer.id), event.mid, source.id)]

    def picture_held(self, event: media.PictureHeld) -> list[Event]:
        """Tells the viewer that their line does not carry a picture, or carries it again."""
        viewer = self.by_endpoint.get(event.endpoint)
        if viewer is None or event.mid not in viewer.slots:
            return []
        return [PictureHeld(policy.only(viewer.id), event.mid, event.held)]

    def layers_wanted(self, event: media.LayersWanted) -> list[Event]:
        """Tells the owner which encodings of their picture anybody watches."""
        source = self.by_key.get(event.source)
        if source is None:
            return []
        return [LayersWanted(policy.only(source.owner), source.id, event.layers)]

    def _silence(self, sources: Iterable[SourceId]) -> list[Event]:
        """Takes sources off the list of those that speak; tells everyone if that changed it."""
        gone = frozenset(sources)
        still = tuple(source for source in self.speaking if source not in gone)
        if still == self.speaking:
            return []
        self.speaking = still
        return told(SpeakingChanged(self.everyone(), still))
