"""The fields a request may have, read from its Struct, and JSON values held against them.

    annotation              JSON type        value
    str                     string           text
    Decimal                 number_float     Decimal, of integers too
    int                     number_integer   int
    bool                    boolean          bool
    Time, ClientId, UserRef string, integer  parsed
    an enum, Literal[...]   string, integer  one of its values
    list[...]               array            list
    a Struct                object           the Struct

Kraken names the types as its JSON library does (`Limit_price field must be a number_float`, recorded).
`X | None` is an optional X: null is refused like any other wrong type.
"""

import re
from collections.abc import Callable, Set
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields as struct_fields

from krakenbox.errors import ProtocolError
from krakenbox.model.reject import Reject
from krakenbox.protocol import timestamp
from krakenbox.protocol.v2.methods import ClientId, Time, UserRef

Object = dict[str, Any]
"""A JSON object as decoded."""

_CLIENT_ID = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{32}|[\x20-\x7e]{1,18}"
)
_INT32 = 1 << 31
# The range of a double, which bounds what arithmetic on a number may cost: 1e999999999 has ten characters.
_EXPONENT = 308


class Field(Struct, frozen=True):
    """One field of a request."""

    word: str
    """Its JSON type in Kraken's words."""
    types: frozenset[type]
    """The types its JSON value may have once decoded."""
    parse: Callable[[Any], Any] | None = None
    """JSON value -> value; None for one of the right type that is not valid. No function: as it is."""
    nested: bool = False
    """Whether its value holds values of its own: `item` of an array, `table` of an object."""
    item: "Field | None" = None
    table: "Table | None" = None


class Table(Struct, frozen=True):
    """All fields of one Struct."""

    struct: type[Struct]
    fields: dict[str, Field]
    required: tuple[str, ...]
    """Fields without a default, the token before all others: it is missed first."""
    parse: dict[str, Callable[[Any], Any]]
    """`parse` of the fields that have one."""


@cache
def table(struct: type[Struct]) -> Table:
    """The fields of a Struct, in its order."""
    hints = get_type_hints(struct)
    fields = {info.name: _field(hints[info.name]) for info in struct_fields(struct)}
    required = [
        info.name
        for info in struct_fields(struct)
        if info.default is NODEFAULT and info.default_factory is NODEFAULT
    ]
    parse = {name: field.parse for name, field in fields.items() if field.parse is not None}
    return Table(struct, fields, tuple(sorted(required, key="token".__ne__)), parse)


def check(fields: Table, values: Object, msg_type: str) -> None:
    """Refuse fields that do not exist, then values of another JSON type."""
    known = fields.fields
    if not values.keys() <= known.keys():
        raise ProtocolError(unknown(known.keys(), values, msg_type))
    for name, value in values.items():
        field = known[name]
        if type(value) not in field.types:
            raise ProtocolError(wrong_type(name, field.word))
        if field.nested:
            _check_inside(name, field, value, msg_type)


def build(fields: Table, values: Object, refusal: Callable[[str], str]) -> Struct:
    """The Struct of checked values, which it takes over.

    Refuses the first required field that is not there, then the first value that is not valid, with the text
    `refusal` has for its name.
    """
    for name in fields.required:
        if name not in values:
            raise ProtocolError(absent(name))
    parse = fields.parse
    for name, value in values.items():
        if name in parse:
            parsed = parse[name](value)
            if parsed is None:
                raise ProtocolError(refusal(name))
            values[name] = parsed
    return fields.struct(**values)


def invalid_argument(name: str) -> str:
    """Refusal of a value that is not valid."""
    return Reject.INVALID_ARGUMENT.text(field=name)


def unknown(known: Set[str], values: Object, msg_type: str) -> str:
    """Refusal of the first field that does not exist; there is one."""
    name = next(name for name in values if name not in known)
    return Reject.UNSUPPORTED_FIELD.text(field=name, method=msg_type)


def absent(name: str) -> str:
    """Refusal of a request without a field it needs."""
    return Reject.FIELD_MISSING.text(field=_capitalized(name))


def wrong_type(name: str, word: str) -> str:
    """Refusal of a value of another JSON type."""
    text = Reject.FIELD_TYPE_AN if word[0] in "ao" else Reject.FIELD_TYPE
    return text.text(field=_capitalized(name), type=word)


def _check_inside(name: str, field: Field, value: Any, msg_type: str) -> None:
    if field.table is not None:
        check(field.table, value, msg_type)
    if field.item is not None:
        for item in value:
            if type(item) not in field.item.types:
                raise ProtocolError(wrong_type(name, field.item.word))
            if field.item.nested:
                _check_inside(name, field.item, item, msg_type)


def _capitalized(name: str) -> str:
    return name[:1].upper() + name[1:]


_STRING: frozenset[type] = frozenset((str,))
_INTEGER: frozenset[type] = frozenset((int,))
_NUMBER: frozenset[type] = frozenset((int, Decimal))


def number(value: int | Decimal) -> Decimal | None:
    """A number that is safe to calculate with."""
    exact = value if type(value) is Decimal else Decimal(value)
    return exact if -_EXPONENT <= exact.adjusted() <= _EXPONENT else None


def _time(text: str) -> int | None:
    try:
        return timestamp.parse(text)
    except ProtocolError:
        return None


def client_id(text: str) -> str | None:
    """A client's own id of an order."""
    return text if _CLIENT_ID.fullmatch(text) else None


def user_ref(value: int) -> int | None:
    """A client's number for orders."""
    return value if -_INT32 <= value < _INT32 else None


_LEAVES: dict[object, Field] = {
    str: Field("string", _STRING),
    bool: Field("boolean", frozenset((bool,))),
    int: Field("number_integer", _INTEGER),
    Decimal: Field("number_float", _NUMBER, number),
    Time: Field("string", _STRING, _time),
    ClientId: Field("string", _STRING, client_id),
    UserRef: Field("number_integer", _INTEGER, user_ref),
}


def _field(hint: Any) -> Field:
    if hint in _LEAVES:
        return _LEAVES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of(dict(zip(arguments, arguments, strict=True)))
    if origin is list:
        return _array(_field(arguments[0]))
    if arguments:
        assert type(None) in arguments, f"a field is of one type, or optional; was {hint}"
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return _field(inner)
    if issubclass(hint, StrEnum):
        return _one_of({member.value: member for member in hint})
    assert issubclass(hint, Struct), f"no JSON type is known for {hint}"
    return _object(table(hint))


def _one_of(values: dict[Any, Any]) -> Field:
    leaf = _LEAVES[type(next(iter(values)))]
    return Field(leaf.word, leaf.types, values.get)


def _array(item: Field) -> Field:
    def parse(values: list[Any]) -> list[Any] | None:
        parsed = [item.parse(value) for value in values] if item.parse else values
        return None if None in parsed else parsed

    return Field("array", frozenset((list,)), parse if item.parse else None, nested=True, item=item)


def _object(fields: Table) -> Field:
    def parse(values: Object) -> Struct:
        return build(fields, values, invalid_argument)

    return Field("object", frozenset((dict,)), parse, nested=True, table=fields)
