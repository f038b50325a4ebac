"""The trading counter of an account and pair: what each transaction costs, how it decays, when it refuses.

Rules and figures are of Kraken's guide "spot trading rate limits". A counter is exact: units of 10**-12, so
that a decay in thousandths per second times nanoseconds needs no rounding. Costs are thousandths.

    charge(venue, now, account, symbol, ADD)                         add_order; None, or the refusal
    charge(venue, now, account, symbol, batch_add_cost(15))          batch_add, once
    charge(venue, now, account, symbol, amend_cost(order, now.time_ns))
    charge_cancel(venue, now, account, order)                        before each cancel of a named order

Nothing is charged by cancel_all, the dead man's switch, expiry, self-trade prevention, a trigger that fires
or an order that a fill enters: the guide names no cost for them.
"""

from typing import NamedTuple

from krakenbox.model.command import Tier
from krakenbox.model.event import RateCounted
from krakenbox.model.fixed import nearest
from krakenbox.model.order import Order
from krakenbox.model.reject import Reject
from krakenbox.venue.accounts import Account
from krakenbox.venue.moment import Moment
from krakenbox.venue.venue import Venue

ADD = 1_000
"""What adding an order costs, charged on receipt, even if it is refused afterwards."""

_UNITS_PER_MILLI = 10**9
_SECOND_NS = 10**9


class Limit(NamedTuple):
    """Trading limit of a tier."""

    threshold_milli: int
    decay_milli: int
    """Per second."""


LIMITS = {
    Tier.STARTER: Limit(60_000, 1_000),
    Tier.INTERMEDIATE: Limit(125_000, 2_340),
    Tier.PRO: Limit(180_000, 3_750),
}
"""By tier; one not named is not counted."""

_Ages = tuple[tuple[int, int], ...]
"""Age in seconds below which a transaction costs so much, youngest first; older orders cost nothing."""

_AMEND: _Ages = ((5, 3_000), (10, 2_000), (15, 1_000))
_EDIT: _Ages = ((5, 6_000), (10, 5_000), (15, 4_000), (45, 2_000), (90, 1_000))
_CANCEL: _Ages = ((5, 8_000), (10, 6_000), (15, 5_000), (45, 4_000), (90, 2_000), (300, 1_000))
_FIXED = 1_000
"""What an amend or an edit costs whatever the order's age."""


def batch_add_cost(count: int) -> int:
    """What adding several orders at once costs: half of adding them one by one."""
    return ADD * count // 2


def amend_cost(order: Order, time_ns: int) -> int:
    """What amending an order costs by its age."""
    return _FIXED + _by_age(_AMEND, order, time_ns)


def edit_cost(order: Order | None, time_ns: int) -> int:
    """What editing an order costs by its age; one that is not known costs what editing always does."""
    return _FIXED + (_by_age(_EDIT, order, time_ns) if order is not None else 0)


def cancel_cost(order: Order, time_ns: int) -> int:
    """What canceling an order costs by its age; also an amend that cancels, below the filled quantity."""
    return _by_age(_CANCEL, order, time_ns)


def _by_age(ages: _Ages, order: Order, time_ns: int) -> int:
    """Seconds count since the order was entered or last amended; at exactly 5 s it is not below 5 s."""
    age_ns = time_ns - order.touched_ns
    for seconds, cost in ages:
        if age_ns < seconds * _SECOND_NS:
            return cost
    return 0


def charge(venue: Venue, now: Moment, account: Account, symbol: str, cost: int) -> str | None:
    """Count a transaction, or say why not: over the threshold it is refused and costs nothing."""
    limit = LIMITS.get(account.tier)
    if limit is None or not venue.limits_enforced:
        return None
    counter = _decayed(account, symbol, limit, now.time_ns) + cost * _UNITS_PER_MILLI
    if counter > limit.threshold_milli * _UNITS_PER_MILLI:
        return Reject.RATE_LIMIT.text()
    _count(now, account, symbol, counter)
    return None


def charge_cancel(venue: Venue, now: Moment, account: Account, order: Order) -> None:
    """Count a cancel. It is let through over the threshold too, as the guide says of those in a batch."""
    limit = LIMITS.get(account.tier)
    if limit is None or not venue.limits_enforced:
        return
    symbol = order.terms.symbol
    cost = cancel_cost(order, now.time_ns) * _UNITS_PER_MILLI
    _count(now, account, symbol, _decayed(account, symbol, limit, now.time_ns) + cost)


def _decayed(account: Account, symbol: str, limit: Limit, time_ns: int) -> int:
    """The counter as of now: it falls steadily, by the rate of the account's tier, and never below 0."""
    units, counted_ns = account.counters.get(symbol, (0, time_ns))
    return max(0, units - (time_ns - counted_ns) * limit.decay_milli)


def _count(now: Moment, account: Account, symbol: str, units: int) -> None:
    account.counters[symbol] = (units, now.time_ns)
    now.emit(RateCounted(now.time_ns, account.account, symbol, nearest(units, _UNITS_PER_MILLI)))
