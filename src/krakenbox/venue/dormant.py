"""What is asked of the terms of an order that waits for its trigger or its start, or that enters another.

Each rule answers with the exact wire text of the refusal, or None.
"""

from krakenbox.engine.triggers import Pricing, priced
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import (
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    TimeInForce,
    Trigger,
)
from krakenbox.model.reject import Reject
from krakenbox.venue.market import Market

_SECONDARIES = (
    OrderType.LIMIT,
    OrderType.STOP_LOSS,
    OrderType.STOP_LOSS_LIMIT,
    OrderType.TAKE_PROFIT,
    OrderType.TAKE_PROFIT_LIMIT,
    OrderType.TRAILING_STOP,
    OrderType.TRAILING_STOP_LIMIT,
)
"""Types that a `conditional` may have (Kraken, add_order)."""


def _refusal(field: str) -> str:
    return Reject.INVALID_ARGUMENT.text(field=field)


def triggered_arguments(terms: OrderTerms) -> str | None:
    """Terms of a triggered type, beyond those that every type is asked for."""
    if terms.cash_qty:
        return _refusal("cash_order_qty")
    if terms.display_qty:
        return _refusal("display_qty")
    if terms.post_only:
        # Kraken, REST AddOrder: post is for limit orders.
        return _refusal("post_only")
    if terms.time_in_force is TimeInForce.FOK and terms.order_type.working is OrderType.MARKET:
        return _refusal("time_in_force")
    return _prices(terms.order_type, terms.trigger, terms.limit_price, terms.limit_price_type)


def _prices(
    order_type: OrderType, trigger: Trigger | None, limit_price: int, limit_price_type: PriceType
) -> str | None:
    if trigger is None:
        return _refusal("triggers")
    is_static = trigger.price_type is PriceType.STATIC
    # Kraken, add_order: a reversal is positive, and in percent or in quote units.
    if order_type.trailing and (is_static or trigger.price <= 0):
        return _refusal("trigger_price_type" if is_static else "trigger_price")
    if is_static and trigger.price <= 0:
        return _refusal("trigger_price")
    if limit_price_type is not PriceType.STATIC:
        return None if order_type is OrderType.TRAILING_STOP_LIMIT else _refusal("limit_price_type")
    if (limit_price > 0) is (order_type.working is OrderType.LIMIT):
        return None
    return _refusal("limit_price")


def schedule_arguments(terms: OrderTerms) -> str | None:
    """Terms of an order with a scheduled start."""
    if terms.effective_ns < 0 or (terms.effective_ns and terms.cash_qty):
        return _refusal("effective_time")
    if terms.expire_ns and terms.expire_ns <= terms.effective_ns:
        return _refusal("expire_time")
    return None


def conditional_arguments(terms: OrderTerms) -> str | None:
    """The template of a secondary, if there is one."""
    conditional = terms.conditional
    if conditional is None:
        return None
    if conditional.order_type not in _SECONDARIES:
        return _refusal("conditional")
    trigger, limit_price = conditional.trigger, conditional.limit_price
    if conditional.order_type.triggered:
        return _prices(conditional.order_type, trigger, limit_price, conditional.limit_price_type)
    if trigger is not None or limit_price <= 0 or conditional.limit_price_type is not PriceType.STATIC:
        return _refusal("conditional")
    return None


def off_tick(terms: OrderTerms, instrument: Instrument) -> bool:
    """Whether a price given as such is between two ticks: the limit's, the trigger's, a secondary's."""
    if terms.trigger is None and terms.conditional is None:
        return terms.limit_price % instrument.price_increment != 0
    limits = [(terms.limit_price, terms.limit_price_type)]
    triggers = [terms.trigger]
    if terms.conditional is not None:
        limits.append((Price(terms.conditional.limit_price), terms.conditional.limit_price_type))
        triggers.append(terms.conditional.trigger)
    given = limits + [(Price(t.price), t.price_type) for t in triggers if t is not None]
    return any(
        price_type is PriceType.STATIC and price % instrument.price_increment for price, price_type in given
    )


def price(market: Market, terms: OrderTerms) -> Pricing | str:
    """Where the trigger and the limit of an order stand at entry, or why that cannot be said."""
    trigger, conditional = terms.trigger, terms.conditional
    wanted = [trigger, conditional.trigger if conditional is not None else None]
    if not market.instrument.has_index and any(t and t.reference is Reference.INDEX for t in wanted):
        return Reject.INDEX_UNAVAILABLE.text()
    if trigger is None:
        return Pricing(Price(0), Price(0), terms.limit_price)
    reference = market.triggers.price(trigger.reference)
    if not reference and trigger.price_type is not PriceType.STATIC:
        return Reject.INVALID_PRICE.text()
    found = priced(terms, reference, market.instrument.price_increment)
    has_limit = terms.order_type.working is OrderType.LIMIT
    if found.trigger_price <= 0 or (has_limit and found.limit_price <= 0):
        return Reject.INVALID_PRICE.text()
    return found
