"""Fields of a REST request: text to values. An empty field is as good as none; a wrong one is named.

A parser makes a value of a text, or None of one that is wrong.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct

from krakenbox.errors import ProtocolError
from krakenbox.model.reject import Reject
from krakenbox.protocol import timestamp
from krakenbox.protocol.timestamp import NS_PER_SECOND
from krakenbox.protocol.v2 import schema
from krakenbox.protocol.v2.methods import Time

T = TypeVar("T")
Parser = Callable[[str], T | None]

MAX_NUMBER = 64
"""Characters of a number; the largest quantity at the finest precision has under thirty."""

_DECIMAL = r"(?:\d+(?:\.\d*)?|\.\d+)"
_NUMBER = re.compile(rf"{_DECIMAL}(?:[eE][+-]?\d{{1,3}})?", re.ASCII)
_PRICE = re.compile(rf"([+\-#]?)({_DECIMAL})(%?)", re.ASCII)
_TIME = re.compile(r"(\+?)(\d{1,10})", re.ASCII)
_USERREF = re.compile(r"-?\d{1,10}", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
"""In any case: Python's clients send their own True."""


class Price(Struct, frozen=True):
    """A price as given: absolute, or with a sign away from a reference.

    Kraken, REST AddOrder: `+` adds, `-` subtracts, `#` does what side and type of the order suggest; `%`
    makes it a percentage.
    """

    value: Decimal
    """Not negative."""
    sign: str = ""
    percent: bool = False


def wrong(field: str) -> ProtocolError:
    """The refusal that names a field."""
    return ProtocolError(Reject.INVALID_ARGUMENT.text(field=field))


def optional(fields: Mapping[str, str], name: str, parse: Parser[T]) -> T | None:
    """The value of a field, None where it is absent; raises ProtocolError where it is wrong."""
    text = fields.get(name)
    if not text:
        return None
    value = parse(text)
    if value is None:
        raise wrong(name)
    return value


def required(fields: Mapping[str, str], name: str, parse: Parser[T]) -> T:
    """The value of a field that must be there."""
    value = optional(fields, name, parse)
    if value is None:
        raise wrong(name)
    return value


def number(text: str) -> Decimal | None:
    """A number without a sign."""
    sound = len(text) <= MAX_NUMBER and _NUMBER.fullmatch(text)
    return schema.number(Decimal(text)) if sound else None


def price(text: str) -> Price | None:
    """A price of any form; a percentage needs a sign."""
    match = _PRICE.fullmatch(text) if len(text) <= MAX_NUMBER else None
    if match is None or (match[3] and not match[1]):
        return None
    return Price(Decimal(match[2]), match[1], bool(match[3]))


def time_ns(text: str, now_ns: int) -> Time | None:
    """A second: `1700000000`, or `+30` from now, rounded up to a whole one; `0` is 0."""
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    second = int(match[2])
    if match[1]:
        second -= -now_ns // NS_PER_SECOND
    return Time(second * NS_PER_SECOND)


def deadline_ns(text: str) -> int | None:
    """A deadline: RFC 3339."""
    try:
        return timestamp.parse(text)
    except ProtocolError:
        return None


def userref(text: str) -> int | None:
    """A signed integer of 32 bits."""
    return schema.user_ref(int(text)) if _USERREF.fullmatch(text) else None


def flag(text: str) -> bool | None:
    """A boolean of either kind of body."""
    return _FLAGS.get(text.lower())
