"""What every answer says to browsers, and which requests get one at all.

An ASGI layer around everything else. Names the page's own origin only: no third party is ever asked.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?\.?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?", re.IGNORECASE
)
MAX_TARGET_BYTES = 2_048
"""Longer than any address of ours; the room's name has 64 characters."""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob: data:",
    "media-src": "'self' blob:",
    "connect-src": "'self' wss://{host}",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "svelte-trusted-html causerie-worker",
}
"""`connect-src` names the socket's address for browsers whose 'self' does not cover wss; only Svelte's
templates may become HTML, only the service worker's fixed address a script."""

CONTENT_SECURITY_POLICY = "; ".join(f"{name} {value}" for name, value in POLICY.items())

PERMISSIONS = ", ".join(
    [
        f"{name}=(self)"
        for name in ("camera", "microphone", "display-capture", "fullscreen", "screen-wake-lock")
    ]
    + [f"{name}=()" for name in ("geolocation", "payment", "usb", "serial", "hid", "midi", "browsing-topics")]
)

FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": PERMISSIONS,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Guard:
    """Refuses requests that are not of a browser's making, and adds the security headers to every answer.

    `strict_transport` adds HSTS: never with a certificate of our own making, which people must be able to
    accept.
    """

    def __init__(self, app: ASGIApp, *, strict_transport: bool) -> None:
        self._app = app
        self._fixed = FIXED | ({"strict-transport-security": "max-age=31536000"} if strict_transport else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request; sockets pass through, their edge looks at `Host` and `Origin` itself."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(MutableHeaders(scope=message), host if HOST.fullmatch(host) else "localhost")
            await send(message)

        refusal = _refusal(scope, headers)
        await (refusal or self._app)(scope, receive, send_guarded)

    def _add(self, headers: MutableHeaders, host: str) -> None:
        headers["content-security-policy"] = CONTENT_SECURITY_POLICY.format(host=host)
        for name, value in self._fixed.items():
            headers[name] = value


def _refusal(scope: Scope, headers: Headers) -> PlainTextResponse | None:
    if scope["method"] not in ("GET", "HEAD"):
        return PlainTextResponse("method not allowed\n", 405, {"allow": "GET, HEAD"})
    if len(headers.getlist("host")) != 1 or not HOST.fullmatch(headers["host"]):
        return PlainTextResponse("the Host header is not a host\n", 400)
    if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET_BYTES:
        return PlainTextResponse("the address is too long\n", 414)
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return PlainTextResponse("nothing here takes a body\n", 413, {"connection": "close"})
    return None
