"""How many people a machine carries: reckoned from measured costs, in words, as JSON, and for real."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from causerie.cli import bench
from causerie.cli.bench.forecast import GALLERY, STAGE, VIEWS, Bound, Machine, forecast, rounded
from causerie.cli.bench.words import ENGLISH, FRENCH, Words
from causerie.errors import ConfigError
from causerie.server.config import Machine as Host
from causerie.server.config import Settings, load
from causerie.server.gauge import Shape
from tests.support.server import free_port, start_server

MICROSECOND = 1e-6
COSTS = dict.fromkeys(bench.SHAPES, MICROSECOND)
ROOMY = Machine(workers=1, people_per_worker=2_000, memory_bytes=1 << 40, uplink_bits_per_s=None)


def settings(folder: Path, *, json: bool = False, port: int | None = None) -> Settings:
    flags = {"port": str(port or free_port()), "workers": "2", "json": json or None}
    return load(flags, {}, folder, Host(folder, "Linux", 4))


def constant(shape: Shape, workers: int, seconds: float) -> float:
    return MICROSECOND


def test_people_are_the_usable_time_divided_by_what_one_takes() -> None:
    stage = forecast(STAGE, COSTS, ROOMY)
    # 180 packets of pictures and 50 of sound, each a microsecond and what else a server does.
    assert stage.people == rounded(0.6 / (STAGE.work * 230e-6))
    assert stage.bound is Bound.PROCESSOR
    assert forecast(GALLERY, COSTS, ROOMY).people < stage.people


def test_twice_the_workers_carry_twice_the_people() -> None:
    one = forecast(GALLERY, COSTS, ROOMY).people
    two = forecast(GALLERY, COSTS, replace(ROOMY, workers=2)).people
    assert 1.9 <= two / one <= 2.1


@pytest.mark.parametrize(
    ("scarce", "bound"),
    [
        ({"uplink_bits_per_s": 20e6}, Bound.UPLINK),
        ({"memory_bytes": 50_000_000}, Bound.MEMORY),
        ({"people_per_worker": 20}, Bound.ENGINE),
    ],
)
def test_what_is_scarce_is_the_limit_and_is_named(scarce: dict[str, float], bound: Bound) -> None:
    for view in VIEWS:
        found = forecast(view, COSTS, replace(ROOMY, **scarce))  # type: ignore[arg-type]
        assert found.bound is bound
        assert found.people < 100
    assert forecast(STAGE, COSTS, replace(ROOMY, uplink_bits_per_s=20e6)).bits <= 16e6


def test_no_more_is_promised_than_two_figures() -> None:
    assert [rounded(people) for people in (0.4, 7.9, 42.9, 138, 1_994)] == [0, 7, 42, 130, 1_900]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (ENGLISH, ("people, watching nine faces", "the processor is the limit", "without network card")),
        (
            FRENCH,
            ("personnes qui regardent neuf visages", "la limite est le processeur", "sans carte réseau"),
        ),
    ],
)
def test_the_page_answers_names_the_limit_and_its_own_limits(
    words: Words, said: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.tell(settings(tmp_path), words, measure=constant)
    page = " ".join(capsys.readouterr().out.split())
    for sentence in (*said, "--uplink", "100"):
        assert sentence in page


def test_programs_get_the_same_as_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.tell(settings(tmp_path, json=True), ENGLISH, uplink_mbit=100, measure=constant)
    told = json.loads(capsys.readouterr().out)
    assert [view["view"] for view in told["views"]] == ["stage", "gallery"]
    assert all(view["people"] > 0 and view["bound"] == "uplink" for view in told["views"])
    assert (told["uplinkMbit"], told["peoplePerMeeting"], told["workers"], told["over"]) == (
        100,
        100,
        2,
        "loopback",
    )
    assert {one["nanoseconds"] for one in told["measured"]} == {1_000}
    assert "network card" in told["caveat"]


def test_it_asks_for_no_more_than_two_minutes_of_measuring(tmp_path: Path) -> None:
    asked: list[float] = []

    def measure(shape: Shape, workers: int, seconds: float) -> float:
        asked.append(seconds)
        return MICROSECOND

    assert bench.tell(settings(tmp_path), ENGLISH, measure=measure)
    assert 5 <= sum(asked) <= 60


def test_one_disturbed_round_does_not_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calls = iter(range(1_000))

    def measure(shape: Shape, workers: int, seconds: float) -> float:
        return 1.0 if next(calls) < len(bench.SHAPES) else MICROSECOND

    assert bench.tell(settings(tmp_path, json=True), ENGLISH, measure=measure)
    assert {one["nanoseconds"] for one in json.loads(capsys.readouterr().out)["measured"]} == {1_000}


@pytest.mark.parametrize("uplink", [0.0, -3.0, float("nan"), float("inf")])
def test_a_line_that_carries_nothing_is_refused(uplink: float, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--uplink"):
        bench.tell(settings(tmp_path), ENGLISH, uplink_mbit=uplink, measure=constant)


async def test_beside_a_server_of_ours_nothing_is_measured_and_it_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def never(shape: Shape, workers: int, seconds: float) -> float:
        raise AssertionError("measured beside a server")

    server = await start_server(tmp_path)
    try:
        beside = settings(tmp_path, port=server.port)
        assert not await asyncio.to_thread(bench.tell, beside, FRENCH, measure=never)
    finally:
        await server.stop()
    assert "Un Causerie tourne ici" in capsys.readouterr().err


def test_a_short_real_run_measures_and_forecasts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.tell(settings(tmp_path, json=True), ENGLISH, round_s=0.03)
    told = json.loads(capsys.readouterr().out)
    assert all(50 <= one["nanoseconds"] <= 100_000 for one in told["measured"])
    assert all(view["people"] >= 1 for view in told["views"])


def test_ctrl_c_ends_it_at_once_and_quietly() -> None:
    # Whoever runs tests in the background has this signal ignored, and all that they start with them.
    hearing = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from causerie.cli.main import main; main()"
    )
    command = [sys.executable, "-c", hearing, "bench", "--lang", "en", "--port", str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline().startswith("How many people")
        begun = time.monotonic()
        program.send_signal(signal.SIGINT)
        _, complaint = program.communicate(timeout=10)
    assert (program.returncode, complaint) == (130, "")
    assert time.monotonic() - begun < 5
