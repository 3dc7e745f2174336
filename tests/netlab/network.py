"""Network namespaces: a server, a router with a NAT per client, and clients behind shaped cables.

    client a ══ cable ══╗
    client b ══ cable ══╣ router ── veth ── server (198.51.100.1)
    client c ══ cable ══╝   each client leaves it with an address of its own; from outside nobody gets in

All names begin with `PREFIX` and the process id of the test run; `clean` takes away those of runs that ended.
The addresses are those of RFC 5737, for documentation: nothing here reaches a real network.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tests.netlab.shaper import Conditions

PREFIX = "cnl"
SERVER = "198.51.100.1"
ROOT = Path(__file__).parents[2]
SEED = 20_261
NFT = """
table ip lab {{
  chain leaving {{ type nat hook postrouting priority 100; {nat} }}
  chain passing {{
    type filter hook forward priority 0; policy drop;
    oifname "wan" accept
    ct state established,related accept
  }}
}}
"""

Way = Literal["up", "down"]


def missing() -> str | None:
    """Says what this machine lacks for these tests; None when they can run."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    tools = [tool for tool in ("ip", "tc", "nft") if shutil.which(tool) is None]
    if tools:
        return f"{' and '.join(tools)} missing: apt-get install iproute2 nftables"
    if not Path("/dev/net/tun").exists():
        return "/dev/net/tun missing"
    probe = f"{PREFIX}{os.getpid()}probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        return f"network namespaces are refused here: {made.stderr.strip()}"
    run("ip", "netns", "del", probe)
    return None


def run(*command: str, text: str | None = None) -> str:
    """Runs a command and returns what it printed; its complaint is the error."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=20)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


@dataclasses.dataclass(frozen=True)
class Client:
    """One place to sit: a namespace behind its own NAT and cable."""

    number: int
    namespace: str


class Network:
    """The namespaces of one test run; `open_network` makes and removes them."""

    def __init__(self, count: int) -> None:
        base = f"{PREFIX}{os.getpid()}"
        self.server = f"{base}s"
        self.router = f"{base}r"
        self.clients = [Client(number, f"{base}{letter}") for number, letter in enumerate("abcdef"[:count])]
        self._cable: subprocess.Popen[str] | None = None

    def build(self) -> None:
        for name in self._names():
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        self._join_server()
        cable = [sys.executable, "-m", "tests.netlab.cable", str(SEED), *(c.namespace for c in self.clients)]
        self._cable = subprocess.Popen(
            cable,
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # an interrupted run still needs it to calm and to end it
        )
        assert self._cable.stdout is not None
        if self._cable.stdout.readline() != "ready\n":
            raise RuntimeError("the cables did not start")
        for client in self.clients:
            self._join_client(client)
        self._translate()

    def shape(self, client: int, conditions: Conditions, *ways: Way) -> None:
        """Sets loss, delay and the like of one client's cable, both ways unless told otherwise."""
        for way in ways or ("up", "down"):
            self._ask({"cable": client, "direction": way, "conditions": dataclasses.asdict(conditions)})

    def counts(self, client: int, way: Way) -> dict[str, int]:
        """What passed one direction of a cable so far: the shaper's counts, `media`, `repeated` packets."""
        return self._ask({"cable": client, "direction": way})

    def limit(self, client: int, way: Way, rate_kbit: int | None, *, latency_ms: int = 400) -> None:
        """Lets `rate_kbit` through, with a queue of `latency_ms` before it; None lifts the limit."""
        namespace, device = (
            (self.clients[client].namespace, "net") if way == "up" else (self.router, f"lan{client}")
        )
        if rate_kbit is None:
            run("tc", "-n", namespace, "qdisc", "del", "dev", device, "root")
            return
        run(
            "tc", "-n", namespace, "qdisc", "replace", "dev", device, "root", "tbf",
            "rate", f"{rate_kbit}kbit", "burst", "3000", "latency", f"{latency_ms}ms",
        )  # fmt: skip

    def calm(self, conditions: Conditions = Conditions()) -> None:  # noqa: B008 (frozen)
        """Takes all limits off and gives every cable the same conditions."""
        for client in self.clients:
            self.shape(client.number, conditions)
            for way in ("up", "down"):
                with contextlib.suppress(RuntimeError):  # there was none
                    self.limit(client.number, way, None)  # type: ignore[arg-type]

    def tear_down(self) -> None:
        """Ends the cables and removes the namespaces with everything that still runs in them."""
        if self._cable is not None:
            self._cable.communicate(timeout=5)
        for name in self._names():
            remove(name)

    def _names(self) -> list[str]:
        return [self.server, self.router, *(client.namespace for client in self.clients)]

    def _join_server(self) -> None:
        run(
            "ip", "-n", self.router, "link", "add", "wan", "type", "veth", "peer", "wan", "netns", self.server
        )
        run("ip", "-n", self.server, "address", "add", f"{SERVER}/24", "dev", "wan")
        run("ip", "-n", self.router, "address", "add", "198.51.100.254/24", "dev", "wan")
        for namespace in (self.server, self.router):
            run("ip", "-n", namespace, "link", "set", "wan", "up")

    def _join_client(self, client: Client) -> None:
        inner = f"10.1.{client.number}"
        ends = (
            (f"{client.namespace}0", client.namespace, "net"),
            (f"{client.namespace}1", self.router, f"lan{client.number}"),
        )
        for device, namespace, name in ends:
            run("ip", "link", "set", device, "netns", namespace, "name", name)
        run("ip", "-n", client.namespace, "address", "add", f"{inner}.2/24", "dev", "net")
        run("ip", "-n", self.router, "address", "add", f"{inner}.1/24", "dev", f"lan{client.number}")
        for _, namespace, name in ends:
            run("ip", "-n", namespace, "link", "set", name, "up")
        run("ip", "-n", client.namespace, "route", "add", "default", "via", f"{inner}.1")

    def _translate(self) -> None:
        rules = []
        for client in self.clients:
            outer = f"198.51.100.{11 + client.number}"
            run("ip", "-n", self.router, "address", "add", f"{outer}/32", "dev", "wan")
            rules.append(f'oifname "wan" ip saddr 10.1.{client.number}.0/24 snat to {outer};')
        run(*inside(self.router), "nft", "-f", "-", text=NFT.format(nat=" ".join(rules)))
        run(*inside(self.router), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")

    def _ask(self, request: dict[str, object]) -> dict[str, int]:
        assert self._cable is not None
        assert self._cable.stdin is not None
        assert self._cable.stdout is not None
        self._cable.stdin.write(json.dumps(request) + "\n")
        self._cable.stdin.flush()
        result: dict[str, int] = json.loads(self._cable.stdout.readline())
        return result


def inside(namespace: str) -> tuple[str, ...]:
    """The beginning of a command that runs in `namespace`."""
    return ("ip", "netns", "exec", namespace)


@contextlib.contextmanager
def open_network(clients: int) -> Iterator[Network]:
    """Makes a network and takes it down again, whatever happens."""
    clean()
    network = Network(clients)
    try:
        network.build()
        yield network
    finally:
        network.tear_down()


def clean() -> None:
    """Removes namespaces that runs left behind which are over, and what runs in them."""
    for line in run("ip", "netns", "list").splitlines():
        name = line.split(" ")[0]
        owner = name.removeprefix(PREFIX).rstrip("abcdefrspo")
        if name.startswith(PREFIX) and owner.isdigit() and not Path(f"/proc/{owner}").exists():
            remove(name)


def remove(namespace: str) -> None:
    """Ends what runs in a namespace of ours and deletes it; one that is gone already is fine."""
    listed = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
    for process in listed.stdout.split():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(process), signal.SIGKILL)
    with contextlib.suppress(RuntimeError):
        run("ip", "netns", "del", namespace)
