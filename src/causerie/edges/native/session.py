"""One signalling session, which may outlive its sockets: numbers and keeps events, knows its token. Pure.

Told facts, returns what to send and when to close. Knows neither sockets nor who else is there.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from causerie.conference.commands import Role
from causerie.conference.events import (
    Answer,
    Code,
    Done,
    EndReason,
    Fact,
    Joined,
    News,
    Published,
    Rejected,
    Renegotiated,
    RoleChanged,
    ServerStopping,
    SessionEnded,
    Waiting,
)
from causerie.conference.ids import ParticipantId, RoomName, SessionId
from causerie.edges.native import translation
from causerie.ports.media import EndpointParameters
from causerie.protocol import fields, messages
from causerie.protocol.codec import encode

CLOSE_LEFT = 1000
CLOSE_STOPPING = 1001
CLOSE_TRANSPORT = 4004
CLOSE_EXCLUDED = 4005
CLOSE_ENDED = 4006
CLOSE_REFUSED = 4007
LOG_BYTES = 524_288
"""Of events kept for `resume`: half of what may wait for a socket."""

TOKEN_SEPARATOR = "."  # noqa: S105 - not a secret


class SessionState(StrEnum):
    """Where a session is in its life; it never goes back."""

    JOINING = "joining"
    WAITING = "waiting"
    OPEN = "open"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Description:
    """The parameters of an endpoint, and the SDP answer that says the same to its client."""

    parameters: EndpointParameters
    answer: str


@dataclass(frozen=True, slots=True)
class Send:
    """One text frame for the socket, if there is one."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """The socket is to be closed with this code, after what was sent."""

    code: int


Output = Send | Close


class Session:
    """The server's half of one participant's signalling."""

    def __init__(
        self,
        *,
        id: SessionId,
        participant: ParticipantId,
        room: RoomName,
        join: int,
        description: Description,
        secret: str,
        events_kept: int,
        resume_window_s: float,
        host_key: str | None = None,
    ) -> None:
        """`host_key` is handed out if this participant turns out to be the room's first."""
        self.id = id
        self.participant = participant
        self.state = SessionState.JOINING
        self.role: Role | None = None
        """What the participant may do, as last told."""
        self._join = join
        self._host_key = host_key
        self._room = room
        self.description = description
        """What client and engine agreed on last."""
        self._proposed = {join: description}
        """By the `ref` of the question that the conference has not yet answered."""
        self._first_token = token(id, secret)
        self._digest = digest(secret)
        self._old_digest: bytes | None = None
        """Still accepted until the client shows that it has the newer token."""
        self._log: deque[bytes] = deque(maxlen=events_kept)
        self._log_bytes = 0
        self._last = 0
        self._resume_window_s = resume_window_s

    # ── Facts ────────────────────────────────────────────────────────────────────────────────

    def told(self, fact: Fact) -> list[Output]:
        """Returns what a fact means for the socket."""
        if self.state is SessionState.ENDED:
            return []
        match fact:
            case SessionEnded(reason=reason):
                return self._ended(reason)
            case ServerStopping():
                return [self._event(fact), Close(CLOSE_STOPPING)]
            case Joined() | Waiting() | Published() | Renegotiated() | Done() | Rejected():
                return [Send(encode(self._answer(fact)))]
            case RoleChanged(participant=changed, role=role) if changed == self.participant:
                self.role = role
                return [self._event(fact)]
            case _:
                return [self._event(fact)]

    def _answer(self, fact: Answer) -> messages.ServerAnswer:  # noqa: PLR0911 - one per answer
        match fact:
            case Joined(ref=ref):
                self.state = SessionState.OPEN
                self.role = fact.welcome.role
                return translation.joined(
                    fact,
                    room=self._room,
                    token=self._first_token,
                    answer=self._agreed(ref),
                    resume_window_s=int(self._resume_window_s),
                    host_key=self._host_key,
                )
            case Waiting(ref=ref):
                self.state = SessionState.WAITING
                return messages.Waiting(ref)
            case Renegotiated(ref=ref):
                return messages.Renegotiated(ref, self._agreed(ref))
            case Published(ref=ref, source=source):
                return messages.Published(ref, translation.source(source))
            case Done(ref=ref):
                return messages.Ok(ref)
            case Rejected(ref=ref, code=code):
                if code is Code.NOT_ADMITTED:  # a question from the waiting room; the join itself goes on
                    return messages.Error("not-admitted", ref)
                self._proposed.pop(ref, None)
                if self.state is not SessionState.OPEN:
                    self.state = SessionState.ENDED
                return messages.Error(translation.ERROR_CODES[code], ref)

    def _event(self, fact: News) -> Send:
        return self._numbered(translation.event(fact, self._last + 1))

    def _numbered(self, message: messages.ServerEvent) -> Send:
        self._last += 1
        data = encode(message)
        if len(self._log) == self._log.maxlen:
            self._log_bytes -= len(self._log.popleft())
        self._log.append(data)
        self._log_bytes += len(data)
        while self._log_bytes > LOG_BYTES:
            self._log_bytes -= len(self._log.popleft())
        return Send(data)

    def _ended(self, reason: EndReason) -> list[Output]:
        before, self.state = self.state, SessionState.ENDED
        match reason:
            case EndReason.LEFT:
                return [Close(CLOSE_LEFT)]
            case EndReason.TRANSPORT_CLOSED | EndReason.SESSION_EXPIRED:
                return [Close(CLOSE_TRANSPORT)]
            case EndReason.MEDIA_UNAVAILABLE | EndReason.FAULT:
                return [Send(encode(messages.Error("media-unavailable"))), Close(CLOSE_TRANSPORT)]
            case EndReason.EXCLUDED:
                return [self._numbered(messages.Ended(self._last + 1, "excluded")), Close(CLOSE_EXCLUDED)]
            case EndReason.ENDED_FOR_ALL:
                answer = self._join_refused("ended", before)
                event = self._numbered(messages.Ended(self._last + 1, "ended-for-all"))
                return [*answer, event, Close(CLOSE_ENDED)]
            case EndReason.REFUSED:
                answer = self._join_refused("refused", before)
                event = self._numbered(messages.Ended(self._last + 1, "refused"))
                return [*answer, event, Close(CLOSE_REFUSED)]

    def _join_refused(self, code: fields.ErrorCode, state: SessionState) -> list[Output]:
        """Returns the answer to a `join` that has none yet."""
        if state is SessionState.OPEN:
            return []
        return [Send(encode(messages.Error(code, self._join)))]

    def propose(self, ref: int, description: Description) -> None:
        """Keeps what a second offer would lead to until the conference has answered."""
        self._proposed[ref] = description

    def _agreed(self, ref: int) -> str:
        self.description = self._proposed.pop(ref)
        return self.description.answer

    # ── Resuming ─────────────────────────────────────────────────────────────────────────────

    def heard(self) -> None:
        """The client sent something on its present socket: it has the newest token, older ones end."""
        self._old_digest = None

    def resume(self, resume: messages.Resume, *, secret: str, fresh_secret: str) -> list[Output] | None:
        """Returns the answer and every event missed, or None when it may not resume or too much is lost.

        `secret` is that half of the client's token; `fresh_secret` makes its next one.
        """
        if not self.belongs_to(secret):
            return None
        missed = self._last - resume.last_event
        if not 0 <= missed <= len(self._log):
            return None
        self._old_digest = digest(secret)
        self._digest = digest(fresh_secret)
        answer = Send(encode(messages.Resumed(resume.ref, token(self.id, fresh_secret))))
        replay = list(self._log)[len(self._log) - missed :]
        return [answer, *map(Send, replay)]

    def belongs_to(self, secret: str) -> bool:
        """Says whether it is open, and `secret` is that half of its client's token."""
        return self.state is SessionState.OPEN and self._knows(secret)

    def _knows(self, secret: str) -> bool:
        """Compares in constant time, with both digests."""
        given = digest(secret)
        current = hmac.compare_digest(given, self._digest)
        older = hmac.compare_digest(given, self._old_digest or bytes(len(given)))
        return current or older


def token(session: SessionId, secret: str) -> str:
    """Returns the token by which a client resumes: the session's id and its secret."""
    return f"{session}{TOKEN_SEPARATOR}{secret}"


def split_token(text: str) -> tuple[SessionId, str]:
    """Returns the halves of a token; of anything else, halves that no session has."""
    session, _, secret = text.partition(TOKEN_SEPARATOR)
    return SessionId(session), secret


def digest(secret: str) -> bytes:
    """Returns what is kept of a secret. It has 256 bits of chance, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
