"""The program `causerie`: reads the command line, hands over to the server, turns errors into a sentence.

Exit status: 0 stopped as asked, 1 a fault of ours or of the machine, 2 a setting that cannot be used.
"""

from __future__ import annotations

import os
import platform
import sys
import threading
import time
import webbrowser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import structlog
import uvloop
from cyclopts import App, CycloptsError, Parameter

from causerie.cli import STARTED
from causerie.cli import bench as benches
from causerie.cli import demo as demonstration
from causerie.cli import doctor as doctors
from causerie.cli.bench import words as bench_words
from causerie.cli.doctor import words as doctor_words
from causerie.cli.screen import one_line, screen
from causerie.cli.wording import is_french, wording
from causerie.errors import CauserieError
from causerie.server import log
from causerie.server.app import Facts, serve, suffix, usable_cores, version
from causerie.server.config import Machine, Settings, load

MISUSED = 2

app = App(name="causerie", help="A self-hosted web conference: one process, one command.", version=version)


@app.command
def up(
    *,
    port: str | None = None,
    media_port: str | None = None,
    bind: str | None = None,
    host: str | None = None,
    public_ip: str | None = None,
    data_dir: str | None = None,
    workers: str | None = None,
    participants: str | None = None,
    cert: str | None = None,
    key: str | None = None,
    sockets_per_address: str | None = None,
    trusted_proxies: str | None = None,
    metrics: str | None = None,
    log_level: str | None = None,
    open: Annotated[bool | None, Parameter(negative=())] = None,
    json: Annotated[bool | None, Parameter(negative=())] = None,
) -> None:
    """Serve until Ctrl-C.

    Every option is also a key of `causerie.toml` and a variable `CAUSERIE_…`; options win.

    Parameters
    ----------
    port
        TCP port for pages and signalling (8443).
    media_port
        UDP port of the first worker; the next ones follow (8443).
    bind
        Address to listen on (all).
    host
        Name by which people reach this server, with :port where it differs.
    public_ip
        Address to announce for media, behind a NAT; several with commas.
    data_dir
        Folder for the certificate.
    workers
        Engine threads (one per core, less one).
    participants
        People in one room, 2 to 500 (100); the same number may wait before it.
    cert
        Certificate of your own, PEM, with its chain.
    key
        Its private key, PEM, without a password.
    sockets_per_address
        Sockets that may be open from one address, an IPv6 /64 as one (300); raise it for a large NAT.
    trusted_proxies
        Addresses or networks of reverse proxies whose X-Forwarded-For is believed, with commas.
    metrics
        Who may read /metrics: loopback, everyone or nobody (loopback).
    log_level
        debug, info, warning or error (info).
    open
        Open the browser.
    json
        Print one line of JSON instead of the screen.
    """
    settings = _settings(locals())
    log.configure(settings.log_level, sys.stderr)
    uvloop.run(serve(settings, lambda facts: _welcome(facts, settings)))


@app.command
def demo(
    *,
    people: int = 4,
    minutes: float = 30,
    port: str | None = None,
    media_port: str | None = None,
    host: str | None = None,
    public_ip: str | None = None,
    data_dir: str | None = None,
    lang: str | None = None,
    open: Annotated[bool | None, Parameter(negative=())] = None,
    json: Annotated[bool | None, Parameter(negative=())] = None,
) -> None:
    """Serve, with a meeting in which people made of generated sound and picture talk.

    They come in as everyone does. Whoever joins them becomes a host. Needs `pip install 'causerie[demo]'`.

    Parameters
    ----------
    people
        How many, 2 to 8.
    minutes
        After how long they leave; the server goes on until Ctrl-C.
    port
        TCP port for pages and signalling (8443).
    media_port
        UDP port of the first worker (8443).
    host
        Name by which people reach this server.
    public_ip
        Address to announce for media.
    data_dir
        Folder for the certificate.
    lang
        fr or en: what they write (the locale's).
    open
        Open the browser.
    json
        Print one line of JSON instead of the screen.
    """
    given = locals()
    french = is_french(os.environ, given.pop("lang"))
    words = demonstration.words(french=french)
    demonstration.check(given.pop("people"), words)
    cast = demonstration.Cast(people=people, minutes=given.pop("minutes"), french=french)
    settings = _settings(given)
    log.configure(settings.log_level, sys.stderr)

    def begin(facts: Facts) -> None:
        _welcome(facts, settings, path=f"/{demonstration.ROOM}")
        if not settings.json:
            url = f"{facts.urls()[0]}/{demonstration.ROOM}"
            print(words.room.format(people=people, url=url), flush=True)
        cast.send(facts.port)

    with cast.on_stage():
        uvloop.run(serve(settings, begin))


@app.command
def doctor(
    *,
    port: str | None = None,
    media_port: str | None = None,
    bind: str | None = None,
    host: str | None = None,
    public_ip: str | None = None,
    data_dir: str | None = None,
    workers: str | None = None,
    cert: str | None = None,
    key: str | None = None,
    lang: str | None = None,
    json: Annotated[bool | None, Parameter(negative=())] = None,
) -> None:
    """Tell whether this machine can hold meetings, and what to do where it cannot.

    Reads the settings as `up` does, and tries the server too when it runs. Changes nothing. The exit status
    is 1 when something is in the way.

    Parameters
    ----------
    port
        TCP port for pages and signalling (8443).
    media_port
        UDP port of the first worker (8443).
    bind
        Address to listen on (all).
    host
        Name by which people reach this server.
    public_ip
        Address announced for media.
    data_dir
        Folder for the certificate.
    workers
        Engine threads.
    cert
        Certificate of your own.
    key
        Its private key.
    lang
        fr or en (the locale's).
    json
        Print JSON.
    """
    given = locals()
    words = doctor_words.FRENCH if is_french(os.environ, given.pop("lang")) else doctor_words.ENGLISH
    sys.exit(0 if doctors.examine(_settings(given), words) else 1)


@app.command
def bench(
    *,
    uplink: float | None = None,
    port: str | None = None,
    bind: str | None = None,
    workers: str | None = None,
    lang: str | None = None,
    json: Annotated[bool | None, Parameter(negative=())] = None,
) -> None:
    """Tell how many people this machine carries.

    Seals and sends packets to itself for some 15 seconds, with the engine's own code, and reckons from that.
    Refuses while a server runs here: both would suffer.

    Parameters
    ----------
    uplink
        What the line carries away, in Mbit/s: it is as often the limit as the processor.
    port
        TCP port at which a running server would be found (8443).
    bind
        Address at which it would listen.
    workers
        Engine threads to reckon with (one per core, less one).
    lang
        fr or en (the locale's).
    json
        Print JSON.
    """
    given = locals()
    words = bench_words.FRENCH if is_french(os.environ, given.pop("lang")) else bench_words.ENGLISH
    uplink_mbit = given.pop("uplink")
    sys.exit(0 if benches.tell(_settings(given), words, uplink_mbit=uplink_mbit) else 1)


@app.command(name="version")
def show_version() -> None:
    """Print the version."""
    print(version())


def _settings(given: Mapping[str, object]) -> Settings:
    """Returns the settings in force with these options."""
    flags = {name.replace("_", "-"): value for name, value in given.items()}
    machine = Machine(Path.home(), platform.system(), usable_cores())
    return load(flags, os.environ, Path.cwd(), machine)


def _welcome(facts: Facts, settings: Settings, path: str = "") -> None:
    if settings.json:
        print(one_line(facts), flush=True)
    else:
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        words = wording(os.environ)
        print(screen(facts, words, seconds=time.monotonic() - STARTED, colour=colour), flush=True)
    if settings.open:
        # A browser in the terminal would hold the event loop; a daemon dies with the program.
        address = f"https://localhost{suffix(facts.port)}{path}"
        threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the program and exits."""
    log.configure("info", sys.stderr)
    try:
        app(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        print(f"causerie: {error}", file=sys.stderr)
        sys.exit(MISUSED)
    except CauserieError as error:
        print(f"causerie: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(0)
    except Exception:
        structlog.get_logger().exception("fault")
        sys.exit(1)
