"""What the doctor makes of a machine, in both languages, and of a server that really runs."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aioice import stun as foreign_stun

from causerie import sdp
from causerie.cli.doctor import probes
from causerie.cli.doctor.evidence import Certificate, Evidence, Folder, Port, Reach, Trial
from causerie.cli.doctor.judgement import Finding, State, holds_meetings, judge
from causerie.cli.doctor.report import MARKS, document, page
from causerie.cli.doctor.stun import binding_request, is_success
from causerie.cli.doctor.trial import OFFER, invitation
from causerie.cli.doctor.words import ENGLISH, FRENCH, Sentences
from causerie.server import tls
from causerie.server.config import Machine, load
from tests.support.server import Server, free_port, start_server

NOW = datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC)
LAN = ipaddress.ip_address("192.168.1.20")
GOOD = Evidence(
    now=NOW,
    python=(3, 12, 1),
    version="1.0",
    core="1.0",
    port=8443,
    port_state=Port.FREE,
    media_ports=(8443, 8444),
    media_state=Port.FREE,
    loops_back=True,
    receive_buffer_bytes=8 << 20,
    send_buffer_bytes=8 << 20,
    segmentation=True,
    certificate=Certificate(own=False),
    host="",
    folder=Folder(Path("/data"), exists=True, writable=True, private=True, free_bytes=1 << 30),
    announced=(LAN,),
    forced=False,
    own_addresses=(LAN,),
    clock_synchronised=True,
    cores=4,
    open_files=65_536,
    trial=None,
)
YEAR = NOW + datetime.timedelta(days=365)
OWN = Certificate(own=True, names=("meet.example", "*.school.example"), until=YEAR, trusted=True)
SERVED = Trial("https://192.168.1.20:8443", 12.0, "", (Reach("192.168.1.20", 8443, 0.4, local=True),))
PUBLIC = ipaddress.ip_address("203.0.113.9")

CASES: dict[str, tuple[dict[str, object], str, State]] = {
    "old Python": ({"python": (3, 10, 9)}, "python_old", State.FAIL),
    "port held by ours": ({"port_state": Port.OURS}, "port_ours", State.OK),
    "port held by another": ({"port_state": Port.TAKEN}, "port_taken", State.FAIL),
    "media port forbidden": ({"media_state": Port.FORBIDDEN}, "port_forbidden", State.FAIL),
    "firewall": ({"loops_back": False}, "datagrams_lost", State.FAIL),
    "small buffers": ({"send_buffer_bytes": 212_992}, "buffers_small", State.WARN),
    "no GSO": ({"segmentation": False}, "segmentation_missing", State.WARN),
    "bad certificate": (
        {"certificate": Certificate(own=True, problem="no PEM")},
        "certificate_unusable",
        State.FAIL,
    ),
    "local certificate": ({"certificate": replace(OWN, own=False)}, "certificate_local", State.OK),
    "own certificate": ({"certificate": OWN, "host": "meet.example:443"}, "certificate_own", State.OK),
    "star": ({"certificate": OWN, "host": "visio.school.example"}, "certificate_own", State.OK),
    "star for one label": (
        {"certificate": OWN, "host": "a.b.school.example"},
        "certificate_other_name",
        State.WARN,
    ),
    "other name": ({"certificate": OWN, "host": "elsewhere.example"}, "certificate_other_name", State.WARN),
    "unknown issuer": ({"certificate": replace(OWN, trusted=False)}, "certificate_doubted", State.WARN),
    "ends soon": (
        {"certificate": replace(OWN, until=NOW + datetime.timedelta(days=3))},
        "certificate_ending",
        State.WARN,
    ),
    "has ended": ({"certificate": replace(OWN, until=NOW)}, "certificate_over", State.FAIL),
    "folder shut": ({"folder": replace(GOOD.folder, writable=False)}, "folder_shut", State.FAIL),
    "folder open": ({"folder": replace(GOOD.folder, private=False)}, "folder_open", State.WARN),
    "folder to come": ({"folder": replace(GOOD.folder, exists=False, private=False)}, "folder", State.OK),
    "disk full": ({"folder": replace(GOOD.folder, free_bytes=1)}, "folder_full", State.WARN),
    "alone": ({"announced": (ipaddress.ip_address("127.0.0.1"),)}, "addresses_none", State.WARN),
    "home": ({}, "addresses_private", State.OK),
    "public": ({"announced": (ipaddress.ip_address("9.9.9.9"),)}, "addresses_public", State.OK),
    "NAT": ({"announced": (PUBLIC,), "forced": True}, "addresses_forwarded", State.OK),
    "clock alone": ({"clock_synchronised": False}, "clock_alone", State.WARN),
    "clock unknown": ({"clock_synchronised": None}, "clock", State.OK),
    "clock of 1970": ({"now": datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)}, "clock_wrong", State.FAIL),
    "one core": ({"cores": 1}, "cores_one", State.WARN),
    "few files": ({"open_files": 1024}, "files_few", State.WARN),
    "no files": ({"open_files": 256}, "files_too_few", State.FAIL),
    "signalling": ({"trial": SERVED}, "signalling", State.OK),
    "media": ({"trial": SERVED}, "media", State.OK),
    "no signalling": ({"trial": Trial("https://x", None, "refused", ())}, "signalling_failed", State.FAIL),
    "no media": (
        {"trial": replace(SERVED, reached=(Reach("192.168.1.20", 8443, None, True),))},
        "media_unreached",
        State.FAIL,
    ),
    "media by one way": (
        {"trial": replace(SERVED, reached=(*SERVED.reached, Reach("::1", 8443, None, True)))},
        "media_unreached",
        State.WARN,
    ),
    "router": (
        {"trial": replace(SERVED, reached=(Reach("203.0.113.9", 8443, None, False),))},
        "media_unseen_from_here",
        State.WARN,
    ),
    "no address": ({"trial": replace(SERVED, reached=())}, "media_unnamed", State.FAIL),
}


def found(text: str, findings: list[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.text == text), None)


def test_a_good_machine_holds_meetings_and_nothing_is_asked_of_anyone() -> None:
    findings = judge(GOOD)

    assert {finding.state for finding in findings} == {State.OK}
    assert holds_meetings(findings)


@pytest.mark.parametrize("case", CASES)
def test_each_flaw_is_found_for_what_it_is(case: str) -> None:
    members, text, state = CASES[case]
    findings = judge(replace(GOOD, **members))  # type: ignore[arg-type]

    finding = found(text, findings)
    assert finding is not None, [f.text for f in findings]
    assert finding.state is state
    assert holds_meetings(findings) is (State.FAIL not in {f.state for f in findings})


@pytest.mark.parametrize("words", [ENGLISH, FRENCH], ids=["english", "french"])
def test_every_finding_has_its_words_and_every_flaw_its_advice(words: Sentences) -> None:
    for members, _, _ in CASES.values():
        findings = judge(replace(GOOD, **members))  # type: ignore[arg-type]
        text = page(findings, words, server_runs=False)
        told = json.loads(document(findings, words))["findings"]

        assert "{" not in text
        assert all(line["text"] for line in told)
        assert all(line["advice"] for line in told if line["state"] != "ok")


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    assert FRENCH.keys() == ENGLISH.keys()
    for name, pair in ENGLISH.items():
        for english, french in zip(pair, FRENCH[name], strict=True):
            assert bool(english) == bool(french), name
            assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", french)), name
    judged = {finding.text for members, _, _ in CASES.values() for finding in judge(replace(GOOD, **members))}  # type: ignore[arg-type]
    assert judged | {"title", "holds", "holds_not", "absent"} == set(ENGLISH), "words that nobody says"


def test_the_page_ends_with_the_answer() -> None:
    bad = page(judge(replace(GOOD, port_state=Port.TAKEN)), FRENCH, server_runs=True)

    assert f"  {MARKS[State.FAIL]} TCP 8443 : tenu par un autre programme" in bad
    assert bad.endswith("Pas encore : à corriger d'abord : 1, marqué ✗.\n")
    assert page(judge(GOOD), ENGLISH, server_runs=True).endswith("Yes: nothing is in the way.\n")


# ── The trial ────────────────────────────────────────────────────────────────────────────────


def test_the_check_is_what_another_implementation_takes_for_one() -> None:
    transaction = bytes(range(12))
    request = binding_request(transaction, username="theirs:ours", password="secret")

    message = foreign_stun.parse_message(request)
    assert message.check_message_integrity(b"secret")
    assert message.message_method is foreign_stun.Method.BINDING
    assert message.transaction_id == transaction
    assert message.attributes["USERNAME"] == "theirs:ours"
    answer = foreign_stun.Message(
        foreign_stun.Method.BINDING, foreign_stun.Class.RESPONSE, transaction_id=transaction
    )
    assert is_success(bytes(answer), transaction)
    assert not is_success(bytes(answer), bytes(12))
    assert not is_success(request, transaction)
    assert not is_success(b"short", transaction)


def test_the_offer_is_one_that_a_server_answers() -> None:
    assert len(sdp.negotiate(OFFER).slot_sections) == 1


def test_an_answer_without_credentials_is_no_invitation() -> None:
    with pytest.raises(ValueError, match="no ICE credentials"):
        invitation("v=0\r\n")


async def doctor(server: Server | None, *options: str) -> tuple[int, str]:
    """Runs the command for a server's settings; returns its exit status and what it printed."""
    port = () if server is None else ("--port", str(server.port), "--media-port", str(server.media_port))
    settings = () if server is None else (*port, "--data-dir", str(server.data_dir))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "causerie", "doctor", *settings, *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_a_running_server_is_joined_and_its_media_answers(tmp_path: Path) -> None:
    server = await start_server(tmp_path / "data", "--workers", "1")
    try:
        status, said = await doctor(server, "--workers", "1", "--json")
        told = {finding["check"]: finding for finding in json.loads(said)["findings"]}

        assert status == 0, said
        assert "port_ours" in told
        assert {told[check]["state"] for check in ("signalling", "media", "certificate_local")} == {"ok"}
    finally:
        assert await server.stop() == 0


async def test_without_a_server_the_page_says_so_and_nothing_is_left_behind(tmp_path: Path) -> None:
    port = str(free_port())
    folder = tmp_path / "data"
    status, said = await doctor(
        None, "--port", port, "--media-port", port, "--data-dir", str(folder), "--lang", "fr"
    )

    assert status == 0, said
    assert "Aucun Causerie ne tourne ici." in said
    assert not folder.exists()


def test_an_own_certificate_is_trusted_when_the_systems_authorities_vouch_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    tls.prepare(tmp_path, ["meet.example"], [LAN], now)
    flags = {"cert": tmp_path / "leaf.pem", "key": tmp_path / "leaf.key"}
    settings = load(flags, {}, tmp_path, Machine(tmp_path, "Linux", 2))

    doubted = probes.certificate(settings, now)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    trusted = probes.certificate(settings, now)
    assert (doubted.trusted, trusted.trusted) == (False, True)
    assert trusted.names == ("meet.example", str(LAN))
    late = probes.certificate(settings, now + datetime.timedelta(days=400))
    assert "expired on" in late.problem


async def test_a_stranger_on_the_port_is_in_the_way(tmp_path: Path) -> None:
    stranger = await asyncio.start_server(lambda reader, writer: writer.close(), "0.0.0.0", 0)
    port = str(stranger.sockets[0].getsockname()[1])
    status, said = await doctor(None, "--port", port, "--data-dir", str(tmp_path), "--lang", "en")
    stranger.close()

    assert status == 1
    assert f"TCP {port}: held by another program" in said
