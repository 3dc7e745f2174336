"""Composition root: picks every implementation, starts the parts in order, stops them in the opposite one.

settings → data folder → sockets → certificates → media engine → rooms → conferences → edges → listening. What
fails before the last arrow has started nothing that anyone could see. Contains no rules.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ipaddress
import os
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata, resources
from pathlib import Path

import structlog
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp

from causerie.conference.policy import Limits
from causerie.edges.http import files, site
from causerie.edges.native.limits import EdgeLimits
from causerie.edges.native.server import NativeEdge
from causerie.errors import ConfigError
from causerie.media.engine import CORE_VERSION, EngineNotStarted, RustEngine
from causerie.server import addresses, calls, listening, tls
from causerie.server.capacity import Bounds, CapacityMeter
from causerie.server.config import Settings
from causerie.server.kept import kept
from causerie.server.metrics import Counts, Metrics
from causerie.server.passwords import ArgonPasswords
from causerie.server.rooms import SqliteRooms
from causerie.server.runner import ConferenceRegistry

PARTICIPANTS_PER_WORKER = 2_000
"""The engine's own bound of endpoints per worker."""
PACKETS_PER_WORKER = 100_000
"""What a worker is trusted to send in a second: a cautious guess, not a measurement."""
LINE_BYTES_PER_S = 125_000_000
"""A line of 1 Gbit/s, the commonest: no system tells reliably what lies beyond its own plug."""
FAREWELL_S = 1.0
"""How long sessions have to hear that the server stops."""
HTTPS = 443

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a running server tells whoever started it."""

    version: str
    port: int
    media_ports: tuple[int, ...]
    lan: tuple[str, ...]
    """Addresses of this machine on its networks, likeliest first, as they stand in a URL."""
    host: str
    """The public name from the settings, or empty."""
    fingerprint: str
    own_certificate: bool
    data_dir: Path

    def urls(self) -> list[str]:
        """Returns the addresses to open, most useful for others first; this computer's own last."""
        hosts = [*([self.host.partition(":")[0]] if self.host else []), *self.lan, "localhost"]
        named_port = self.host.partition(":")[2]
        urls = [f"https://{host}{suffix(self.port)}" for host in hosts]
        if named_port:
            urls[0] = f"https://{hosts[0]}{suffix(int(named_port))}"
        return urls


def version() -> str:
    """Returns the version of the installed program; "source" when it runs without having been installed."""
    try:
        return metadata.version("causerie")
    except metadata.PackageNotFoundError:
        return "source"


def core_version() -> str:
    """Returns the version of the Rust core, which says with its presence that it fits this machine."""
    return CORE_VERSION


def usable_cores() -> int:
    """Returns how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


async def serve(settings: Settings, on_ready: Callable[[Facts], None]) -> None:
    """Serves until SIGINT or SIGTERM, then stops within three seconds. Calls `on_ready` when it listens.

    Raises:
        ConfigError: a setting, or what it names on this machine, must change; nothing is left running.
    """
    prepare_folder(settings.data_dir)
    with contextlib.ExitStack() as closing:
        sockets = listening.bind(settings.port, settings.bind)
        for one in sockets:
            closing.callback(one.close)
        port = listening.port_of(sockets)
        known = names(settings, port)
        presented = certificate(settings, known)
        engine = start_engine(settings)
        closing.callback(engine.close)
        rooms = open_rooms(settings.data_dir)
        closing.callback(rooms.close)
        passwords = ArgonPasswords(usable_cores())
        closing.callback(passwords.close)
        await Running(
            settings, engine, sockets, presented, known, rooms=rooms, passwords=passwords
        ).until_stopped(on_ready)


def prepare_folder(folder: Path) -> None:
    """Makes the data folder, readable by its owner alone. Raises: ConfigError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            "data-dir", f"{folder} cannot be written ({error.strerror}); name another with --data-dir"
        ) from None


@dataclass(frozen=True, slots=True)
class Names:
    """By what names and addresses this server is known."""

    hosts: tuple[str, ...]
    addresses: tuple[tls.Address, ...]
    shown: tuple[str, ...]
    origins: frozenset[str]
    port: int


def names(settings: Settings, port: int) -> Names:
    """Returns what browsers may call this server, and so what its certificate and its origins must say."""
    found, primary = addresses.interfaces(), addresses.primary_address()
    machine = socket.gethostname().lower().removesuffix(".local").partition(".")[0]
    public, _, public_port = settings.host.partition(":")
    hosts = dict.fromkeys(
        ["localhost", *([machine, f"{machine}.local"] if machine.isascii() and machine else [])]
    )
    hosts |= dict.fromkeys([public] if public else [])
    loopback = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
    forced = tuple(ipaddress.ip_address(address) for address in settings.public_ip)
    all_addresses = tuple(dict.fromkeys((*loopback, *addresses.reachable(found, primary), *forced)))
    spelled = [*hosts, *map(in_url, all_addresses)]
    ports = {port, HTTPS, int(public_port or port)}
    return Names(
        hosts=tuple(hosts),
        addresses=all_addresses,
        shown=tuple(map(in_url, addresses.shown(found, primary))),
        origins=frozenset(f"https://{host}{suffix(number)}" for host in spelled for number in ports),
        port=port,
    )


def in_url(address: tls.Address) -> str:
    """Returns an address as it stands in a URL."""
    return f"[{address}]" if address.version == 6 else str(address)


def suffix(port: int) -> str:
    """Returns `:port`, or nothing where browsers leave it out."""
    return "" if port == HTTPS else f":{port}"


def certificate(settings: Settings, known: Names) -> tls.Tls:
    """Returns the operator's certificate, else one of our own making. Raises: ConfigError."""
    now = datetime.datetime.now(datetime.UTC)
    if settings.cert is not None and settings.key is not None:
        return tls.own(settings.cert, settings.key, now)
    return tls.prepare(settings.data_dir / "tls", known.hosts, known.addresses, now)


def start_engine(settings: Settings) -> RustEngine:
    """Starts the media workers. Raises: ConfigError."""
    bound = (settings.bind,) if settings.bind else ("0.0.0.0", "::")  # noqa: S104 - a server is there to be reached
    try:
        return RustEngine(
            workers=settings.workers,
            port=settings.media_port,
            addresses=bound,
            announced=settings.public_ip,
        )
    except EngineNotStarted as error:
        raise ConfigError("media-port", str(error)) from None


def open_rooms(folder: Path) -> SqliteRooms:
    """Reads the rooms that are kept. Raises: ConfigError."""
    try:
        return SqliteRooms(folder)
    except (OSError, sqlite3.Error) as error:
        raise ConfigError("data-dir", f"the rooms kept in {folder} cannot be read ({error})") from None


class Running:
    """The parts of a server that has what it needs, from listening to the last good-bye."""

    def __init__(
        self,
        settings: Settings,
        engine: RustEngine,
        sockets: list[socket.socket],
        presented: tls.Tls,
        known: Names,
        *,
        rooms: SqliteRooms,
        passwords: ArgonPasswords,
    ) -> None:
        limits = Limits(
            participants=settings.participants,
            waiting=settings.participants,
            people=PARTICIPANTS_PER_WORKER * settings.workers,
        )
        self._settings = settings
        self._engine = engine
        self._sockets = sockets
        self._tls = presented
        self._names = known
        self._conferences = ConferenceRegistry(engine, limits=limits, rooms=rooms)
        self._edge = NativeEdge(
            conferences=self._conferences,
            engine=engine,
            passwords=passwords,
            allowed_origins=known.origins,
            limits=limits,
            edge_limits=EdgeLimits(sockets_per_address=settings.sockets_per_address),
        )
        self._meter = CapacityMeter(
            Bounds(
                participants=limits.people,
                conferences=limits.conferences,
                participants_per_conference=limits.participants,
                cores=usable_cores(),
                bytes_per_s=LINE_BYTES_PER_S,
                packets_per_s=PACKETS_PER_WORKER * settings.workers,
            ),
            load=engine.load,
            participants=lambda: self._conferences.participants,
            conferences=lambda: self._conferences.conferences,
        )
        self._metrics = Metrics(engine.load, self._counts)
        self._stopping = asyncio.Event()

    async def until_stopped(self, on_ready: Callable[[Facts], None]) -> None:
        """Listens, and returns when everything but the engine is closed again."""
        listener = listening.Listener(
            self._application(), self._tls.context, trusted_proxies=self._settings.trusted_proxies
        )
        with self._signals():
            async with asyncio.TaskGroup() as group:
                metering = group.create_task(self._meter.run())
                serving = group.create_task(listener.serve(self._sockets))
                await listener.serving.wait()
                on_ready(self._facts())
                log.info("serving", port=self._names.port, workers=self._settings.workers)
                await self._stopping.wait()
                log.info("stopping", participants=self._conferences.participants)
                await self._say_goodbye()
                listener.should_exit = True
                await serving
                metering.cancel()
        log.info("stopped")

    async def _say_goodbye(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await self._conferences.close()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        wanted = (signal.SIGINT, signal.SIGTERM)
        for number in wanted:
            loop.add_signal_handler(number, self._stopping.set)
        try:
            yield
        finally:
            for number in wanted:
                loop.remove_signal_handler(number)

    def _application(self) -> ASGIApp:
        root = resources.files("causerie") / "web"
        built = files.load(Path(str(root)))
        if not built:
            log.warning("web-client-missing")
        served = site.Site(
            files=built,
            authority=self._tls.authority,
            health=lambda: {"status": "stopping" if self._stopping.is_set() else "ok", "version": version()},
            capacity=self._capacity,
            metrics=self._metrics.text,
            calls=partial(calls.figures, self._engine),
            metrics_readers=self._settings.metrics,
            strict_transport=self._tls.authority is None,
        )
        return site.build(served, [WebSocketRoute("/api/v1/session", self._edge.endpoint)])

    def _capacity(self) -> dict[str, object]:
        name, _, _ = self._settings.host.partition(":")
        others, *own = self._facts().urls()
        return {"instance": name, "origin": others if own else "", "kept": kept(), **self._meter.report()}

    def _counts(self) -> Counts:
        return Counts(
            conferences=self._conferences.conferences,
            participants=self._conferences.participants,
            sessions=self._edge.sessions,
            occupancy=self._meter.occupancy,
        )

    def _facts(self) -> Facts:
        return Facts(
            version=version(),
            port=self._names.port,
            media_ports=tuple(self._engine.ports),
            lan=self._names.shown,
            host=self._settings.host,
            fingerprint=self._tls.fingerprint,
            own_certificate=self._tls.authority is None,
            data_dir=self._settings.data_dir,
        )
