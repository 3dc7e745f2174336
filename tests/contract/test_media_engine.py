"""What every media engine promises (`ports.media.MediaEngine`), asked of the fake and the real one alike."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncIterator

import pytest

from causerie.media.fake import FakeEngine
from causerie.ports.media import (
    CodecParameters,
    ConferenceKey,
    EndpointId,
    EndpointParameters,
    EngineUnavailable,
    IceCredentials,
    MediaEngine,
    MediaEvent,
    MediaKind,
    ReceiveSection,
    Slot,
    SourceKey,
)

HERE = ConferenceKey(1)
ALICE, BOB, NOBODY = EndpointId(11), EndpointId(12), EndpointId(99)
CAMERA, GONE = SourceKey(21), SourceKey(98)


class Silence:
    """A listener that expects nothing."""

    def on_media_event(self, event: MediaEvent) -> None:
        raise AssertionError(event)


@pytest.fixture(params=["fake", "rust"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[MediaEngine]:
    made = FakeEngine() if request.param == "fake" else rust_engine()
    yield made
    made.close()


async def test_fingerprint_is_a_sha_256_digest(engine: MediaEngine) -> None:
    assert len(engine.fingerprint) == 32


async def test_conference_has_candidates_best_first(engine: MediaEngine) -> None:
    candidates = engine.candidates(engine.place(HERE))

    assert candidates
    assert all(0 < candidate.port < 65_536 and candidate.address for candidate in candidates)
    priorities = [candidate.priority for candidate in candidates]
    assert priorities == sorted(priorities, reverse=True)


async def test_added_endpoint_has_statistics_until_it_is_removed(engine: MediaEngine) -> None:
    engine.add_endpoint(parameters(ALICE))
    assert isinstance(await engine.statistics(ALICE), dict)

    engine.remove_endpoint(ALICE)
    assert await engine.statistics(ALICE) is None


async def test_adding_an_endpoint_again_changes_nothing(engine: MediaEngine) -> None:
    engine.add_endpoint(parameters(ALICE))
    engine.add_endpoint(parameters(ALICE))
    engine.remove_endpoint(ALICE)

    assert await engine.statistics(ALICE) is None


async def test_commands_naming_what_is_gone_change_nothing(engine: MediaEngine) -> None:
    engine.listen(HERE, Silence())
    engine.add_endpoint(parameters(ALICE))

    engine.update_endpoint(parameters(NOBODY))
    engine.remove_endpoint(NOBODY)
    engine.publish(NOBODY, CAMERA, "1")
    engine.unpublish(GONE)
    engine.set_source_enabled(GONE, False)
    engine.map_slot(NOBODY, "v0", None)
    engine.map_slot(ALICE, "v0", GONE)
    engine.map_slot(ALICE, "no such slot", None)

    assert await engine.statistics(NOBODY) is None
    assert await engine.statistics(ALICE) is not None


async def test_sources_are_published_muted_shown_and_taken_back(engine: MediaEngine) -> None:
    engine.listen(HERE, Silence())
    engine.add_endpoint(parameters(ALICE))
    engine.add_endpoint(parameters(BOB))

    engine.publish(ALICE, CAMERA, "1")
    engine.set_source_enabled(CAMERA, False)
    engine.map_slot(BOB, "v0", CAMERA)
    engine.set_source_enabled(CAMERA, True)
    engine.map_slot(BOB, "v0", None)
    engine.unpublish(CAMERA)
    engine.unpublish(CAMERA)
    engine.publish(ALICE, CAMERA, "1")

    assert await engine.statistics(BOB) is not None


async def test_removing_a_publisher_leaves_its_viewers(engine: MediaEngine) -> None:
    engine.add_endpoint(parameters(ALICE))
    engine.add_endpoint(parameters(BOB))
    engine.publish(ALICE, CAMERA, "1")
    engine.map_slot(BOB, "v0", CAMERA)

    engine.remove_endpoint(ALICE)

    assert await engine.statistics(ALICE) is None
    assert await engine.statistics(BOB) is not None


async def test_second_description_is_taken(engine: MediaEngine) -> None:
    engine.add_endpoint(parameters(ALICE))
    engine.update_endpoint(parameters(ALICE, video_slots=3, ufrag="restarted"))
    engine.map_slot(ALICE, "v2", None)

    assert await engine.statistics(ALICE) is not None


async def test_load_starts_at_nothing_and_never_shows_faults_in_health(engine: MediaEngine) -> None:
    load = engine.load()

    assert (load.endpoints, load.packets_received, load.faults) == (0, 0, 0)


async def test_listening_may_end_and_begin_again(engine: MediaEngine) -> None:
    engine.listen(HERE, None)
    engine.listen(HERE, Silence())
    engine.listen(HERE, None)


async def test_closed_engine_takes_nothing_and_closes_again(engine: MediaEngine) -> None:
    engine.add_endpoint(parameters(ALICE))
    engine.close()
    engine.close()

    with pytest.raises(EngineUnavailable):
        engine.add_endpoint(parameters(BOB))


def rust_engine() -> MediaEngine:
    """Returns the real engine on ports that the system chooses."""
    if importlib.util.find_spec("causerie._core") is None:
        why = "the Rust engine is not built: run `make setup`"
        if os.environ.get("CAUSERIE_REQUIRE_CORE") == "1":
            pytest.fail(why)
        pytest.skip(why)
    from causerie.media.engine import RustEngine

    return RustEngine(workers=1, port=0, addresses=("127.0.0.1",))


def parameters(endpoint: EndpointId, *, video_slots: int = 1, ufrag: str = "server00") -> EndpointParameters:
    """Returns what a browser's offer with a microphone, a camera and so many video slots becomes."""
    return EndpointParameters(
        endpoint=endpoint,
        conference=HERE,
        local_ice=IceCredentials(f"{ufrag}{endpoint}", "server-password-of-24-ch"),
        remote_ice=IceCredentials("client00", "client-password-of-24-ch"),
        remote_fingerprints=(bytes(32),),
        codecs=(
            CodecParameters("opus", 0, 111, None, 48_000, nack=False, pli=False, red_payload_type=63),
            CodecParameters("VP8", 0, 96, 97, 90_000, nack=True, pli=True),
        ),
        extensions=(),
        transport_cc=False,
        receive=(
            ReceiveSection("0", MediaKind.AUDIO, ((endpoint * 100 + 1, None),), ()),
            ReceiveSection("1", MediaKind.VIDEO, ((endpoint * 100 + 2, endpoint * 100 + 3),), ()),
        ),
        slots=(
            Slot("a0", MediaKind.AUDIO, endpoint * 1000, None),
            *(
                Slot(f"v{i}", MediaKind.VIDEO, endpoint * 1000 + 10 * i + 1, endpoint * 1000 + 10 * i + 2)
                for i in range(video_slots)
            ),
        ),
        cname="cname-of-endpoint",
    )
