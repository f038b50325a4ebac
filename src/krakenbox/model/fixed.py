"""Fixed-point integers and their wire text: the only parser and printer of decimals.

A price, quantity, cost or ledger amount is an integer count of the smallest decimal of its instrument or
asset. The number of decimals is never stored beside the integer; whoever prints it knows the instrument.
"""

from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import NewType

Price = NewType("Price", int)
"""Count of 10**-price_decimals quote units per base unit."""
Qty = NewType("Qty", int)
"""Count of 10**-qty_decimals base units."""
Cost = NewType("Cost", int)
"""Count of 10**-cost_decimals quote units: the precision of `cost`, `cum_cost` and fees on the wire."""
Amount = NewType("Amount", int)
"""Count of 10**-decimals units of one asset: the precision of its ledger."""

MAX_DIGITS = 30
"""Digits a number may need at its scale; 10**30 smallest units is far above any asset's supply."""

_EXACT = Context(prec=MAX_DIGITS * 4, traps=[InvalidOperation, Inexact])


def from_decimal(value: Decimal, decimals: int) -> int | None:
    """`value` as a count of 10**-decimals, or None where that would round, overflow or is not a number."""
    if not value.is_finite() or value.adjusted() + decimals >= MAX_DIGITS:
        return None
    try:
        scaled = value.scaleb(decimals, _EXACT)
        units = int(scaled)
    except (InvalidOperation, Inexact):
        return None
    return units if units == scaled else None


def from_text(text: str, decimals: int) -> int | None:
    """Plain decimal text (`-12.50`) as a count of 10**-decimals; None as for `from_decimal`."""
    try:
        return from_decimal(Decimal(text), decimals)
    except InvalidOperation:
        return None


def to_text(units: int, decimals: int) -> str:
    """Wire text at full precision: `to_text(628070, 1) == "62807.0"`; never an exponent."""
    if decimals == 0:
        return str(units)
    if units < 0:
        return "-" + to_text(-units, decimals)
    digits = str(units)
    if len(digits) <= decimals:
        digits = digits.zfill(decimals + 1)
    return f"{digits[:-decimals]}.{digits[-decimals:]}"


def nearest(numerator: int, denominator: int) -> int:
    """Quotient rounded to nearest, halves away from zero. `denominator` > 0.

    Kraken rounds costs and ledger amounts to nearest (support article "Decimal precision for API
    calculations").
    """
    if numerator < 0:
        return -nearest(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def ceiling(numerator: int, denominator: int) -> int:
    """Quotient rounded up: what a hold must reserve. `denominator` > 0."""
    return -(-numerator // denominator)


def rescale(units: int, decimals: int, to_decimals: int) -> int:
    """The same value at another number of decimals, to nearest where decimals are lost."""
    if to_decimals >= decimals:
        return int(units * 10 ** (to_decimals - decimals))
    return nearest(units, 10 ** (decimals - to_decimals))


def rescale_up(units: int, decimals: int, to_decimals: int) -> int:
    """As `rescale`, but rounded up where decimals are lost: for holds."""
    if to_decimals >= decimals:
        return int(units * 10 ** (to_decimals - decimals))
    return ceiling(units, 10 ** (decimals - to_decimals))


class Scale:
    """The step from one number of decimals to another, worked out once: `rescale` for hot paths."""

    __slots__ = ("divide", "multiply")

    def __init__(self, decimals: int, to_decimals: int) -> None:
        self.multiply: int = 10 ** max(to_decimals - decimals, 0)
        self.divide: int = 10 ** max(decimals - to_decimals, 0)

    def nearest(self, units: int) -> int:
        """`units` >= 0 at the target's decimals, halves up."""
        if self.divide == 1:
            return units * self.multiply
        return (2 * units + self.divide) // (2 * self.divide)

    def up(self, units: int) -> int:
        """`units` at the target's decimals, rounded up where decimals are lost."""
        if self.divide == 1:
            return units * self.multiply
        return -(-units // self.divide)
