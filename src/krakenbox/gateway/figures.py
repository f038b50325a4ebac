"""Numbers of a request put into integers of their instrument.

The first number that does not fit stays as `refusal`; the integers made since then mean nothing.
"""

from collections.abc import Mapping
from decimal import Decimal

from krakenbox.model.fixed import Cost, Price, Qty, from_decimal
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import PriceType
from krakenbox.model.reject import Reject

MAX_UNITS = 2**63 - 1
"""Quantities and prices fit 64 bits, as on the venue and in every image of its state: 92 billion BTC."""
MAX_PRICE = 10**9
"""In quote units: no market trades near it, and at nine decimals it is still within `MAX_UNITS`."""
MAX_PCT = 1_000
"""Percent that an offset may be away from its reference, up or down."""
PCT_DECIMALS = 6
"""Of a percentage in `PCT_UNIT`s."""

Names = Mapping[str, str]
"""Fields of v2 whose name in a refusal is another one, and that name."""
V2_NAMES: Names = {}


class Figures:
    """The numbers of one request; None counts as 0."""

    __slots__ = ("_instrument", "_names", "refusal")

    def __init__(self, instrument: Instrument, names: Names = V2_NAMES) -> None:
        self.refusal = ""
        """Text of the first refusal; empty while everything fits."""
        self._instrument = instrument
        self._names = names

    def qty(self, value: Decimal | None, field: str) -> Qty:
        """A quantity of the base asset."""
        if value is None:
            return Qty(0)
        return Qty(self._units(value, self._instrument.qty_decimals, Reject.INVALID_ARGUMENT, field))

    def cost(self, value: Decimal | None, field: str) -> Cost:
        """An amount of the quote asset."""
        if value is None:
            return Cost(0)
        return Cost(self._units(value, self._instrument.cost_decimals, Reject.INVALID_ARGUMENT, field))

    def price(self, value: Decimal | None) -> Price:
        """An absolute price, on the tick."""
        if value is None:
            return Price(0)
        if not 0 < value < MAX_PRICE:
            self.refuse(Reject.INVALID_PRICE.text())
            return Price(0)
        price = self._units(value, self._instrument.price_decimals, Reject.TICK_SIZE)
        if price % self._instrument.price_increment:
            self.refuse(Reject.TICK_SIZE.text())
        return Price(price)

    def offset(self, value: Decimal | None, price_type: PriceType, field: str) -> int:
        """A price as its type says: absolute, or a signed offset in price units or in `PCT_UNIT`s."""
        if value is None or price_type is PriceType.STATIC:
            return self.price(value)
        percent = price_type is PriceType.PCT
        bound = MAX_PCT if percent else MAX_PRICE
        if not -bound < value < bound:
            self.refuse(Reject.INVALID_PRICE.text())
            return 0
        if percent:
            return self._units(value, PCT_DECIMALS, Reject.INVALID_ARGUMENT, field)
        return self._units(value, self._instrument.price_decimals, Reject.TICK_SIZE)

    def refuse(self, text: str) -> None:
        """Note what is wrong, unless something was before."""
        self.refusal = self.refusal or text

    def _units(self, value: Decimal, decimals: int, reject: Reject, field: str = "") -> int:
        units = from_decimal(value, decimals)
        if units is None or not -MAX_UNITS <= units <= MAX_UNITS:
            self.refuse(reject.text(field=self._names.get(field, field)))
            return 0
        return units
