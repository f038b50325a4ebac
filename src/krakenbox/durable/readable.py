"""Commands in words: fields by name, decimals where the log has integers, times where it has nanoseconds.

readable(stamped, table)    what differs from the defaults, for people
line(...)                   the same in one line of text
named(value)                every field as it is in the log, for programs
"""

import json
from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any

import msgspec
from msgspec import NODEFAULT, Struct

from krakenbox.model.command import AddAsset, AddInstrument, Command, Deposit, Stamped, Void
from krakenbox.model.fixed import to_text
from krakenbox.model.instrument import Instrument, InstrumentTable
from krakenbox.model.order import PriceType
from krakenbox.protocol.timestamp import nanos

Fields = dict[str, Any]

PCT_DECIMALS = 6
"""Decimals of a percentage: `model.order.PCT_UNIT`."""
_PRICES = frozenset(("price", "limit_price", "trigger_price", "price_increment"))
_QTYS = frozenset(("qty", "display_qty", "qty_increment", "qty_min"))
_COSTS = frozenset(("cash_qty", "cost_min"))
_COUNTED = frozenset(("bars", "trades", "tiers"))
"""Too many for a line: how many there are."""
_OPENED = frozenset(("terms", "ref", "asset", "instrument"))
"""Structs whose fields stand beside those of the command."""


def note(command: Command, table: InstrumentTable) -> None:
    """Let a table of what is listed learn from a command."""
    match command:
        case AddAsset(asset=asset):
            table.add_asset(asset)
        case AddInstrument(instrument=listed) if {listed.base, listed.quote} <= table.assets.keys():
            table.add(listed)
        case _:
            pass


def readable(stamped: Stamped, table: InstrumentTable) -> Fields:
    """Number, time, name and fields of a command that are not their defaults.

    Amends name an order and not its pair: their prices and quantities stay counts of the smallest decimals.
    """
    command = stamped.command
    fields = _fields(command, _instrument(command, table))
    if isinstance(command, Void):
        fields = {"voids": command.seq}
    if isinstance(command, Deposit) and command.asset in table.assets:
        fields["amount"] = to_text(command.amount, table.assets[command.asset].decimals)
    return {
        "seq": stamped.seq,
        "time": nanos(stamped.time_ns),
        "command": type(command).__name__,
        **fields,
    }


def line(fields: Fields) -> str:
    """One line of what `readable` gave."""
    seq, time, command, *_ = fields.values()
    rest = [f"{name}={_text(value)}" for name, value in list(fields.items())[3:]]
    return " ".join((f"{seq:>9}", time, f"{command:<14}", *rest)).rstrip()


def named(value: Any) -> Any:
    """A value with every field by its name, integers as they are; `type` says which command or event."""
    if isinstance(value, Struct):
        tag = value.__struct_config__.tag
        fields = {name: named(getattr(value, name)) for name in value.__struct_fields__}
        return fields if tag is None else {"type": tag, **fields}
    if isinstance(value, tuple | list):
        return [named(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def _instrument(command: Command, table: InstrumentTable) -> Instrument | None:
    """What a command's integers are of."""
    if isinstance(command, AddInstrument):
        return command.instrument
    orders = getattr(command, "orders", ())
    holder = getattr(command, "terms", orders[0] if orders else command)
    return table.get(getattr(holder, "symbol", ""))


@cache
def _defaults(kind: type[Struct]) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in msgspec.structs.fields(kind))


def _fields(struct: Struct, instrument: Instrument | None) -> Fields:
    """The fields that are not their defaults."""
    fields: Fields = {}
    for name, default in _defaults(type(struct)):
        value = getattr(struct, name)
        if default is not NODEFAULT and value == default:
            continue
        if name in _COUNTED:
            fields[name] = len(value)
        elif name in _OPENED and isinstance(value, Struct):
            fields.update(_fields(value, instrument))
        elif isinstance(value, int) and not isinstance(value, bool):
            fields[name] = _number(struct, name, value, instrument)
        else:
            fields[name] = _plain(value, instrument)
    return fields


def _plain(value: Any, instrument: Instrument | None) -> Any:
    if isinstance(value, Struct):
        return _fields(value, instrument)
    if isinstance(value, tuple):
        return [_plain(each, instrument) for each in value]
    return value.value if isinstance(value, Enum) else value


def _number(struct: Struct, name: str, value: int, instrument: Instrument | None) -> int | str:
    if name.endswith("_ns"):
        return nanos(value) if value else 0
    if name in _PRICES and getattr(struct, f"{name}_type", PriceType.STATIC) is PriceType.PCT:
        return to_text(value, PCT_DECIMALS).rstrip("0").rstrip(".") + "%"
    if instrument is None:
        return value
    if name in _PRICES:
        return to_text(value, instrument.price_decimals)
    if name in _QTYS:
        return to_text(value, instrument.qty_decimals)
    if name in _COSTS:
        return to_text(value, instrument.cost_decimals)
    return value


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"({' '.join(_pairs(value))})"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if text and not set(text) & set(" =\"'()[],") and text.isprintable() else json.dumps(text)


def _pairs(fields: Fields) -> Iterator[str]:
    return (f"{name}={_text(value)}" for name, value in fields.items())
