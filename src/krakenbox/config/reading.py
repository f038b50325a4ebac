"""Typed values out of parsed TOML: a complaint names the file, the path of the value and what was expected.

`read` follows the annotations of msgspec Structs. It is not `msgspec.convert` because that knows neither the
names of table entries nor which keys or words would have been right.
"""

from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from krakenbox.errors import ConfigError

T = TypeVar("T")

_WORDS = {
    bool: "true or false",
    int: "a whole number",
    str: "a text",
    Decimal: "a number or its text",
    dict: "a table",
    tuple: "a list",
    frozenset: "a list",
}


class Place:
    """Where a value stands: a file and the dotted path within it."""

    __slots__ = ("file", "path")

    def __init__(self, file: str, path: str = "") -> None:
        self.file = file
        self.path = path

    def at(self, key: str | int) -> "Place":
        """The place of an entry of this one."""
        if isinstance(key, int):
            return Place(self.file, f"{self.path}[{key}]")
        step = key if key.replace("_", "").replace("-", "").isalnum() else f'"{key}"'
        return Place(self.file, f"{self.path}.{step}" if self.path else step)

    def error(self, expected: str, found: object = None) -> ConfigError:
        """What was expected here, and what was found instead."""
        was = "" if found is None else f"; was {_shown(found)}"
        return ConfigError(f"{self.file}: {self.path or 'the file'}: {expected}{was}")


def read(value: Any, kind: type[T], place: Place) -> T:
    """`value` as `kind`: a Struct, a dict, tuple or frozenset of something, an optional, or a plain value."""
    return _read(value, kind, place)  # type: ignore[no-any-return]


def _read(value: Any, kind: Any, place: Place) -> Any:
    origin = get_origin(kind) or kind
    if origin is UnionType:
        (inner,) = (argument for argument in get_args(kind) if argument is not NoneType)
        return _read(value, inner, place)
    if issubclass(origin, Struct):
        return _read_struct(value, origin, place)
    if origin is dict:
        _demand(value, dict, place)
        inner = get_args(kind)[1]
        return {key: _read(entry, inner, place.at(key)) for key, entry in value.items()}
    if origin in (tuple, frozenset):
        _demand(value, list, place)
        inner = get_args(kind)[0]
        return origin(_read(entry, inner, place.at(index)) for index, entry in enumerate(value))
    return _read_plain(value, origin, place)


def _read_struct(value: Any, kind: type[Struct], place: Place) -> Struct:
    _demand(value, dict, place)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    hints = get_type_hints(kind)
    for key in value:
        if key not in fields:
            raise place.at(key).error(f"no such key; expected one of {', '.join(sorted(fields))}")
    missing = [field.name for field in fields.values() if field.required and field.name not in value]
    if missing:
        raise place.error(f"lacks the key {missing[0]}")
    return kind(**{key: _read(entry, hints[key], place.at(key)) for key, entry in value.items()})


def _read_plain(value: Any, kind: type[Any], place: Place) -> Any:
    if issubclass(kind, StrEnum):
        if value not in tuple(kind):
            raise place.error(f"must be one of {', '.join(kind)}", value)
        return kind(value)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        raise place.error(f"must be {_WORDS[kind]}", value) from None


def _demand(value: Any, kind: type, place: Place) -> None:
    if not isinstance(value, kind):
        raise place.error(f"must be {_WORDS[tuple if kind is list else kind]}", value)


def _shown(found: object) -> str:
    if isinstance(found, Decimal):
        return str(found)
    return "a table" if isinstance(found, dict) else repr(found)
