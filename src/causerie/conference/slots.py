"""Which source each slot of a participant shows. Pure functions of who publishes, who speaks, who wants what.

Chosen first, placed second. Chosen are the best-ranked sources, as many as there are slots of the kind;
placed so that what stays keeps its slot, and what is new goes beside its owner's other half where it can.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from causerie.conference.commands import SourceKind, Wanted
from causerie.conference.ids import ParticipantId, SourceId
from causerie.conference.state import Participant, Source
from causerie.ports.media import MediaKind, View


@dataclass(frozen=True, slots=True)
class Ranking:
    """All sources of a conference; made once for all its viewers."""

    best_first: Mapping[MediaKind, Sequence[Source]]
    by_id: Mapping[SourceId, Source]


def ranked(sources: Iterable[Source], speaking: Sequence[SourceId]) -> Ranking:
    """Returns all sources of a conference in the default order.

    What can be seen or heard before what is muted; screens and their sound before cameras and voices; owners
    who speak now, the last to begin first, then those who spoke last, then by arrival. So what sounds without
    a pause, such as a fan, is the first to give way when more speak than there are slots.
    """
    listed = list(sources)
    now = {source.owner for source in listed if source.id in speaking}
    last: dict[ParticipantId, float] = {}
    for source in listed:
        if source.spoke_at is not None:
            last[source.owner] = max(source.spoke_at, last.get(source.owner, source.spoke_at))

    def rank(source: Source) -> tuple[bool, bool, bool, float, int]:
        return (
            source.muted,
            source.kind not in {SourceKind.SCREEN, SourceKind.SCREEN_AUDIO},
            source.owner not in now,
            -last.get(source.owner, float("-inf")),
            source.arrival,
        )

    in_order = sorted(listed, key=rank)
    return Ranking(
        best_first={kind: [source for source in in_order if source.media is kind] for kind in MediaKind},
        by_id={source.id: source for source in in_order},
    )


def chosen(viewer: Participant, ranking: Ranking, kind: MediaKind, count: int) -> list[Source]:
    """Returns the sources of `kind` that `viewer` gets, at most `count`, best first.

    Wanted sources come first, as wanted. Who wants no others gets no other picture, but still every voice
    there is a slot for: a page of tiles silences nobody.
    """
    names = dict.fromkeys(wanted.source for wanted in viewer.wanted)
    named = (ranking.by_id.get(name) for name in names)
    wanted = [source for source in named if source and source.media is kind and source.owner != viewer.id]
    if viewer.others == 0 and kind is MediaKind.VIDEO:
        return wanted[:count]
    already = {source.id for source in wanted}
    rest = (
        source
        for source in ranking.best_first[kind]
        if source.owner != viewer.id and source.id not in already
    )
    return list(islice(chain(wanted, rest), count))


def mapping(viewer: Participant, ranking: Ranking) -> dict[str, SourceId | None]:
    """Returns what each slot of `viewer` shows from now on, by mid in the order negotiated."""
    placed: dict[MediaKind, list[Source | None]] = {}
    fresh: list[Source] = []
    for kind in (MediaKind.VIDEO, MediaKind.AUDIO):
        mids = viewer.slot_mids(kind)
        picked = chosen(viewer, ranking, kind, len(mids))
        placed[kind] = kept(viewer.slots, mids, picked, ranking.by_id)
        held = {source.id for source in placed[kind] if source is not None}
        fresh += [source for source in picked if source.id not in held]
    for source in fresh:
        row = placed[source.media]
        row[best_slot(source, row, placed[other(source.media)])] = source
    shown = {
        mid: source.id if source else None
        for kind, row in placed.items()
        for mid, source in zip(viewer.slot_mids(kind), row, strict=True)
    }
    return {mid: shown[mid] for mid in viewer.slots}


def views(viewer: Participant, shown: Mapping[str, SourceId | None], ranking: Ranking) -> dict[str, View]:
    """Returns how the pictures that slots show are looked at, by mid.

    What was not named ranks below all that was, screens first; among equals the engine goes by slot.
    """
    named = {wanted.source: (rank, wanted) for rank, wanted in enumerate(viewer.wanted)}
    looked: dict[str, View] = {}
    for mid, id in shown.items():
        source = ranking.by_id[id] if id is not None else None
        if source is None or source.media is not MediaKind.VIDEO:
            continue
        screen = source.kind is SourceKind.SCREEN
        unnamed = (len(named) + (not screen), Wanted(source.id, max_height=viewer.others))
        rank, wanted = named.get(source.id, unnamed)
        looked[mid] = View(rank, wanted.max_height, wanted.max_frames_per_second, screen)
    return looked


def kept(
    before: Mapping[str, SourceId | None],
    mids: Sequence[str],
    picked: Sequence[Source],
    sources: Mapping[SourceId, Source],
) -> list[Source | None]:
    """Returns a row of slots in which chosen sources stay where they are and the rest is free."""
    names = {source.id for source in picked}
    showing = (before.get(mid) for mid in mids)
    return [sources[name] if name is not None and name in names else None for name in showing]


def best_slot(source: Source, row: Sequence[Source | None], opposite: Sequence[Source | None]) -> int:
    """Returns the free slot of `row` for `source`: beside its other half, else in a free pair, else any.

    At least one slot must be free.
    """
    free = [index for index, taken in enumerate(row) if taken is None]

    def distance(index: int) -> tuple[int, int]:
        beside = opposite[index] if index < len(opposite) else None
        if beside is None:
            return (1 if index < len(opposite) else 2), index
        return (0 if beside.bundle == source.bundle else 3), index

    return min(free, key=distance)


def other(kind: MediaKind) -> MediaKind:
    """Returns the kind of the slot that makes the pair."""
    return MediaKind.AUDIO if kind is MediaKind.VIDEO else MediaKind.VIDEO
