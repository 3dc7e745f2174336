"""One speaks, the other reports that nothing comes: doubt, repair, then both are told."""

from __future__ import annotations

from causerie.conference.commands import Quality, Report
from causerie.conference.ids import Instant
from causerie.conference.watchdog import Speech
from tests.conference.scene import Action, Scene, falls_silent, mutes, scene, speaks, wishes

REPAIR = ("MapSlotWanted bob a0 nothing", "MapSlotWanted bob a0 alice.microphone")


def reports(who: str, *hearing: str) -> Action:
    return wishes(who, Report, quality=Quality.GOOD, hearing=hearing)


def alice_speaks() -> Scene:
    meeting = scene("alice", "bob").does(speaks("alice"))
    meeting.after(5)
    return meeting


def next_report(meeting: Scene, *hearing: str) -> Scene:
    meeting.does(reports("bob", *hearing))
    meeting.now = Instant(meeting.now + 5)
    return meeting


def test_a_voice_missing_in_two_reports_has_its_slot_mapped_anew() -> None:
    meeting = next_report(alice_speaks())
    meeting.expects("bob: Done")

    next_report(meeting).asks_engine(*REPAIR)


def test_both_are_told_once_when_the_repair_did_not_help() -> None:
    meeting = next_report(next_report(alice_speaks()))

    next_report(meeting).expects(
        "bob: Done", "alice: SilenceSuspected alice bob False", "bob: SilenceSuspected alice bob False"
    )
    next_report(meeting).expects("bob: Done")


def test_both_are_told_when_the_repair_helped() -> None:
    meeting = next_report(next_report(alice_speaks()))

    next_report(meeting, "alice.microphone").expects(
        "bob: Done", "alice: SilenceSuspected alice bob True", "bob: SilenceSuspected alice bob True"
    )
    next_report(meeting, "alice.microphone").expects("bob: Done")


def test_a_voice_that_was_heard_in_between_is_doubted_anew() -> None:
    meeting = next_report(next_report(alice_speaks()), "alice.microphone")

    next_report(meeting).expects("bob: Done")


def test_who_said_too_little_is_not_missed() -> None:
    meeting = scene("alice", "bob").does(speaks("alice"))
    meeting.after(2)
    meeting.does(falls_silent("alice"))

    next_report(meeting).expects("bob: Done")
    next_report(meeting).expects("bob: Done")


def test_who_is_muted_is_not_missed() -> None:
    meeting = alice_speaks().does(mutes("alice", "microphone"))

    next_report(meeting).expects("bob: Done")
    next_report(meeting).expects("bob: Done")


def test_reports_in_quick_succession_count_as_one() -> None:
    meeting = alice_speaks().does(reports("bob"), reports("bob"), reports("bob"))

    meeting.expects("bob: Done")


def test_speech_is_measured_within_the_last_ten_seconds() -> None:
    speech = Speech()
    for at, speaking in ((0, True), (4, False), (10, True)):
        speech.note(speaking, Instant(at))

    assert speech.lasted(Instant(12)) == 2 + 2
    assert speech.lasted(Instant(30)) == 10
