"""Routes of an instance: pages by room, the web client's files, API, metrics, the local authority.

Knows no conference and no engine: what changes comes as functions in `Site`, signalling as a route.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from causerie.conference.room_name import canonical
from causerie.edges.http.files import File
from causerie.edges.http.security import Guard

ROBOTS = "User-agent: *\nAllow: /$\nDisallow: /\n"
NOT_BUILT = "The page is not built: type make setup.\nLa page n'est pas construite : tapez make setup.\n"
NOT_FOUND = "There is nothing here.\nIl n'y a rien ici.\n"
NO_STORE = {"cache-control": "no-store"}
NO_INDEX = {"x-robots-tag": "noindex, nofollow"}


@dataclass(frozen=True, slots=True)
class Site:
    """What the routes serve."""

    files: Mapping[str, File]
    authority: bytes | None
    """The local authority's certificate in DER; None where there is none to trust."""
    health: Callable[[], Mapping[str, object]]
    capacity: Callable[[], Mapping[str, object]]
    metrics: Callable[[], tuple[bytes, str]]
    """The text of `/metrics` and its media type."""
    calls: Callable[[int | None], Awaitable[Mapping[str, object] | None]]
    """Figures of all conferences, or of everyone in one; None: there is no such conference."""
    metrics_readers: str
    """Who may read metrics and calls: loopback, everyone or nobody."""
    strict_transport: bool


def build(site: Site, routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """Returns the ASGI application: `routes` first, then those of `site`, all behind the security headers."""
    pages = _Pages(site)
    own = [
        Route("/", pages.landing),
        Route("/assets/{path:path}", pages.asset),
        Route("/ca", pages.authority),
        Route("/test", pages.test),
        Route("/robots.txt", pages.robots),
        Route("/metrics", pages.metrics),
        Route("/api/v1/health", pages.health),
        Route("/api/v1/capacity", pages.capacity),
        Route("/api/v1/calls", pages.calls),
        Route("/api/v1/calls/{conference:int}", pages.calls),
        Route("/{room}", pages.room),
    ]
    app = Starlette(routes=[*routes, *own], exception_handlers={404: _not_found})
    app.router.redirect_slashes = False
    return Guard(app, strict_transport=site.strict_transport)


async def _not_found(request: Request, error: Exception) -> Response:
    return PlainTextResponse(NOT_FOUND, 404, NO_STORE)


class _Pages:
    def __init__(self, site: Site) -> None:
        self._site = site

    async def landing(self, request: Request) -> Response:
        return self._page(request, "index.html")

    async def test(self, request: Request) -> Response:
        """Serves the page on which people try their devices and their network."""
        return self._page(request, "test.html", NO_INDEX)

    async def room(self, request: Request) -> Response:
        """Serves the room's page under its canonical address; files of the client come before rooms."""
        typed = request.path_params["room"]
        file = self._site.files.get(typed)
        if file is not None and not typed.endswith(".html"):
            return file.response(request)
        slug = canonical(typed)
        if slug is None:
            return PlainTextResponse(NOT_FOUND, 404, NO_STORE)
        if slug != typed:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"/{quote(slug)}{query}", 308)
        return self._page(request, "room.html", NO_INDEX)

    async def asset(self, request: Request) -> Response:
        file = self._site.files.get("assets/" + request.path_params["path"])
        return PlainTextResponse(NOT_FOUND, 404, NO_STORE) if file is None else file.response(request)

    async def authority(self, request: Request) -> Response:
        """Serves the certificate to trust, in the form that iOS, Android, Firefox and Windows all install."""
        if self._site.authority is None:
            return PlainTextResponse(NOT_FOUND, 404, NO_STORE)
        headers = {"content-disposition": 'inline; filename="causerie-ca.crt"', **NO_STORE}
        return Response(self._site.authority, 200, headers, "application/x-x509-ca-cert")

    async def robots(self, request: Request) -> Response:
        return PlainTextResponse(ROBOTS)

    async def health(self, request: Request) -> Response:
        return JSONResponse(dict(self._site.health()), headers=NO_STORE)

    async def capacity(self, request: Request) -> Response:
        return JSONResponse(dict(self._site.capacity()), headers=NO_STORE)

    async def metrics(self, request: Request) -> Response:
        """Serves the metrics to those who may read them; to others there is no such page."""
        if not may_read_metrics(self._site.metrics_readers, request.client.host if request.client else None):
            return PlainTextResponse(NOT_FOUND, 404, NO_STORE)
        body, media_type = self._site.metrics()
        return Response(body, 200, NO_STORE, media_type)

    async def calls(self, request: Request) -> Response:
        """Serves figures that explain a bad call to those who may read the metrics; no name is among them."""
        if not may_read_metrics(self._site.metrics_readers, request.client.host if request.client else None):
            return PlainTextResponse(NOT_FOUND, 404, NO_STORE)
        found = await self._site.calls(request.path_params.get("conference"))
        if found is None:
            return PlainTextResponse(NOT_FOUND, 404, NO_STORE)
        return JSONResponse(dict(found), headers=NO_STORE)

    def _page(self, request: Request, name: str, headers: Mapping[str, str] | None = None) -> Response:
        file = self._site.files.get(name)
        if file is None:
            return PlainTextResponse(NOT_BUILT, 503, NO_STORE)
        return file.response(request, headers=headers)


def may_read_metrics(readers: str, address: str | None) -> bool:
    """Says whether a client at `address` may read the metrics; `readers` is loopback, everyone or nobody."""
    if readers != "loopback" or address is None:
        return readers == "everyone"
    try:
        client = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = client.ipv4_mapped if isinstance(client, ipaddress.IPv6Address) else None
    return (mapped or client).is_loopback
