"""Writes `schema/messages.schema.json`: JSON Schema 2020-12 of every message."""

from __future__ import annotations

import json
from typing import get_args

import msgspec

from causerie.protocol import messages


def json_schema() -> str:
    """Returns the whole file; `ClientMessage` and `ServerMessage` are entries of `$defs`."""
    unions = {"ClientMessage": messages.ClientMessage, "ServerMessage": messages.ServerMessage}
    structs = [struct for union in unions.values() for struct in get_args(union)]
    references, definitions = msgspec.json.schema_components(structs, ref_template="#/$defs/{name}")
    by_struct = dict(zip(structs, references, strict=True))
    for name, union in unions.items():
        definitions[name] = {"oneOf": [by_struct[struct] for struct in get_args(union)]}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Causerie native messages, version {messages.PROTOCOL_VERSION}",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in unions],
        "$defs": dict(sorted(definitions.items())),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
