"""`Description` to text: the inverse of `parser.parse`, lines ending in CRLF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from causerie.sdp.model import Attribute, Description, Section


def write(description: Description) -> str:
    """Returns the text of `description`; `parse(write(d)) == d` for every description that parses."""
    return "".join(f"{line}\r\n" for line in _lines(description))


def _lines(description: Description) -> Iterator[str]:
    origin = description.origin
    yield "v=0"
    yield f"o={origin.username} {origin.session_id} {origin.version} {origin.address}"
    yield f"s={description.name}"
    for line in description.lines:
        yield f"{line.letter}={line.value}"
    yield from _attributes(description.attributes)
    for section in description.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"m={section.media} {section.port} {section.protocol} {' '.join(section.formats)}"
    for line in section.lines:
        yield f"{line.letter}={line.value}"
    yield from _attributes(section.attributes)


def _attributes(attributes: Iterable[Attribute]) -> Iterator[str]:
    for attribute in attributes:
        yield f"a={attribute.name}" if attribute.value is None else f"a={attribute.name}:{attribute.value}"
