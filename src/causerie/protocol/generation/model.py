"""The messages as data for generators: names, members, limits, docstrings. Knows no output language."""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import msgspec
from msgspec import inspect as msgspec_types

from causerie.protocol import fields
from causerie.protocol import parts as shared


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a message: its wire name, its type, whether it may be absent, what it means."""

    name: str
    type: msgspec_types.Type
    required: bool
    default: object
    text: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A message (with `tag`) or a part of messages (without)."""

    name: str
    tag: str | None
    text: str
    members: tuple[Member, ...]


def shape(struct: type[msgspec.Struct]) -> Shape:
    """Returns what generators need to know of one message class."""
    info = msgspec_types.type_info(struct)
    assert isinstance(info, msgspec_types.StructType)  # noqa: S101 - for the type checker
    texts = member_texts(struct)
    members = tuple(
        Member(
            name=field.encode_name,
            type=field.type,
            required=field.required,
            default=None if field.default is msgspec.NODEFAULT else field.default,
            text=texts.get(field.name) or described(field.type),
        )
        for field in info.fields
    )
    tag = info.tag if isinstance(info.tag, str) else None
    return Shape(struct.__name__, tag, inspect.cleandoc(struct.__doc__ or ""), members)


def shapes_of(union: object) -> tuple[Shape, ...]:
    """Returns the shapes of a union of message classes, in the order written."""
    return tuple(shape(struct) for struct in get_args(union))


def parts() -> tuple[Shape, ...]:
    """Returns the untagged classes that messages are made of, in the order written."""
    return tuple(shape(value) for value in vars(shared).values() if is_part(value))


def is_part(value: object) -> bool:
    """Says whether something is a part of messages."""
    return isinstance(value, type) and issubclass(value, shared.Message) and value is not shared.Message


def literal_names() -> dict[tuple[str, ...], str]:
    """Returns the name of every string union that members use, by its values."""
    named: dict[str, Any] = vars(fields)
    return {
        tuple(sorted(get_args(value))): name
        for name, value in named.items()
        if get_origin(value) is Literal and not name.startswith("_")
    }


def literal_values(name: str) -> tuple[str, ...]:
    """Returns the values of a named string union in the order written."""
    return get_args(getattr(fields, name))


def member_texts(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Returns the docstrings that follow members in the source; Python itself does not keep them."""
    body = ast.parse(inspect.getsource(struct)).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - for the type checker
    texts: dict[str, str] = {}
    for before, after in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            texts[before.target.id] = inspect.cleandoc(str(after.value.value))
    return texts


def described(type_: msgspec_types.Type) -> str:
    """Returns the description a type carries by `Meta`, else an empty text."""
    if not isinstance(type_, msgspec_types.Metadata):
        return ""
    return str((type_.extra_json_schema or {}).get("description", ""))


def bare(type_: msgspec_types.Type) -> msgspec_types.Type:
    """Returns the type without the metadata around it."""
    return bare(type_.type) if isinstance(type_, msgspec_types.Metadata) else type_
