"""What follows from the evidence: one finding per question, each good, to be known, or in the way. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from causerie.cli.doctor.evidence import Evidence, Folder, Port, Reach

OLDEST_PYTHON = (3, 11)
BUFFER_BYTES = 8 * 1024 * 1024
"""What the media engine asks for in each direction."""
FEW_BUFFER_BYTES = 1024 * 1024
EXPIRES_SOON = datetime.timedelta(days=21)
FREE_BYTES = 50 * 1024 * 1024
FILES, FEWEST_FILES = 4_096, 512
"""A socket per person, and some hundred besides."""
CLOCK_EPOCH = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
"""No clock of a running Causerie stands before this."""


class State(StrEnum):
    """How good a finding is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer: `text` names its sentences in `words`, `values` fill them."""

    state: State
    text: str
    values: dict[str, object] = field(default_factory=dict)


def judge(found: Evidence) -> list[Finding]:
    """Returns the findings, in the order in which a person would ask."""
    return [finding for question in QUESTIONS for finding in question(found)]


def holds_meetings(findings: list[Finding]) -> bool:
    """Says whether nothing is in the way."""
    return all(finding.state is not State.FAIL for finding in findings)


def _ok(text: str, **values: object) -> Finding:
    return Finding(State.OK, text, values)


def _warn(text: str, **values: object) -> Finding:
    return Finding(State.WARN, text, values)


def _fail(text: str, **values: object) -> Finding:
    return Finding(State.FAIL, text, values)


def _python(found: Evidence) -> Iterator[Finding]:
    python = ".".join(map(str, found.python))
    if found.python[:2] < OLDEST_PYTHON:
        yield _fail("python_old", python=python)
    else:
        yield _ok("python", python=python, version=found.version, core=found.core)


def _ports(found: Evidence) -> Iterator[Finding]:
    media = ", ".join(map(str, found.media_ports))
    yield _port("TCP", str(found.port), found.port_state)
    yield _port("UDP", media, found.media_state)


def _port(kind: str, ports: str, state: Port) -> Finding:
    judged = {Port.FREE: _ok, Port.OURS: _ok, Port.TAKEN: _fail, Port.FORBIDDEN: _fail}[state]
    return judged(f"port_{state}", kind=kind, ports=ports)


def _datagrams(found: Evidence) -> Iterator[Finding]:
    if found.loops_back is not None:
        yield _ok("datagrams") if found.loops_back else _fail("datagrams_lost")
    smaller = min(found.receive_buffer_bytes, found.send_buffer_bytes)
    values = {"kib": smaller // 1024, "wanted": BUFFER_BYTES, "enough": BUFFER_BYTES // 1024}
    yield _ok("buffers", **values) if smaller >= FEW_BUFFER_BYTES else _warn("buffers_small", **values)
    yield _ok("segmentation") if found.segmentation else _warn("segmentation_missing")


def _certificate(found: Evidence) -> Iterator[Finding]:
    certificate = found.certificate
    if certificate.problem:
        yield _fail("certificate_unusable", problem=certificate.problem)
        return
    if certificate.until is None:
        yield _ok("certificate_to_come")
        return
    values = {"names": ", ".join(certificate.names), "until": f"{certificate.until:%Y-%m-%d}"}
    if certificate.until <= found.now:
        yield _fail("certificate_over", **values)
    elif certificate.own and certificate.until - found.now < EXPIRES_SOON:
        yield _warn("certificate_ending", **values)
    elif not certificate.own:
        yield _ok("certificate_local", **values)
    else:
        yield (
            _ok("certificate_own", **values)
            if certificate.trusted
            else _warn("certificate_doubted", **values)
        )
    host = found.host.partition(":")[0]
    if certificate.own and host and not any(_names(name, host) for name in certificate.names):
        yield _warn("certificate_other_name", host=host, **values)


def _names(name: str, host: str) -> bool:
    """Says whether a name of a certificate is the host's; a star stands for one label (RFC 6125 §6.4.3)."""
    return name == host or (name.startswith("*.") and name[2:] == host.partition(".")[2])


def _folder(found: Evidence) -> Iterator[Finding]:
    folder: Folder = found.folder
    if not folder.writable:
        yield _fail("folder_shut", folder=folder.path)
    elif folder.free_bytes < FREE_BYTES:
        yield _warn("folder_full", folder=folder.path, mib=folder.free_bytes // 1024**2)
    elif folder.exists and not folder.private:
        yield _warn("folder_open", folder=folder.path)
    else:
        yield _ok("folder", folder=folder.path)


def _addresses(found: Evidence) -> Iterator[Finding]:
    reachable = [address for address in found.announced if not address.is_loopback]
    values = {"addresses": ", ".join(map(str, reachable)), "ports": ", ".join(map(str, found.media_ports))}
    if not reachable:
        yield _warn("addresses_none")
    elif found.forced and not set(reachable) <= set(found.own_addresses):
        yield _ok("addresses_forwarded", **values)
    elif any(address.is_global for address in reachable):
        yield _ok("addresses_public", **values)
    else:
        yield _ok("addresses_private", **values)


def _machine(found: Evidence) -> Iterator[Finding]:
    if found.now < CLOCK_EPOCH:
        yield _fail("clock_wrong", now=f"{found.now:%Y-%m-%d %H:%M}")
    elif found.clock_synchronised is False:
        yield _warn("clock_alone", now=f"{found.now:%Y-%m-%d %H:%M}")
    else:
        yield _ok("clock", now=f"{found.now:%Y-%m-%d %H:%M}")
    yield _ok("cores", cores=found.cores) if found.cores > 1 else _warn("cores_one")
    if found.open_files < FEWEST_FILES:
        yield _fail("files_too_few", files=found.open_files, wanted=FILES)
    else:
        judged = _ok if found.open_files >= FILES else _warn
        yield judged("files" if judged is _ok else "files_few", files=found.open_files, wanted=FILES)


def _trial(found: Evidence) -> Iterator[Finding]:
    trial = found.trial
    if trial is None:
        return
    if trial.signalling_ms is None:
        yield _fail("signalling_failed", url=trial.url, problem=trial.problem)
        return
    yield _ok("signalling", url=trial.url, ms=round(trial.signalling_ms))
    any_answer = any(reach.answer_ms is not None for reach in trial.reached)
    for reach in trial.reached:
        yield _reached(reach, any_answer=any_answer)
    if not trial.reached:
        yield _fail("media_unnamed")


def _reached(reach: Reach, *, any_answer: bool) -> Finding:
    values = {"address": reach.address, "port": reach.port}
    if reach.answer_ms is not None:
        return _ok("media", **values, ms=round(reach.answer_ms, 1))
    if not reach.local:
        return _warn("media_unseen_from_here", **values)
    return _warn("media_unreached", **values) if any_answer else _fail("media_unreached", **values)


QUESTIONS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _python,
    _ports,
    _datagrams,
    _certificate,
    _folder,
    _addresses,
    _machine,
    _trial,
)
