"""The WebSocket endpoint `/api/v1/session`: sockets in, commands out; facts in, frames out.

One task per socket reads, one writes from a bounded outbox. Decides nothing: `gate.py` says what a socket may
say, `session.py` what facts mean. Liveness is the HTTP server's pings, set where that is configured.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Coroutine

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from causerie import sdp
from causerie.conference import commands, room_name
from causerie.conference.commands import Role
from causerie.conference.events import Fact
from causerie.conference.ids import Ref, RoomName, SessionId
from causerie.conference.policy import Limits
from causerie.edges.native import description, identity, translation
from causerie.edges.native.admission import Admission, Denied, normal
from causerie.edges.native.crowd import Crowd
from causerie.edges.native.gate import Bucket, Gate, Refusal
from causerie.edges.native.limits import EdgeLimits
from causerie.edges.native.outbox import CLOSE_SLOW, Outbox
from causerie.edges.native.session import Close, Output, Send, Session, SessionState, digest, split_token
from causerie.ports.conferences import ConferenceDoor, Conferences, Refused
from causerie.ports.media import MediaEngine
from causerie.ports.rooms import Passwords, PasswordsBusy
from causerie.protocol import messages, parts
from causerie.protocol.codec import encode

CLOSE_JOIN_TIMEOUT = 4001
CLOSE_REPLACED = 4003
CLOSE_RATE_LIMITED = 4008
CLOSE_CROWDED = 4011
BUSY_RETRY_S = 2
HTTP_BUSY = 503
EDGE_LIMITS = EdgeLimits()
NO_REF = Ref(0)

log = structlog.get_logger()


class LiveSession:
    """A session, the conference it is in, and the socket it has at the moment."""

    def __init__(self, session: Session, door: ConferenceDoor, ended: Callable[[SessionId], None]) -> None:
        self.session = session
        self.door = door
        self.outbox: Outbox | None = None
        self._ended = ended

    def on_fact(self, fact: Fact) -> None:
        """Takes a fact from the conference (`FactListener`)."""
        self.deliver(self.session.told(fact))
        if self.session.state is SessionState.ENDED:
            self.door.listen(self.session.participant, None)
            self._ended(self.session.id)

    def deliver(self, outputs: Collection[Output]) -> None:
        """Puts frames into the outbox; without a socket they are only in the session's log."""
        if self.outbox is None:
            return
        for output in outputs:
            match output:
                case Send(data):
                    self.outbox.put(data)
                case Close(code):
                    self.outbox.close(code)

    def attach(self, outbox: Outbox) -> None:
        """Takes a new socket instead of the one before, which is closed."""
        if self.outbox is not None:
            self.outbox.close(CLOSE_REPLACED)
        self.outbox = outbox

    def give_way(self) -> None:
        """Leaves, because its person has come in anew; a socket it still has is told so."""
        if self.outbox is not None:
            self.outbox.close(CLOSE_REPLACED)
            self.outbox = None
        with contextlib.suppress(Refused):
            self.door.submit(commands.Leave(self.session.participant, NO_REF))

    def detach(self, outbox: Outbox) -> None:
        """Lets go of a socket that is gone, unless another has replaced it already."""
        if self.outbox is not outbox:
            return
        self.outbox = None
        if self.session.state is not SessionState.ENDED:
            with contextlib.suppress(Refused):
                self.door.submit(commands.SessionLost(self.session.participant))


class NativeEdge:
    """All native sessions of this node. `endpoint` is what the HTTP server routes `/api/v1/session` to."""

    def __init__(
        self,
        *,
        conferences: Conferences,
        engine: MediaEngine,
        passwords: Passwords,
        allowed_origins: Collection[str],
        limits: Limits,
        edge_limits: EdgeLimits = EDGE_LIMITS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.conferences = conferences
        self.engine = engine
        self.passwords = passwords
        self.admission = Admission(conferences, passwords, clock)
        self.limits = limits
        self.edge_limits = edge_limits
        self.clock = clock
        self._allowed_origins = allowed_origins
        self._crowd = Crowd(edge_limits.sockets_per_address)
        self._sessions: dict[SessionId, LiveSession] = {}
        self._sockets: dict[SocketServer, None] = {}
        """In order of arrival."""

    @property
    def sessions(self) -> int:
        """How many sessions live, those without a socket included."""
        return len(self._sessions)

    @property
    def strangers(self) -> int:
        """How many sockets have neither joined, nor resumed, nor been told to wait."""
        return sum(not socket.is_known for socket in self._sockets)

    async def endpoint(self, websocket: WebSocket) -> None:
        """Serves one socket until it ends."""
        if not self._may_open(websocket):
            await websocket.close()  # before accept: the server answers 403
            return
        address = client_address(websocket)
        if not self._crowd.enter(address):
            await websocket.accept()  # browsers hide from the page why a socket was not accepted
            await websocket.close(CLOSE_CROWDED)
            return
        try:
            await self._serve(websocket)
        finally:
            self._crowd.leave(address)

    async def _serve(self, websocket: WebSocket) -> None:
        if self.strangers >= self.edge_limits.unauthenticated_sockets and not self._make_room():
            await websocket.send_denial_response(PlainTextResponse("busy", status_code=HTTP_BUSY))
            return
        socket = SocketServer(self, websocket)
        self._sockets[socket] = None
        try:
            await socket.serve()
        finally:
            self._sockets.pop(socket, None)

    def _make_room(self) -> bool:
        """Sends away who has been asked for a password for longest; says whether there was anyone."""
        lingering = next((socket for socket in self._sockets if socket.is_lingering), None)
        if lingering is not None:
            lingering.expel()
        return lingering is not None

    def _may_open(self, websocket: WebSocket) -> bool:
        """Says whether the page that opens a socket is ours: from this very address, or a configured one."""
        origin = websocket.headers.get("origin")
        return origin in self._allowed_origins or origin == f"https://{websocket.headers.get('host')}"

    def add(self, live: LiveSession) -> None:
        """Takes a session that asks to join."""
        self._sessions[live.session.id] = live

    def find(self, id: SessionId) -> LiveSession | None:
        """Returns a living session by the public half of its token."""
        return self._sessions.get(id)

    def forget(self, id: SessionId) -> None:
        """Lets go of a session that ended."""
        self._sessions.pop(id, None)


class SocketServer:
    """One socket from accept to close."""

    def __init__(self, edge: NativeEdge, websocket: WebSocket) -> None:
        self._edge = edge
        self._websocket = websocket
        self._outbox = Outbox(edge.edge_limits)
        self._gate = Gate(edge.edge_limits, edge.clock())
        self._live: LiveSession | None = None
        self._joins = 0
        self._hashes = Bucket(edge.edge_limits.passwords, edge.clock())
        self._timer: asyncio.TimerHandle | None = None
        self._asked = False

    @property
    def is_known(self) -> bool:
        """Says whether this socket speaks for someone in a conference or in its waiting room."""
        known = {SessionState.OPEN, SessionState.WAITING}
        return self._live is not None and self._live.session.state in known

    @property
    def is_lingering(self) -> bool:
        """Says whether this socket is open only because a password may still come."""
        return self._asked and not self.is_known and not self._outbox.closing

    async def serve(self) -> None:
        """Reads and writes until either ends; then the session has lost this socket."""
        await self._websocket.accept()
        self._allow(self._edge.edge_limits.join_timeout_s)
        try:
            await until_first(self._read(), self._write(), self._outbox.overflowed.wait())
        finally:
            self._allow(None)
            if self._live is not None:
                self._live.detach(self._outbox)
        if self._outbox.overflowed.is_set():
            await self._close(CLOSE_SLOW)

    def _allow(self, seconds: float | None) -> None:
        """Gives the client so long from now to become known; None: as long as it likes."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        self._timer = None if seconds is None else loop.call_later(seconds, self.expel)

    def expel(self) -> None:
        """Closes the socket of a stranger. Who waits to be admitted may become one again, if they are not."""
        if not self.is_known:
            self._outbox.close(CLOSE_JOIN_TIMEOUT)
        elif self._live is not None and self._live.session.state is SessionState.WAITING:
            self._allow(self._edge.edge_limits.join_timeout_s)

    async def _read(self) -> None:
        while True:
            frame = await self._websocket.receive()
            if frame["type"] == "websocket.disconnect":
                return
            text = frame.get("text")
            await self._take(None if text is None else text.encode())

    async def _write(self) -> None:
        while True:
            item = await self._outbox.next()
            if isinstance(item, int):
                await self._close(item)
                return
            await self._websocket.send_text(item.decode())

    async def _close(self, code: int) -> None:
        """Closes; a socket that is gone or does not answer is not waited for."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, TimeoutError):
            async with asyncio.timeout(self._edge.edge_limits.close_timeout_s):
                await self._websocket.close(code)

    # ── What clients say ─────────────────────────────────────────────────────────────────────

    async def _take(self, data: bytes | None) -> None:
        if self._outbox.closing:
            return
        live = self._live
        if live is not None and live.session.state is SessionState.ENDED:
            live = self._live = None
        if live is not None:
            live.session.heard()
        outcome = self._gate.admit(data, self._edge.clock(), joined=live is not None)
        if isinstance(outcome, Refusal):
            self._refuse(outcome)
            return
        try:
            await self._act(outcome, live)
        except Denied as denied:
            self._answer(messages.Error(denied.code, outcome.ref, denied.retry_after_s))
            self._asked = True
            self._allow(self._edge.edge_limits.password_timeout_s)
        except PasswordsBusy:
            self._answer(messages.Error("throttled", outcome.ref, BUSY_RETRY_S))
        except Refused as refused:
            self._answer(messages.Error(translation.ERROR_CODES[refused.code], outcome.ref))
        except sdp.SdpError as error:
            log.debug("offer-refused", why=str(error))
            self._answer(messages.Error("bad-offer", outcome.ref))

    async def _act(self, message: messages.ClientMessage, live: LiveSession | None) -> None:
        waiting = live is not None and live.session.state is SessionState.WAITING
        match message:
            case messages.Join():
                await self._join(message)
            case messages.Resume():
                self._resume(message)
            case messages.Leave() if live:
                live.door.submit(translation.command(message, live.session.participant))
            case _ if waiting:
                self._answer(messages.Error("not-admitted", message.ref))
            case messages.Publish() if live:
                source = self._offered(message.source)
                live.door.submit(commands.Publish(live.session.participant, Ref(message.ref), source))
            case messages.Renegotiate() if live:
                self._renegotiate(message, live)
            case messages.SetPassword() if live:
                await self._set_password(message, live)
            case _ if live and isinstance(message, translation.Plain):
                live.door.submit(translation.command(message, live.session.participant))
            case _:
                self._answer(messages.Error("not-joined", message.ref))

    async def _set_password(self, message: messages.SetPassword, live: LiveSession) -> None:
        """Hashes for hosts only: it costs too much for others to ask for it."""
        by, ref, password = live.session.participant, Ref(message.ref), message.password
        if live.session.role is not Role.HOST:
            self._answer(messages.Error("not-allowed", ref))
        elif password is None:
            live.door.submit(commands.SetPassword(by, ref, None))
        elif not password.strip():
            self._answer(messages.Error("empty-password", ref))
        elif not self._hashes.take(self._edge.clock()):
            self._answer(messages.Error("rate-limited", ref))
        else:
            hash = await self._edge.passwords.hash(normal(password))
            live.door.submit(commands.SetPassword(by, ref, hash))

    async def _join(self, message: messages.Join) -> None:
        edge = self._edge
        self._joins += 1
        if self._joins > edge.edge_limits.joins:
            self._refuse(Refusal(messages.Error("rate-limited", message.ref), CLOSE_RATE_LIMITED))
            return
        room = room_name.canonical(message.room)
        if room is None:
            self._answer(messages.Error("bad-room", message.ref))
            return
        verified = await edge.admission.verified(room, message, client_address(self._websocket))
        if not self._outbox.closing:
            self._enter(message, room, verified)

    def _enter(self, message: messages.Join, room: RoomName, verified: str | None) -> None:
        edge = self._edge
        negotiation = sdp.negotiate(message.offer)
        door = edge.conferences.open(room)
        endpoint = edge.conferences.new_endpoint()
        agreed = description.first_description(
            negotiation, endpoint=endpoint, conference=door.key, engine=edge.engine
        )
        host_key = identity.new_secret()
        session = Session(
            id=identity.new_session(),
            participant=identity.new_participant(),
            room=room,
            join=message.ref,
            description=agreed,
            secret=identity.new_secret(),
            events_kept=edge.limits.session_events,
            resume_window_s=edge.limits.resume_window_s,
            host_key=host_key,
        )
        self._clear_place(message, door)
        door.submit(
            commands.Join(
                by=session.participant,
                ref=Ref(message.ref),
                session=session.id,
                name=message.name,
                parameters=agreed.parameters,
                sources=tuple(map(self._offered, message.sources)),
                visitor=message.visitor,
                verified=verified,
                host_digest=None if message.host_key is None else digest(message.host_key),
                fresh_digest=digest(host_key),
            )
        )
        self._live = LiveSession(session, door, edge.forget)
        self._live.attach(self._outbox)
        door.listen(session.participant, self._live)
        edge.add(self._live)

    def _clear_place(self, message: messages.Join, door: ConferenceDoor) -> None:
        """Ends the session that a join of the same person replaces, if it lives in the same conference."""
        if message.replaces is None:
            return
        id, secret = split_token(message.replaces)
        former = self._edge.find(id)
        if former is not None and former.door.key == door.key and former.session.belongs_to(secret):
            former.give_way()

    def _resume(self, message: messages.Resume) -> None:
        id, secret = split_token(message.token)
        live = self._edge.find(id)
        if live is None:
            self._answer(messages.Error("session-unknown", message.ref))
            return
        outputs = live.session.resume(message, secret=secret, fresh_secret=identity.new_secret())
        if outputs is None:
            self._answer(messages.Error("session-unknown", message.ref))
            return
        live.door.submit(commands.SessionResumed(live.session.participant))
        live.attach(self._outbox)
        self._live = live
        live.deliver(outputs)

    def _renegotiate(self, message: messages.Renegotiate, live: LiveSession) -> None:
        session = live.session
        negotiation = sdp.negotiate(message.offer)
        agreed = description.next_description(
            negotiation, session.description.parameters, engine=self._edge.engine
        )
        live.door.submit(commands.Renegotiate(session.participant, Ref(message.ref), agreed.parameters))
        session.propose(message.ref, agreed)

    def _offered(self, source: parts.NewSource) -> commands.OfferedSource:
        return translation.offered(source, id=identity.new_source(), key=self._edge.conferences.new_source())

    def _refuse(self, refusal: Refusal) -> None:
        self._answer(refusal.error)
        if refusal.close is not None:
            self._outbox.close(refusal.close)

    def _answer(self, answer: messages.ServerAnswer) -> None:
        self._outbox.put(encode(answer))


def client_address(websocket: WebSocket) -> str:
    """Returns the address that a socket comes from; empty where there is none."""
    return websocket.client.host if websocket.client else ""


async def until_first(*coroutines: Coroutine[object, object, object]) -> None:
    """Runs all until one ends, then cancels the others; raises what any of them raised of its own."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            raise result
