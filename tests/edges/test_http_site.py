"""What browsers get for every address, and the headers that come with it."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from causerie.edges.http import files
from causerie.edges.http.site import Site, build, may_read_metrics

SCRIPT = "export const answer = 42;\n" * 100


async def everyones_figures(conference: int | None) -> dict[str, object] | None:
    return {None: {"conferences": []}, 7: {"conference": 7, "people": []}}.get(conference)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>landing</title>")
    (tmp_path / "room.html").write_text("<!doctype html><title>room</title>")
    (tmp_path / "test.html").write_text("<!doctype html><title>trial</title>")
    (tmp_path / "sw.js").write_text("// caches the shell")
    (tmp_path / "manifest.webmanifest").write_text("{}")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "app-1a2b.js").write_text(SCRIPT)
    (tmp_path / "assets" / "notes.secret").write_text("not for the web")
    return Site(
        files=files.load(tmp_path),
        authority=b"\x30\x82",
        health=lambda: {"status": "ok"},
        capacity=lambda: {"occupancy": 0.5},
        metrics=lambda: (b"causerie_x 1\n", "text/plain; version=0.0.4"),
        calls=everyones_figures,
        metrics_readers="loopback",
        strict_transport=False,
    )


def browser(site: Site, address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=build(site), client=(address, 50_000))
    return httpx.AsyncClient(transport=transport, base_url="https://visio.test:8443")


@pytest_asyncio.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(site) as client:
        yield client


async def test_root_is_the_landing_page_and_a_name_is_a_room(client: httpx.AsyncClient) -> None:
    assert "landing" in (await client.get("/")).text
    room = await client.get("/classe-3b")
    assert "room" in room.text
    assert room.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("/Classe%203B", "/classe-3b"),
        ("/%C3%89cole%20d%27%C3%A9t%C3%A9", "/ecole-d-ete"),
        ("/Salle?lang=fr", "/salle?lang=fr"),
    ],
)
async def test_room_as_typed_is_redirected_to_its_canonical_address(
    client: httpx.AsyncClient, typed: str, canonical: str
) -> None:
    answer = await client.get(typed)

    assert (answer.status_code, answer.headers["location"]) == (308, canonical)


@pytest.mark.parametrize(
    "path",
    ["/admin", "/...", "/" + "a" * 65, "/a/b", "/api/v1/none", "/assets/none.js", "/assets/../index.html",
     "/assets/%2e%2e/index.html", "/index.html", "/assets/notes.secret", "/%F0%9F%98%80", "//evil.test"],
)  # fmt: skip
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"https://visio.test:8443{path}")

    assert answer.status_code == 404
    assert "location" not in answer.headers
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_assets_are_kept_for_ever_and_sent_compressed(client: httpx.AsyncClient) -> None:
    answer = await client.get("/assets/app-1a2b.js")

    assert answer.text == SCRIPT
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 6))
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    plain = await client.get("/assets/app-1a2b.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers


async def test_pages_are_asked_for_again_and_not_sent_twice(client: httpx.AsyncClient) -> None:
    first = await client.get("/")
    second = await client.get("/", headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (second.status_code, second.content) == (304, b"")


async def test_files_of_the_client_come_before_rooms(client: httpx.AsyncClient) -> None:
    assert (await client.get("/favicon.svg")).headers["content-type"].startswith("image/svg+xml")


async def test_test_page_is_no_room_and_in_no_index(client: httpx.AsyncClient) -> None:
    answer = await client.get("/test")
    assert "trial" in answer.text
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"


async def test_installable_parts_have_their_types_and_are_asked_for_again(client: httpx.AsyncClient) -> None:
    worker, manifest = await client.get("/sw.js"), await client.get("/manifest.webmanifest")
    assert worker.headers["content-type"].startswith("text/javascript")
    assert manifest.headers["content-type"].startswith("application/manifest+json")
    assert worker.headers["cache-control"] == manifest.headers["cache-control"] == "no-cache"


async def test_authority_is_offered_in_the_form_that_devices_install(
    client: httpx.AsyncClient, site: Site
) -> None:
    answer = await client.get("/ca")
    assert answer.content == b"\x30\x82"
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    async with browser(replace(site, authority=None)) as other:
        assert (await other.get("/ca")).status_code == 404


async def test_health_and_capacity_are_json_that_nobody_keeps(client: httpx.AsyncClient) -> None:
    for path, body in (("/api/v1/health", {"status": "ok"}), ("/api/v1/capacity", {"occupancy": 0.5})):
        answer = await client.get(path)
        assert answer.json() == body
        assert answer.headers["cache-control"] == "no-store"


async def test_robots_may_read_the_landing_page_alone(client: httpx.AsyncClient) -> None:
    assert (await client.get("/robots.txt")).text == "User-agent: *\nAllow: /$\nDisallow: /\n"


async def test_metrics_are_for_this_machine_alone_unless_opened(site: Site) -> None:
    for readers, address, status in (
        ("loopback", "127.0.0.1", 200),
        ("loopback", "192.168.1.4", 404),
        ("everyone", "192.168.1.4", 200),
        ("nobody", "127.0.0.1", 404),
    ):
        async with browser(replace(site, metrics_readers=readers), address) as client:
            assert (await client.get("/metrics")).status_code == status
            assert (await client.get("/api/v1/calls")).status_code == status


async def test_figures_of_calls_are_json_and_of_conferences_that_there_are(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/calls")).json() == {"conferences": []}
    assert (await client.get("/api/v1/calls/7")).json() == {"conference": 7, "people": []}
    assert (await client.get("/api/v1/calls/8")).status_code == 404


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("x", False),
        (None, False),
    ],
)
def test_loopback_is_recognised_in_all_its_forms(address: str | None, may: bool) -> None:
    assert may_read_metrics("loopback", address) is may


async def test_every_answer_carries_a_policy_that_allows_nothing_foreign(client: httpx.AsyncClient) -> None:
    for path in ("/", "/salle", "/none/none", "/api/v1/health", "/ca", "/Salle"):
        headers = (await client.get(path)).headers
        policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"] == "'self' wss://visio.test:8443"
        assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["require-trusted-types-for"] == "'script'"
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert (
            headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
        )
        assert "camera=(self)" in headers["permissions-policy"]
        assert "strict-transport-security" not in headers


async def test_ac_02_strict_transport_is_asked_for_only_where_the_certificate_is_trusted(site: Site) -> None:
    async with browser(replace(site, strict_transport=True)) as client:
        assert (await client.get("/")).headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/", {}, 405),
        ("OPTIONS", "/salle", {}, 405),
        ("GET", "/", {"host": "a b"}, 400),
        ("GET", "/", {"host": "x;script-src *"}, 400),
        ("GET", "/", {"host": ""}, 400),
        ("GET", "/" + "a" * 2_048, {}, 414),
        ("GET", "/", {"content-length": "5"}, 413),
        ("GET", "/", {"transfer-encoding": "chunked"}, 413),
        ("HEAD", "/", {}, 200),
        ("GET", "/", {"host": "[::1]:8443"}, 200),
    ],
)
async def test_requests_that_no_browser_makes_are_refused(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = await client.request(method, path, headers=headers)

    assert answer.status_code == status
    assert "a b" not in answer.headers["content-security-policy"]


async def test_without_a_built_client_the_page_says_what_to_type(site: Site) -> None:
    async with browser(replace(site, files=files.load(Path("/nowhere")))) as client:
        answer = await client.get("/")
        assert (answer.status_code, "make setup" in answer.text) == (503, True)
