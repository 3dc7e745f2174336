"""Figures of the calls that go on, for whoever has to explain a bad one."""

from __future__ import annotations

from dataclasses import replace

from causerie.media.fake import FakeEngine
from causerie.ports.media import ConferenceKey, EndpointId
from causerie.server.calls import figures
from tests.conference.scene import made_parameters


async def test_everyone_of_one_conference_is_told_by_number() -> None:
    engine = FakeEngine()
    for endpoint, conference in ((1, 7), (2, 7), (3, 8)):
        parameters = made_parameters(EndpointId(endpoint), 1, 1)
        engine.add_endpoint(replace(parameters, conference=ConferenceKey(conference)))

    all_calls = await figures(engine, None)
    assert all_calls == {"conferences": [{"conference": 7, "people": 2}, {"conference": 8, "people": 1}]}
    one = await figures(engine, 7)
    assert one is not None
    assert [person["person"] for person in one["people"]] == [1, 2]  # type: ignore[attr-defined]


async def test_a_conference_that_is_not_there_has_none() -> None:
    assert await figures(FakeEngine(), 9) is None
