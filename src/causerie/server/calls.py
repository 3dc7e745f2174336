"""Figures of the calls that go on now, so that a bad one can be explained. Knows no name and keeps nothing.

Conferences and people are numbers that mean nothing outside this process and end with it.
"""

from __future__ import annotations

from collections.abc import Mapping

from causerie.ports.media import ConferenceKey, EngineUnavailable, MediaEngine


async def figures(engine: MediaEngine, conference: int | None) -> Mapping[str, object] | None:
    """Returns how many people each conference has, or what is sent to and by everyone in one of them.

    Members of each person are those of W3C webrtc-stats; beside them `availableOutgoingBitrate` is what their
    line is believed to take, `allocatedBitrate` and `desiredBitrate` what their pictures take and would take
    at their best, and per slot `layer`, `allowedLayer` and `maxHeight` what is shown, allowed and of use.
    None when there is no such conference.
    """
    attendance = engine.attendance()
    if conference is None:
        return {"conferences": [{"conference": key, "people": len(who)} for key, who in attendance.items()]}
    who = attendance.get(ConferenceKey(conference))
    if who is None:
        return None
    people: list[Mapping[str, object]] = []
    for endpoint in who:
        try:
            found = await engine.statistics(endpoint)
        except EngineUnavailable:
            found = None
        if found is not None:
            people.append({"person": endpoint, **found})
    return {"conference": conference, "people": people}
