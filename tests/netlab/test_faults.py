"""Faults of the network and what they may cost: `make test-netlab`, or one of them with `-k f_06`.

Alice sits at client 0 and Chloé at 2, who fill the rate that they are allowed, Bob at 1; all are 20 ms from
the router. Every test measures, keeps the figures in bench/results and then judges: nobody may ever lose the
call, and every target has to be met.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from tests.browser.people import BrowserName, Person
from tests.netlab.camera import write_film
from tests.netlab.conftest import NewNeighbour
from tests.netlab.figures import Report
from tests.netlab.lab import URL, Lab
from tests.netlab.network import Network
from tests.netlab.shaper import Blackouts, Bursts, Conditions
from tests.netlab.watch import Watched, watch

pytestmark = [pytest.mark.netlab, pytest.mark.asyncio(loop_scope="module")]

ALICE, BOB, CHLOE = 0, 1, 2
NEAR = Conditions(delay_s=0.02)
# The browsers' estimates climb for so long after joining, on a link that is free.
WARM_UP_S = 8
SETTLE_S = 2
MEASURE_S = 8
IN_BOTH_BROWSERS = pytest.mark.parametrize("browser", ["chromium", "firefox"])


@dataclass
class Call:
    """A meeting that runs, and where its figures go."""

    network: Network
    alice: Person
    bob: Person
    report: Report
    lab: Lab

    async def bob_watches(self, seconds: float, *others: Person) -> list[Watched]:
        """Samples Bob's connection and those of others, and makes sure that nobody loses theirs."""
        seen = await watch(seconds, self.bob, *others)
        assert not any(one.reconnected() for one in seen), "somebody had to connect anew"
        return seen

    def finish(self) -> None:
        """Keeps the figures, then judges them; on a busy machine browsers freeze through no network."""
        self.report.add("load of the machine, per core", os.getloadavg()[0] / (os.cpu_count() or 1), "")
        self.report.save()
        assert not self.report.misses(), "\n".join(self.report.misses())


@pytest.fixture(scope="module")
def film(lab: Lab) -> None:
    """Gives Alice and Chloé a camera that shows something worth its bits."""
    lab.film = lab.folder / "film.y4m"
    write_film(lab.film)


NewCall = Callable[..., Awaitable[Call]]


@pytest_asyncio.fixture(loop_scope="module")
async def call(lab: Lab, neighbour: NewNeighbour, film: None) -> AsyncIterator[NewCall]:
    """Starts a meeting of Alice and Bob: `await call("f-01", "firefox")` gives Bob a Firefox."""

    async def start(fault: str, browser: BrowserName = "chromium") -> Call:
        lab.network.calm(NEAR)
        alice, bob = await neighbour("Alice", ALICE, "chromium"), await neighbour("Bob", BOB, browser)
        link = await alice.start_meeting(URL)
        await alice.enter()
        await bob.enter(link)
        for someone in (alice, bob):
            await someone.sees_moving_pictures(timeout_s=30)
        await asyncio.sleep(WARM_UP_S)
        name = f"fault-{fault}-{browser}"
        return Call(lab.network, alice, bob, Report(name, f"make test-netlab ARGS='-k {_key(fault)}'"), lab)

    yield start


def _key(fault: str) -> str:
    return fault.replace("-", "_")


LOSSES = {1: (0.5, 1), 5: (1, 2), 10: (1, 3), 20: (2, 8), 30: (4, 15)}


@IN_BOTH_BROWSERS
async def test_f_01_random_loss_each_way(call: NewCall, browser: BrowserName) -> None:
    meeting = await call("f-01", browser)
    for percent, (concealed, frozen) in LOSSES.items():
        meeting.network.shape(BOB, replace(NEAR, loss=percent / 100))
        await asyncio.sleep(SETTLE_S)
        bob, alice = await meeting.bob_watches(MEASURE_S, meeting.alice)
        for who, seen in (("down", bob), ("up", alice)):
            what = f"{percent} % loss, {who}"
            meeting.report.add(f"{what}: sound concealed", seen.concealed_percent(), "%", concealed)
            meeting.report.add(f"{what}: picture frozen", seen.frozen_percent(), "%", frozen)
            meeting.report.add(f"{what}: longest gap of pictures", 1000 * seen.gap_s("frames"), "ms")
            meeting.report.add(f"{what}: rate of pictures", seen.kbit(), "kbit/s")
    meeting.finish()


BURSTS = {
    "10 % in bursts of 3": Conditions(delay_s=0.02, bursts=Bursts(0.037, 0.333)),
    "20 % in bursts of 10": Conditions(delay_s=0.02, bursts=Bursts(0.025, 0.1)),
    "30 % in bursts of 20": Conditions(delay_s=0.02, bursts=Bursts(0.0214, 0.05)),
    "300 ms of nothing every 5 s": Conditions(delay_s=0.02, blackouts=Blackouts(5, 0.3)),
}


async def test_f_02_bursts_of_loss(call: NewCall) -> None:
    meeting = await call("f-02")
    for what, conditions in BURSTS.items():
        [calm] = await meeting.bob_watches(3)
        meeting.network.shape(BOB, conditions, "down")
        [bad] = await meeting.bob_watches(MEASURE_S)
        meeting.network.shape(BOB, NEAR, "down")
        [after] = await meeting.bob_watches(6)
        meeting.report.add(f"{what}: sound concealed", bad.concealed_percent(), "%")
        meeting.report.add(f"{what}: picture frozen", bad.frozen_percent(), "%")
        meeting.report.add(f"{what}: longest gap of pictures", 1000 * bad.gap_s("frames"), "ms")
        back = after.reaches_kbit_after_s(0.8 * calm.kbit())
        meeting.report.add(f"{what}: back to 80 % of the rate", back, "s", 5)
    meeting.finish()


async def test_f_03_reordering(call: NewCall) -> None:
    meeting = await call("f-03")
    for percent, hold_s in ((5, 0.03), (20, 0.06)):
        held = replace(NEAR, reorder=percent / 100, hold_s=hold_s)
        meeting.network.shape(ALICE, held, "up")
        meeting.network.shape(BOB, held, "down")
        await asyncio.sleep(SETTLE_S)
        bob, alice = await meeting.bob_watches(MEASURE_S, meeting.alice)
        what = f"{percent} % reordered by {1000 * hold_s:g} ms"
        resent = 100 * alice.gain("resent") / max(1, alice.gain("sent"))
        reported = 100 * max(0.0, alice.gain("sentLost")) / max(1, alice.gain("sent"))
        meeting.report.add(f"{what}: sent again by Alice", resent, "%", 2)
        meeting.report.add(f"{what}: sent again to Bob", bob.repaired_percent(), "%", 2)
        meeting.report.add(f"{what}: loss reported to Alice", reported, "%", 0.1)
        meeting.report.add(f"{what}: loss that Bob reports", bob.lost_percent(), "%", 0.1)
        meeting.report.add(f"{what}: picture frozen", bob.frozen_percent(), "%")
    meeting.finish()


async def test_f_04_duplication(call: NewCall) -> None:
    meeting = await call("f-04")
    before = meeting.network.counts(BOB, "down")
    meeting.network.shape(ALICE, replace(NEAR, duplicate=0.05), "up")
    [bob] = await meeting.bob_watches(MEASURE_S)
    after = meeting.network.counts(BOB, "down")
    assert meeting.network.counts(ALICE, "up")["duplicated"] > 20
    assert after["media"] > before["media"]
    meeting.report.add("5 %: forwarded twice", after["repeated"] - before["repeated"], "packets", 0)
    meeting.report.add("5 %: sound concealed", bob.concealed_percent(), "%")
    meeting.report.add("5 %: picture frozen", bob.frozen_percent(), "%")
    meeting.finish()


async def test_f_05_jitter(call: NewCall) -> None:
    meeting = await call("f-05")
    for spread_ms in (50, 100, 200):
        half = spread_ms / 2000
        meeting.network.shape(BOB, Conditions(delay_s=0.02 + half, jitter_s=half), "down")
        await asyncio.sleep(SETTLE_S)
        [bob] = await meeting.bob_watches(MEASURE_S)
        what = f"spread over {spread_ms} ms"
        meeting.report.add(f"{what}: picture frozen", bob.frozen_percent(), "%", 2)
        meeting.report.add(f"{what}: sound held back", bob.sound_delay_ms(), "ms", 0.95 * spread_ms + 80)
        meeting.report.add(f"{what}: sound concealed", bob.concealed_percent(), "%")
        meeting.report.add(f"{what}: rate of pictures", bob.kbit(), "kbit/s")
    meeting.finish()


@IN_BOTH_BROWSERS
async def test_f_06_a_downlink_that_is_narrow_for_30_s(call: NewCall, browser: BrowserName) -> None:
    meeting = await call("f-06", browser)
    meeting.network.limit(BOB, "down", 2_000)
    await asyncio.sleep(SETTLE_S)
    [wide] = await meeting.bob_watches(5)
    meeting.network.limit(BOB, "down", 300)
    [narrow] = await meeting.bob_watches(30)
    meeting.network.limit(BOB, "down", 2_000)
    [after] = await meeting.bob_watches(20)
    report = meeting.report
    report.add("2 Mbit/s: rate of pictures", wide.kbit(), "kbit/s")
    report.add("300 kbit/s: smaller picture after", narrow.becomes_smaller_after_s(), "s", 2)
    report.add("300 kbit/s: sound concealed", narrow.concealed_percent(), "%", 1)
    report.add("300 kbit/s: picture frozen", narrow.frozen_percent(), "%")
    report.add("300 kbit/s: rate of pictures", narrow.kbit(), "kbit/s")
    back = after.reaches_kbit_after_s(0.9 * wide.kbit())
    report.add("2 Mbit/s again: 90 % of the rate after", back, "s", 15)
    report.add("2 Mbit/s again: rate of pictures", after.kbit(), "kbit/s")
    meeting.finish()


async def with_chloe(meeting: Call, neighbour: NewNeighbour) -> Person:
    """Lets Chloé in as a third, and the browsers get used to it."""
    chloe = await neighbour("Chloé", CHLOE, "chromium")
    await chloe.enter(meeting.alice.page.url)
    await chloe.sees_people(2, timeout_s=30)
    await asyncio.sleep(WARM_UP_S)
    return chloe


def change_percent(before: float, now: float) -> float:
    return abs(100 * (now - before) / max(1.0, before))


async def test_f_07_an_uplink_that_becomes_narrow(call: NewCall, neighbour: NewNeighbour) -> None:
    meeting = await call("f-07")
    chloe = await with_chloe(meeting, neighbour)
    bob, her = await meeting.bob_watches(MEASURE_S, chloe)
    meeting.network.limit(ALICE, "up", 150)
    await asyncio.sleep(6)
    bob_later, her_later = await meeting.bob_watches(MEASURE_S, chloe)
    unaffected = min(
        _mids(bob, bob_later), key=lambda mid: change_percent(bob.kbit(mid), bob_later.kbit(mid))
    )
    change = change_percent(bob.kbit(unaffected), bob_later.kbit(unaffected))
    meeting.report.add("Chloé's picture at Bob's: change of rate", change, "%", 5)
    meeting.report.add("Alice's picture at Bob's: rate of all", bob_later.kbit(), "kbit/s")
    meeting.report.add("sound concealed at Chloé's", her_later.concealed_percent(), "%")
    meeting.report.add("sound concealed at Chloé's, before", her.concealed_percent(), "%")
    meeting.finish()


def _mids(*seen: Watched) -> list[str]:
    """The streams that showed something in all of them."""
    return [mid for mid in seen[0].samples[-1]["byMid"] if all(one.kbit(mid) > 1 for one in seen)]


async def test_f_34_one_who_receives_slowly(call: NewCall, neighbour: NewNeighbour) -> None:
    meeting = await call("f-34")
    chloe = await with_chloe(meeting, neighbour)
    _, alice, her = await meeting.bob_watches(MEASURE_S, meeting.alice, chloe)
    before = _resident_mb(meeting.lab)
    meeting.network.limit(BOB, "down", 50)
    await asyncio.sleep(SETTLE_S)
    _, alice_later, her_later = await meeting.bob_watches(15, meeting.alice, chloe)
    meeting.report.add("memory of the server: growth", _resident_mb(meeting.lab) - before, "MB", 2 * 1.048576)
    for who, seen, later in (("Alice", alice, alice_later), ("Chloé", her, her_later)):
        # Bob's own picture comes over his uplink, which nobody narrowed.
        meeting.report.add(
            f"{who}: change of rate received", change_percent(seen.kbit(), later.kbit()), "%", 5
        )
        meeting.report.add(f"{who}: sound concealed", later.concealed_percent(), "%")
        meeting.report.add(f"{who}: picture frozen", later.frozen_percent(), "%")
    meeting.network.limit(BOB, "down", None)
    await meeting.bob.hears_sound(timeout_s=10)
    meeting.finish()


def _resident_mb(lab: Lab) -> float:
    pages = int(Path(f"/proc/{lab.server.pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
