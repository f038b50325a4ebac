"""Numbers as REST writes them, and the texts of requests that many methods share.

Kraken, REST reference and recordings: prices of market data, costs and fees at the decimals of costs; times
as JSON numbers in seconds; money and quantities as strings.
"""

import re

from msgspec import Raw

from krakenbox.errors import ProtocolError
from krakenbox.gateway.restfields import number, optional
from krakenbox.gateway.restmethod import Fields
from krakenbox.model.fixed import from_decimal, rescale, to_text
from krakenbox.model.instrument import Instrument
from krakenbox.model.reject import Reject

ASSET_CLASSES = ("forex", "tokenized_asset")
"""Classes of pairs in market data (Kraken, REST Ticker, `asset_class`)."""

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)
_MAX_SECONDS = 10**11
"""A larger time is one in nanoseconds: the year 5138 in seconds, one and a half minutes in nanoseconds."""


def unix(time_ns: int, decimals: int = 6) -> Raw:
    """A time in seconds as a JSON number: 1688667796.8802, 1688667796."""
    text = to_text(time_ns // 10 ** (9 - decimals), decimals)
    return Raw(text.rstrip("0").rstrip(".").encode())


def cost_text(cost: int, instrument: Instrument) -> str:
    """A cost or a fee of the quote asset."""
    return to_text(cost, instrument.cost_decimals)


def price_text(price: int, instrument: Instrument) -> str:
    """A price at the decimals of costs: 30010.00000."""
    decimals = max(instrument.cost_decimals, instrument.price_decimals)
    return to_text(rescale(price, instrument.price_decimals, decimals), decimals)


def qty_text(qty: int, instrument: Instrument) -> str:
    """A quantity."""
    return to_text(qty, instrument.qty_decimals)


def whole(text: str) -> int | None:
    """A whole number that is not negative."""
    return int(text) if _WHOLE.fullmatch(text) else None


def time_ns(text: str) -> int | None:
    """A time in seconds, whole or not, or one in nanoseconds."""
    value = number(text)
    if value is None:
        return None
    return from_decimal(value, 9) if value < _MAX_SECONDS else int(value)


def one_of(fields: Fields, name: str, values: tuple[int, ...], unset: int) -> int:
    """A number out of a list; another one is refused without a word of the field, as OHLC does (measured)."""
    text = fields.get(name)
    found = whole(text) if text else unset
    if found is None or found not in values:
        raise ProtocolError(Reject.INVALID_ARGUMENTS)
    return found


def within(fields: Fields, name: str, most: int, unset: int) -> int:
    """A number from 1 to a bound."""
    text = fields.get(name)
    found = whole(text) if text else unset
    if found is None or not 1 <= found <= most:
        raise ProtocolError(Reject.INVALID_ARGUMENTS)
    return found


def tokenized(fields: Fields) -> bool:
    """Whether `asset_class` asks for the other class of pairs, of which none is listed."""
    value = fields.get("asset_class") or ASSET_CLASSES[0]
    if value not in ASSET_CLASSES:
        raise ProtocolError(Reject.INVALID_ARGUMENTS)
    return value != ASSET_CLASSES[0]


def listed(fields: Fields, name: str, most: int) -> list[str]:
    """A comma list that must be there, of so many at most; raises ProtocolError."""
    names = [each.strip() for each in (fields.get(name) or "").split(",")]
    if not all(names) or len(names) > most:
        raise ProtocolError(Reject.INVALID_ARGUMENT.text(field=name))
    return list(dict.fromkeys(names))


def choice(fields: Fields, name: str, values: tuple[str, ...]) -> str:
    """One of some words, the first of them unless it is given."""
    return optional(fields, name, lambda text: text if text in values else None) or values[0]
