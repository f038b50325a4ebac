"""Orders of the naive venue, and the arithmetic of their triggers. Prices and quantities are the integers of
the instrument."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from krakenbox.model.order import PCT_UNIT, OrderTerms, OrderType, PriceType, Side, Trigger

SCHEDULED, ASLEEP, MATCHING, RESTING = "scheduled", "asleep", "matching", "resting"
"""Where an open order is: it waits for its start, or for its trigger, it is at work, it is in the book."""


def nearest(value: Fraction) -> int:
    """Halves up; nothing here is negative."""
    return floor(value + Fraction(1, 2))


@dataclass(eq=False)
class NaiveOrder:
    """An open order. Its number counts accepted orders; 0 as long as it only asks to be let in."""

    account: str
    terms: OrderTerms
    qty: int  # in all
    limit: int  # 0: it has none
    trigger: int = 0
    peak: int = 0
    display: int = 0  # 0: all of it is visible
    parent: int = 0
    number: int = 0
    where: str = MATCHING
    filled: int = 0
    cost: int = 0  # sum of the fills' costs
    exact: int = 0  # sum of the fills' price x quantity
    hold: int = 0
    fee_ppm: int = 0  # the fee rate its hold provides for
    shown: int = 0
    joined: int = 0  # its turn in the queue
    time_ns: int = 0  # its time in the queue, as the public sees it
    turn: int = 0  # its turn among those asleep
    expiry: tuple[int, int] | None = None  # when, and its turn among the timers
    start: tuple[int, int] | None = None

    @property
    def left(self) -> int:
        """Quantity not filled."""
        return self.qty - self.filled

    @property
    def fired(self) -> bool:
        """Whether its trigger, if it ever had one, is history."""
        return self.where in (MATCHING, RESTING)

    @property
    def is_market(self) -> bool:
        """Whether it is a market order once it works."""
        return self.terms.order_type.working is OrderType.MARKET

    @property
    def average(self) -> int:
        """Average price of its fills."""
        return nearest(Fraction(self.exact, self.filled)) if self.filled else 0


def offset(price: int, by: int, kind: PriceType, tick: int) -> int:
    """A price given as such, or so far from another: then it is rounded to the nearest tick."""
    if kind is PriceType.STATIC:
        return by
    exact = Fraction(price) * (1 + Fraction(by, 100 * PCT_UNIT)) if kind is PriceType.PCT else price + by
    return nearest(Fraction(exact, tick)) * tick


def reversal(side: Side, peak: int, trigger: Trigger, tick: int) -> int:
    """The trigger of a trailing order: below the peak of a sell, above the trough of a buy, never at it."""
    if side is Side.SELL:
        return min(offset(peak, -trigger.price, trigger.price_type, tick), peak - 1)
    return max(offset(peak, trigger.price, trigger.price_type, tick), peak + 1)


def trigger_and_limit(terms: OrderTerms, beside: int, tick: int) -> tuple[int, int]:
    """Where trigger and limit stand beside a reference; beside its peak, if it trails."""
    assert terms.trigger is not None
    if not terms.order_type.trailing:
        return offset(beside, terms.trigger.price, terms.trigger.price_type, tick), terms.limit_price
    trigger = reversal(terms.side, beside, terms.trigger, tick)
    if terms.order_type is OrderType.TRAILING_STOP:
        return trigger, 0
    return trigger, offset(trigger, terms.limit_price, terms.limit_price_type, tick)


RISING = {
    (OrderType.STOP_LOSS, Side.BUY),
    (OrderType.STOP_LOSS_LIMIT, Side.BUY),
    (OrderType.TRAILING_STOP, Side.BUY),
    (OrderType.TRAILING_STOP_LIMIT, Side.BUY),
    (OrderType.TAKE_PROFIT, Side.SELL),
    (OrderType.TAKE_PROFIT_LIMIT, Side.SELL),
}
"""What fires when the reference has risen to the trigger; the others when it has fallen to it."""


def reached(terms: OrderTerms, trigger: int, price: int) -> bool:
    """Whether a price fires a trigger; 0 is no price."""
    if not price:
        return False
    return price >= trigger if (terms.order_type, terms.side) in RISING else price <= trigger
