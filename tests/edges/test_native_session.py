"""One signalling session: numbering, keeping, resuming, ending. And the gate before it. Without sockets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from causerie.conference import events
from causerie.conference.events import Code, EndReason
from causerie.conference.ids import ParticipantId, Ref, RoomName, SessionId
from causerie.edges.native import identity, translation
from causerie.edges.native.gate import Gate, Refusal
from causerie.edges.native.limits import EdgeLimits, Rate
from causerie.edges.native.session import Description, Output, Send, Session, SessionState, split_token, token
from causerie.ports.media import EndpointId, TransportState
from causerie.protocol import messages
from causerie.protocol.codec import encode
from tests.conference.scene import made_parameters

ALICE = ParticipantId("alice")
TO = (ALICE,)
SECRET = "secret-0123456789"
DESCRIPTION = Description(made_parameters(EndpointId(1), 1, 1), "v=0 answer")


def session(*, events_kept: int = 5, joined: bool = True) -> Session:
    made = Session(
        id=SessionId("sid"),
        participant=ALICE,
        room=RoomName("lundi"),
        join=1,
        description=DESCRIPTION,
        secret=SECRET,
        events_kept=events_kept,
        resume_window_s=60.0,
    )
    if joined:
        made.told(events.Joined(TO, Ref(1), (), (), (), ()))
    return made


def said(outputs: list[Output] | None) -> list[Any]:
    """Returns outputs as JSON values and close codes."""
    assert outputs is not None
    return [json.loads(output.data) if isinstance(output, Send) else output.code for output in outputs]


def left(who: str) -> events.ParticipantLeft:
    return events.ParticipantLeft(TO, ParticipantId(who))


def resume(last_event: int) -> messages.Resume:
    return messages.Resume(9, 1, token(SessionId("sid"), SECRET), last_event)


# ── Facts ────────────────────────────────────────────────────────────────────────────────────


def test_joined_carries_the_token_and_the_answer() -> None:
    [welcome] = said(session(joined=False).told(events.Joined(TO, Ref(1), (), (), (), ())))

    assert welcome["token"] == f"sid.{SECRET}"
    assert welcome["answer"] == "v=0 answer"
    assert welcome["room"] == "lundi"


def test_events_are_numbered_from_one_and_answers_are_not() -> None:
    it = session()

    assert said(it.told(left("bob")))[0]["n"] == 1
    assert said(it.told(events.Done(TO, Ref(4)))) == [{"type": "ok", "ref": 4}]
    assert said(it.told(left("carol")))[0]["n"] == 2


def test_rejected_join_ends_the_session() -> None:
    it = session(joined=False)

    assert said(it.told(events.Rejected(TO, Ref(1), Code.ROOM_FULL))) == [
        {"type": "error", "code": "room-full", "ref": 1}
    ]
    assert it.state is SessionState.ENDED
    assert it.told(left("bob")) == []


def test_rejected_wish_does_not() -> None:
    it = session()
    it.told(events.Rejected(TO, Ref(3), Code.SOURCE_UNKNOWN))

    assert it.state is SessionState.OPEN


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (EndReason.LEFT, [1000]),
        (EndReason.SESSION_EXPIRED, [4004]),
        (EndReason.TRANSPORT_CLOSED, [4004]),
        (EndReason.MEDIA_UNAVAILABLE, [{"type": "error", "code": "media-unavailable"}, 4004]),
        (EndReason.FAULT, [{"type": "error", "code": "media-unavailable"}, 4004]),
    ],
)
def test_end_closes_the_socket_with_its_code(reason: EndReason, expected: list[object]) -> None:
    it = session()

    assert said(it.told(events.SessionEnded(TO, reason))) == expected
    assert it.told(left("bob")) == []
    assert it.resume(resume(0), secret=SECRET, fresh_secret="fresh") is None


def test_stopping_server_says_so_and_closes() -> None:
    assert said(session().told(events.ServerStopping(TO))) == [{"type": "server-stopping", "n": 1}, 1001]


def test_renegotiated_brings_the_answer_made_for_that_question() -> None:
    it = session()
    first = Description(made_parameters(EndpointId(1), 1, 2), "first")
    second = Description(made_parameters(EndpointId(1), 1, 3), "second")
    it.propose(7, first)
    it.propose(8, second)
    it.told(events.Rejected(TO, Ref(7), Code.RATE_LIMITED))

    assert said(it.told(events.Renegotiated(TO, Ref(8))))[0]["answer"] == "second"
    assert it.description == second


# ── Resuming ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("last_event", "replayed"), [(3, []), (2, [3]), (0, [1, 2, 3])])
def test_resumed_session_hears_exactly_what_it_missed(last_event: int, replayed: list[int]) -> None:
    it = session()
    for who in ("bob", "carol", "dave"):
        it.told(left(who))

    answer, *missed = said(it.resume(resume(last_event), secret=SECRET, fresh_secret="fresh"))

    assert answer == {"type": "resumed", "ref": 9, "token": "sid.fresh"}
    assert [event["n"] for event in missed] == replayed


def test_session_that_missed_more_than_is_kept_is_unknown() -> None:
    it = session(events_kept=2)
    for who in ("bob", "carol", "dave"):
        it.told(left(who))

    assert it.resume(resume(0), secret=SECRET, fresh_secret="fresh") is None
    assert it.resume(resume(1), secret=SECRET, fresh_secret="fresh") is not None


def test_number_of_an_event_that_never_was_is_refused() -> None:
    assert session().resume(resume(1), secret=SECRET, fresh_secret="fresh") is None


@pytest.mark.parametrize(
    "secret", ["", "secret-0123456780", SECRET + "x", "é", "\ud800".encode("utf-8", "replace").decode()]
)
def test_wrong_secret_opens_nothing_and_changes_nothing(secret: str) -> None:
    it = session()

    assert it.resume(resume(0), secret=secret, fresh_secret="stolen") is None
    assert it.resume(resume(0), secret="stolen", fresh_secret="x") is None
    assert it.resume(resume(0), secret=SECRET, fresh_secret="fresh") is not None


def test_old_token_works_until_the_client_shows_that_it_has_the_new_one() -> None:
    it = session()
    assert it.resume(resume(0), secret=SECRET, fresh_secret="second") is not None
    assert (
        it.resume(resume(0), secret=SECRET, fresh_secret="third") is not None
    )  # `resumed` was lost on the way

    it.heard()

    assert it.resume(resume(0), secret=SECRET, fresh_secret="x") is None
    assert it.resume(resume(0), secret="second", fresh_secret="x") is None
    assert it.resume(resume(0), secret="third", fresh_secret="fourth") is not None


def test_session_not_yet_joined_cannot_be_resumed() -> None:
    assert session(joined=False).resume(resume(0), secret=SECRET, fresh_secret="x") is None


@pytest.mark.parametrize("text", ["no-separator-at-all", ".only-secret-here", "only-id-here....", "." * 16])
def test_any_token_splits(text: str) -> None:
    id, secret = split_token(text)

    assert token(id, secret).startswith(text[: len(id)])


# ── The gate ─────────────────────────────────────────────────────────────────────────────────

JOIN = messages.Join(1, 1, "lundi", "Alice", "v=0")
LEAVE = messages.Leave(2)


def gate(**limits: Rate) -> Gate:
    return Gate(EdgeLimits(**limits), 0.0)  # type: ignore[arg-type]


def refused(outcome: object) -> tuple[str, int | None, int | None]:
    assert isinstance(outcome, Refusal)
    return outcome.error.code, outcome.error.ref, outcome.close


def test_first_message_must_be_join_or_resume() -> None:
    assert refused(gate().admit(encode(LEAVE), 0, joined=False)) == ("not-joined", 2, None)
    assert gate().admit(encode(JOIN), 0, joined=False) == JOIN


def test_second_join_is_refused() -> None:
    assert refused(gate().admit(encode(JOIN), 0, joined=True)) == ("already-joined", 1, None)


def test_other_version_is_refused_with_its_ref() -> None:
    later = messages.Join(1, 2, "lundi", "Alice", "v=0")

    assert refused(gate().admit(encode(later), 0, joined=False)) == ("version", 1, None)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (None, ("malformed", None, 4000)),
        (b"{", ("malformed", None, 4000)),
        (b'{"type":"leave","ref":"x"}', ("malformed", None, 4000)),
        (b'{"type":"set-muted","ref":3}', ("malformed", 3, 4000)),
        (b'{"type":"dance","ref":3}', ("unsupported", 3, None)),
        (b" " * 163_841, ("malformed", None, 1009)),
    ],
)
def test_what_cannot_be_read_gets_an_error_and_a_code(data: bytes | None, expected: object) -> None:
    assert refused(gate().admit(data, 0, joined=True)) == expected


def test_messages_beyond_the_rate_close_the_socket_and_time_refills() -> None:
    door = gate(messages=Rate(per_second=2, burst=3))
    for _ in range(3):
        assert door.admit(encode(LEAVE), 10.0, joined=True) == LEAVE

    assert refused(door.admit(encode(LEAVE), 10.0, joined=True)) == ("rate-limited", None, 4008)
    assert door.admit(encode(LEAVE), 10.5, joined=True) == LEAVE


def test_offers_have_a_slower_rate_of_their_own() -> None:
    door = gate(offers=Rate(per_second=1, burst=1))
    again = messages.Renegotiate(5, "v=0")
    assert door.admit(encode(again), 0, joined=True) == again

    assert refused(door.admit(encode(again), 0, joined=True)) == ("rate-limited", 5, None)
    resume = messages.Resume(6, 1, "x" * 20, 0)
    assert refused(door.admit(encode(resume), 0, joined=False)) == ("rate-limited", 6, 4008)
    assert door.admit(encode(JOIN), 0, joined=False) == JOIN, "passwords have a throttle of their own"
    assert door.admit(encode(LEAVE), 0, joined=True) == LEAVE


# ── Words and secrets ────────────────────────────────────────────────────────────────────────


def test_both_vocabularies_have_the_same_words() -> None:
    assert all(code.value == name for code, name in translation.ERROR_CODES.items())
    assert set(translation.ERROR_CODES) == set(Code)
    assert all(kind.value == name for kind, name in translation.SOURCE_KINDS.items())
    assert set(translation.TRANSPORT_STATES) == set(TransportState)


def test_secrets_are_long_enough_and_never_the_same() -> None:
    ice = [identity.new_ice() for _ in range(100)]

    assert all(len(one.ufrag) >= 8 and len(one.password) >= 24 for one in ice)
    assert set("".join(one.ufrag + one.password for one in ice)) <= set(identity.ICE_CHARACTERS)
    assert len({one.password for one in ice}) == 100
    assert len(identity.new_secret()) >= 43
    assert len(identity.new_cname()) >= 16
    assert len(identity.new_participant()) <= 32
    assert 16 <= len(token(identity.new_session(), identity.new_secret())) <= 128


def test_ssrc_is_new_and_not_zero() -> None:
    taken: set[int] = set()
    for _ in range(1000):
        taken.add(identity.new_ssrc(taken))

    assert len(taken) == 1000
    assert 0 not in taken
    assert max(taken) < 2**32
