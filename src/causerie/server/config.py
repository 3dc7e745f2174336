"""Settings: one frozen value, from defaults, `causerie.toml`, `CAUSERIE_*` and flags, the later the stronger.

Reads the file; everything else about the machine comes in as arguments. Start at `load`; `KEYS` is the list
of what may be set.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from causerie.errors import ConfigError

FILE = "causerie.toml"
PREFIX = "CAUSERIE_"
MAX_WORKERS = 16
MAX_PARTICIPANTS = 500
"""Of one room: a join costs Python some 20 ms then, and one message tells a newcomer of all."""
LOG_LEVELS = ("debug", "info", "warning", "error")
METRICS_READERS = ("loopback", "everyone", "nobody")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be chosen. Units end the name where there are any."""

    port: int
    """TCP port for HTTPS and WebSocket; 0 lets the system choose."""
    media_port: int
    """UDP port of the first worker; the next ones follow. 0 lets the system choose."""
    bind: str
    """Address to listen on; empty for all."""
    host: str
    """Name by which people reach this server, with `:port` where it differs; empty for none but its own."""
    public_ip: tuple[str, ...]
    """Addresses that clients are told to send media to; empty for those of the interfaces."""
    data_dir: Path
    workers: int
    participants: int
    """People in one room at once, and as many in its waiting room."""
    cert: Path | None
    key: Path | None
    sockets_per_address: int
    """Signalling sockets open at once from one IPv4 address or IPv6 /64."""
    trusted_proxies: tuple[str, ...]
    """Addresses and networks whose `X-Forwarded-For` is believed; empty for none."""
    metrics: str
    """Who may read `/metrics`: loopback, everyone or nobody."""
    log_level: str
    open: bool
    json: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """What defaults depend on."""

    home: Path
    system: str
    """As `platform.system()` says."""
    cores: int
    """Those that this process may use."""


@dataclass(frozen=True, slots=True)
class Value:
    """A setting as found, and where."""

    raw: Any
    origin: str | None


def load(
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    directory: Path,
    machine: Machine,
) -> Settings:
    """Returns the settings in force.

    `flags` are by key, None for those not given; `directory` is where `causerie.toml` is looked for unless
    `CAUSERIE_CONFIG` names one.

    Raises:
        ConfigError: a value cannot be used; the sentence names its key and where it came from.
    """
    found = {key: Value(default, None) for key, default in _defaults(environment, machine).items()}
    found |= _from_file(environment, directory)
    for key in KEYS:
        name = PREFIX + key.upper().replace("-", "_")
        if name in environment:
            found[key] = Value(environment[name], name)
        if flags.get(key) is not None:
            found[key] = Value(flags[key], f"--{key}")
    values = {key.replace("-", "_"): _read(key, found[key]) for key in KEYS}
    settings = Settings(**values)
    _check_together(settings, found)
    return settings


def _read(key: str, value: Value) -> Any:
    try:
        return KEYS[key](value.raw)
    except ValueError as error:
        raise ConfigError(key, str(error), origin=value.origin) from None


def _check_together(settings: Settings, found: Mapping[str, Value]) -> None:
    if (settings.cert is None) != (settings.key is None):
        missing, given = ("key", "cert") if settings.key is None else ("cert", "key")
        raise ConfigError(missing, f"is needed beside {given}", origin=found[given].origin)
    last = settings.media_port + settings.workers - 1
    if settings.media_port and last > 65_535:
        raise ConfigError(
            "media-port",
            f"{settings.workers} workers need the ports up to {last}, and there are 65535",
            origin=found["media-port"].origin,
        )


def default_data_dir(environment: Mapping[str, str], machine: Machine) -> Path:
    """Returns where programs keep their data on this system (XDG, or Application Support)."""
    if machine.system == "Darwin":
        return machine.home / "Library" / "Application Support" / "causerie"
    base = environment.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else machine.home / ".local" / "share") / "causerie"


def default_workers(cores: int) -> int:
    """Returns one worker per core, less one for Python where there are more than two."""
    return 1 if cores <= 2 else min(cores - 1, MAX_WORKERS)


def _defaults(environment: Mapping[str, str], machine: Machine) -> dict[str, Any]:
    return {
        "port": 8443,
        "media-port": 8443,
        "bind": "",
        "host": "",
        "public-ip": "",
        "data-dir": str(default_data_dir(environment, machine)),
        "workers": default_workers(machine.cores),
        "participants": 100,
        "cert": "",
        "key": "",
        "sockets-per-address": 300,
        "trusted-proxies": "",
        "metrics": "loopback",
        "log-level": "info",
        "open": False,
        "json": False,
    }


def _from_file(environment: Mapping[str, str], directory: Path) -> dict[str, Value]:
    named = environment.get(PREFIX + "CONFIG")
    path = Path(named) if named else directory / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if named:
            raise ConfigError("config", f"there is no file {path}", origin=PREFIX + "CONFIG") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("config", f"{path} cannot be read: {_why(error)}") from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("config", f"{path} is not TOML: {error}") from None
    values = {key.replace("_", "-"): Value(raw, str(path)) for key, raw in table.items()}
    for key in values:
        if key not in KEYS:
            raise ConfigError(key, f"there is no such setting; there are {', '.join(KEYS)}", origin=str(path))
    return values


def _why(error: Exception) -> str:
    return error.strerror or "unknown" if isinstance(error, OSError) else "it is not UTF-8"


def _number(lowest: int, highest: int) -> Callable[[Any], int]:
    def read(raw: Any) -> int:
        text = str(raw).strip()
        if isinstance(raw, bool) or not re.fullmatch(r"[0-9]{1,9}", text):
            raise ValueError(f"{text!r} is not a whole number")
        if not lowest <= int(text) <= highest:
            raise ValueError(f"{text} is not between {lowest} and {highest}")
        return int(text)

    return read


def _text(raw: Any) -> str:
    if not isinstance(raw, str):
        raise ValueError(f"{raw!r} is not a text")
    return raw.strip()


def _choice(choices: tuple[str, ...]) -> Callable[[Any], str]:
    def read(raw: Any) -> str:
        text = _text(raw).lower()
        if text not in choices:
            raise ValueError(f"{text!r} is none of {', '.join(choices)}")
        return text

    return read


def _switch(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    try:
        return words[str(raw).strip().lower()]
    except KeyError:
        raise ValueError(f"{raw!r} is neither true nor false") from None


def _path(raw: Any) -> Path:
    text = str(raw) if isinstance(raw, Path) else _text(raw)
    if not text:
        raise ValueError("is empty")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"{raw!r} is in the home of someone who is not known here") from None


def _optional_path(raw: Any) -> Path | None:
    return None if raw == "" else _path(raw)


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address") from None


def _bind(raw: Any) -> str:
    text = _text(raw)
    return _address(text) if text else ""


def _addresses(raw: Any) -> tuple[str, ...]:
    """Reads one address, several separated by commas, or a list of them."""
    parts = raw if isinstance(raw, list | tuple) else _text(raw).split(",")
    addresses = tuple(_address(_text(part)) for part in parts if part != "")
    if any(ipaddress.ip_address(address).is_unspecified for address in addresses):
        raise ValueError("0.0.0.0 and :: are not addresses that anyone can reach")
    return addresses


def _networks(raw: Any) -> tuple[str, ...]:
    """Reads one address or network, several separated by commas, or a list of them."""
    parts = raw if isinstance(raw, list | tuple) else _text(raw).split(",")
    return tuple(_network(_text(part)) for part in parts if part != "")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text)) if "/" in text else _address(text)
    except ValueError:
        raise ValueError(f"{text!r} is neither an IP address nor a network") from None


def _host(raw: Any) -> str:
    text = _text(raw).lower()
    name, colon, port = text.partition(":")
    labels = all(_LABEL.fullmatch(label) for label in name.split("."))
    if text and not (
        len(name) <= 253 and labels and re.fullmatch(r"[0-9]{0,5}", port) and bool(port) == bool(colon)
    ):
        raise ValueError(f"{text!r} is not a host name, or one with a port")
    if colon and not 1 <= int(port) <= 65_535:
        raise ValueError(f"{port} is not a port")
    return text


_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")

KEYS: Mapping[str, Callable[[Any], Any]] = {
    "port": _number(0, 65_535),
    "media-port": _number(0, 65_535),
    "bind": _bind,
    "host": _host,
    "public-ip": _addresses,
    "data-dir": _path,
    "workers": _number(1, MAX_WORKERS),
    "participants": _number(2, MAX_PARTICIPANTS),
    "cert": _optional_path,
    "key": _optional_path,
    "sockets-per-address": _number(1, 100_000),
    "trusted-proxies": _networks,
    "metrics": _choice(METRICS_READERS),
    "log-level": _choice(LOG_LEVELS),
    "open": _switch,
    "json": _switch,
}
"""Every setting's name and how its value is read; readers raise ValueError with the rest of the sentence."""
