"""The built web client, read once at start: a table from path to bytes; no request touches the disk."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

IMMUTABLE = "public, max-age=31536000, immutable"
"""For files whose name holds a digest of their contents."""
REVALIDATE = "no-cache"

_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "application/manifest", "image/svg")
_TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".wasm": "application/wasm"}
_SUFFIXES = frozenset(
    {
        ".css",
        ".html",
        ".ico",
        ".js",
        ".json",
        ".png",
        ".svg",
        ".txt",
        ".wasm",
        ".webmanifest",
        ".webp",
        ".woff2",
    }
)


@dataclass(frozen=True, slots=True)
class File:
    """One file as it is sent."""

    contents: bytes
    compressed: bytes | None
    media_type: str
    etag: str
    cache: str

    def response(
        self, request: Request, *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Returns the answer to `request`: 304 where the browser has it, gzip where it can."""
        extra = {"cache-control": self.cache, "etag": self.etag, "vary": "accept-encoding", **(headers or {})}
        if status == 200 and request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=extra)
        body = self.contents
        if self.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body = self.compressed
            extra["content-encoding"] = "gzip"
        return Response(body, status, extra, self.media_type)


def load(root: Path) -> dict[str, File]:
    """Returns the files under `root` by their path (`assets/…`, `index.html`); none when it is not there."""
    if not root.is_dir():
        return {}
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in _SUFFIXES)
    return {(name := path.relative_to(root).as_posix()): _file(name, path) for path in paths}


def _file(name: str, path: Path) -> File:
    contents = path.read_bytes()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    compressed = None
    if media_type.startswith(_COMPRESSIBLE):
        smaller = gzip.compress(contents, 6, mtime=0)
        compressed = smaller if len(smaller) < len(contents) else None
    return File(
        contents=contents,
        compressed=compressed,
        media_type=media_type,
        etag=f'"{hashlib.sha256(contents).hexdigest()[:32]}"',
        cache=IMMUTABLE if name.startswith("assets/") else REVALIDATE,
    )
