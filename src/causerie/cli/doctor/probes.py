"""Asks the machine: opens sockets and closes them again, reads files, changes nothing."""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import errno
import http.client
import ipaddress
import json
import os
import resource
import shutil
import socket
import ssl
import sys
import warnings
from pathlib import Path

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from causerie.cli.doctor.evidence import Certificate, Evidence, Folder, Port
from causerie.cli.doctor.judgement import BUFFER_BYTES
from causerie.errors import ConfigError
from causerie.server import addresses, tls
from causerie.server.app import core_version, in_url, suffix, usable_cores, version
from causerie.server.config import Settings

HEALTH_S = 2.0
ECHO_S = 1.0
SO_SNDBUFFORCE, SO_RCVBUFFORCE, UDP_SEGMENT = 32, 33, 103
"""Of <asm/socket.h> and <linux/udp.h>; Python does not name them."""
TIME_ERROR = 5
"""What adjtimex(2) says of a clock that nobody keeps."""
TIMEX_BYTES = 512
"""More than `struct timex` has on any system."""


def gather(settings: Settings, now: datetime.datetime) -> Evidence:
    """Returns all that can be found without a running server's help; takes up to three seconds."""
    found = addresses.interfaces()
    own = tuple(interface.address for interface in found)
    forced = tuple(map(ipaddress.ip_address, settings.public_ip))
    media_ports = tuple(range(settings.media_port, settings.media_port + settings.workers))
    ours = is_causerie(settings.bind, settings.port)
    media = _worst([port_state(socket.SOCK_DGRAM, settings.bind, port) for port in media_ports])
    tcp = port_state(socket.SOCK_STREAM, settings.bind, settings.port)
    receive, send, segmentation = datagram_powers()
    return Evidence(
        now=now,
        python=sys.version_info[:3],
        version=version(),
        core=core_version(),
        port=settings.port,
        port_state=Port.OURS if ours and tcp is Port.TAKEN else tcp,
        media_ports=media_ports,
        media_state=Port.OURS if ours and media is Port.TAKEN else media,
        loops_back=echoes(settings) if media is Port.FREE else None,
        receive_buffer_bytes=receive,
        send_buffer_bytes=send,
        segmentation=segmentation,
        certificate=certificate(settings, now),
        host=settings.host,
        folder=folder(settings.data_dir),
        announced=forced or addresses.reachable(found, addresses.primary_address()),
        forced=bool(forced),
        own_addresses=own,
        clock_synchronised=clock_synchronised(),
        cores=usable_cores(),
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        trial=None,
    )


def server_url(settings: Settings, found: Evidence) -> str | None:
    """Returns the address at which others open the running server; None when none of ours runs."""
    if found.port_state is not Port.OURS:
        return None
    if settings.host:
        name, _, port = settings.host.partition(":")
        return f"https://{name}{suffix(int(port or settings.port))}"
    bound = [ipaddress.ip_address(settings.bind)] if settings.bind else []
    reachable = [
        address
        for address in (*bound, *found.announced)
        if not found.forced or address in found.own_addresses
    ]
    host = in_url(reachable[0]) if reachable else "localhost"
    return f"https://{host}{suffix(settings.port)}"


def port_state(kind: socket.SocketKind, bind: str, port: int) -> Port:
    """Tries to have a port for a moment."""
    with socket.socket(socket.AF_INET6 if ":" in bind else socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            return Port.FORBIDDEN if error.errno in (errno.EACCES, errno.EPERM) else Port.TAKEN
    return Port.FREE


def _worst(states: list[Port]) -> Port:
    return next((state for state in (Port.FORBIDDEN, Port.TAKEN) if state in states), Port.FREE)


def is_causerie(bind: str, port: int) -> bool:
    """Says whether a server of ours answers on a port of this machine."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection(bind or "localhost", port, timeout=HEALTH_S, context=context)
    try:
        with contextlib.closing(connection):
            connection.request("GET", "/api/v1/health")
            told = json.loads(connection.getresponse().read(4096))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return isinstance(told, dict) and {"status", "version"} <= told.keys()


def echoes(settings: Settings) -> bool:
    """Sends one datagram to the first media port of this machine's own address, and waits for it."""
    address = settings.bind or addresses.primary_address() or "127.0.0.1"
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    message = os.urandom(16)
    with socket.socket(family, socket.SOCK_DGRAM) as ear, socket.socket(family, socket.SOCK_DGRAM) as mouth:
        try:
            ear.bind((address, settings.media_port))
            ear.settimeout(ECHO_S)
            mouth.sendto(message, (address, settings.media_port))
            return ear.recv(64) == message
        except OSError:
            return False


def datagram_powers() -> tuple[int, int, bool]:
    """Returns the bytes a media socket gets to receive and to send, and whether the kernel cuts (GSO)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        got = []
        for forced, plain in ((SO_RCVBUFFORCE, socket.SO_RCVBUF), (SO_SNDBUFFORCE, socket.SO_SNDBUF)):
            try:
                probe.setsockopt(socket.SOL_SOCKET, forced, BUFFER_BYTES)
            except OSError:
                with contextlib.suppress(OSError):
                    probe.setsockopt(socket.SOL_SOCKET, plain, BUFFER_BYTES)
            doubled = 2 if sys.platform == "linux" else 1  # for the kernel's own use (socket(7))
            got.append(probe.getsockopt(socket.SOL_SOCKET, plain) // doubled)
        try:
            probe.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
        except OSError:
            return got[0], got[1], False
    return got[0], got[1], sys.platform == "linux"


def certificate(settings: Settings, now: datetime.datetime) -> Certificate:
    """Reads the certificate that the server would present."""
    if settings.cert is None or settings.key is None:
        return _local(settings.data_dir / "tls" / "leaf.pem")
    try:
        tls.own(settings.cert, settings.key, now)
    except ConfigError as error:
        return Certificate(own=True, problem=str(error))
    chain = x509.load_pem_x509_certificates(settings.cert.read_bytes())
    return Certificate(
        own=True, names=_names(chain[0]), until=chain[0].not_valid_after_utc, trusted=_trusted(chain, now)
    )


def _local(path: Path) -> Certificate:
    try:
        leaf = x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        return Certificate(own=False)
    except (OSError, ValueError) as error:
        return Certificate(own=False, problem=f"{path}: {error}")
    return Certificate(own=False, names=_names(leaf), until=leaf.not_valid_after_utc)


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        named = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    ips = map(str, named.get_values_for_type(x509.IPAddress))
    return (*named.get_values_for_type(x509.DNSName), *ips)


def _trusted(chain: list[x509.Certificate], now: datetime.datetime) -> bool:
    """Asks the authorities that this system trusts; browsers may trust others."""
    roots = _roots()
    names = [name for name in _names(chain[0]) if not name.startswith("*.")]
    if not roots or not names:
        return False
    with contextlib.suppress(VerificationError, ValueError):
        policy = PolicyBuilder().store(Store(roots)).time(now)
        policy.build_server_verifier(x509.DNSName(names[0])).verify(chain[0], chain[1:])
        return True
    return False


def _roots() -> list[x509.Certificate]:
    """Returns the system's authorities; those that are too odd to be read vouch for nobody."""
    roots = []
    with warnings.catch_warnings(action="ignore"):
        for root in ssl.create_default_context().get_ca_certs(binary_form=True):
            with contextlib.suppress(ValueError):
                roots.append(x509.load_der_x509_certificate(root))
    return roots


def folder(path: Path) -> Folder:
    """Looks at the data folder, or at the one in which it would be made."""
    exists = path.is_dir()
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    return Folder(
        path=path,
        exists=exists,
        writable=nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK),
        private=exists and not path.stat().st_mode & 0o077,
        free_bytes=shutil.disk_usage(nearest).free,
    )


def clock_synchronised() -> bool | None:
    """Asks the kernel whether somebody keeps its clock right; None where it cannot be asked."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "adjtimex"):
        return None
    answer = library.adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return None if answer < 0 else bool(answer != TIME_ERROR)
