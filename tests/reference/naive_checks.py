"""What the naive venue refuses: rules in order, the first that is broken names the refusal.

Terms that contradict themselves are refused by the gateway before; of these only what random streams contain.
"""

from dataclasses import dataclass
from fractions import Fraction

from msgspec.structs import replace

from krakenbox.model.command import AmendOrder
from krakenbox.model.instrument import Instrument, PairStatus, SystemStatus
from krakenbox.model.order import OrderTerms, OrderType, PriceType, Reference, TimeInForce, Trigger
from krakenbox.model.reject import Reject
from reference.naive_market import NaiveMarket
from reference.naive_orders import ASLEEP, RESTING, NaiveOrder, reached, trigger_and_limit


def wrong(field: str) -> str:
    """A field that cannot be meant so."""
    return Reject.INVALID_ARGUMENT.text(field=field)


def arguments(market: NaiveMarket, terms: OrderTerms) -> str | None:
    """Terms that contradict themselves."""
    i = market.instruments[terms.symbol]
    if terms.qty <= 0 and not terms.cash_qty:
        return wrong("order_qty")
    if terms.post_only and (terms.order_type.triggered or terms.order_type is OrderType.MARKET):
        return wrong("post_only")
    if terms.post_only and is_immediate(terms):
        return wrong("post_only")
    if terms.order_type is not OrderType.ICEBERG:
        return wrong("display_qty") if terms.display_qty else None
    if is_immediate(terms):
        return wrong("time_in_force")
    return wrong("display_qty") if shows_too_little(i.qty_min, terms.display_qty, terms.qty) else None


def is_immediate(terms: OrderTerms) -> bool:
    """Whether an order never rests."""
    return terms.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)


def shows_too_little(qty_min: int, display: int, qty: int) -> bool:
    """An iceberg shows at least a fifteenth, and at least the pair's minimum."""
    return display * 15 < qty or display < qty_min


def modes(market: NaiveMarket, symbol: str, is_passive: bool, is_market: bool) -> str | None:
    """What the modes of the venue and of the pair say to an order."""
    pair = market.instruments[symbol].status
    for system, refusal in (
        (SystemStatus.MAINTENANCE, Reject.UNAVAILABLE),
        (SystemStatus.CANCEL_ONLY, Reject.CANCEL_ONLY),
    ):
        if market.system is system:
            return refusal.text()
    if pair is PairStatus.CANCEL_ONLY:
        return Reject.CANCEL_ONLY.text()
    if SystemStatus.POST_ONLY is market.system or PairStatus.POST_ONLY is pair:
        return None if is_passive else Reject.POST_ONLY_MODE.text()
    return Reject.LIMIT_ONLY_MODE.text() if pair is PairStatus.LIMIT_ONLY and is_market else None


def off_tick(terms: OrderTerms, tick: int) -> bool:
    """Whether a price given as such stands between two ticks."""
    given = [(terms.limit_price, terms.limit_price_type)]
    if terms.conditional is not None:
        given.append((terms.conditional.limit_price, terms.conditional.limit_price_type))
    given += [(trigger.price, trigger.price_type) for trigger in triggers(terms)]
    return any(kind is PriceType.STATIC and price % tick for price, kind in given)


def triggers(terms: OrderTerms) -> list[Trigger]:
    """The trigger of an order and that of its secondaries."""
    found = [terms.trigger, terms.conditional.trigger if terms.conditional else None]
    return [trigger for trigger in found if trigger is not None]


def entry(market: NaiveMarket, order: NaiveOrder, references: dict[Reference, int], extra: int) -> str | None:
    """The first rule that an arriving order breaks; prices, fee rate and hold are worked out on the way.

    `extra` is free besides what is free: the hold of the order that this one replaces.
    """
    terms, i = order.terms, market.instruments[order.terms.symbol]
    too_small = not terms.cash_qty and terms.qty < i.qty_min
    return (
        modes(market, terms.symbol, terms.post_only, order.is_market)
        or (Reject.VOLUME_MINIMUM.text() if too_small else None)
        or (Reject.TICK_SIZE.text() if off_tick(terms, i.price_increment) else None)
        or entry_prices(i, order, references)
        or entry_worth(market, order)
        or (wrong("cl_ord_id") if is_taken(market, order) else None)
        or entry_funds(market, order, extra)
    )


def entry_prices(i: Instrument, order: NaiveOrder, references: dict[Reference, int]) -> str | None:
    """There is an index to watch, and offsets come to prices."""
    terms = order.terms
    if not i.has_index and any(each.reference is Reference.INDEX for each in triggers(terms)):
        return Reject.INDEX_UNAVAILABLE.text()
    if terms.trigger is None:
        return None
    beside = references[terms.trigger.reference]
    if not beside and terms.trigger.price_type is not PriceType.STATIC:
        return Reject.INVALID_PRICE.text()
    order.trigger, order.limit = trigger_and_limit(terms, beside, i.price_increment)
    order.peak = beside if terms.order_type.trailing else 0
    sound = order.trigger > 0 and (order.limit > 0 or order.is_market)
    return None if sound else Reject.INVALID_PRICE.text()


def entry_worth(market: NaiveMarket, order: NaiveOrder) -> str | None:
    """An order by cash, or whose price is known, comes to the minimum cost."""
    price = order.limit or order.trigger
    known = order.terms.cash_qty or price
    poor = known and not worth_it(market, order, price, order.qty)
    return Reject.COST_MINIMUM.text() if poor else None


def is_taken(market: NaiveMarket, order: NaiveOrder) -> bool:
    """Whether an open order of the account has the same client's id."""
    own = [each.terms.cl_ord_id for each in market.orders if each.account == order.account]
    return order.terms.cl_ord_id != "" and order.terms.cl_ord_id in own


def entry_funds(market: NaiveMarket, order: NaiveOrder, extra: int) -> str | None:
    """What an order must hold is free."""
    order.fee_ppm = market.provided_ppm(order.account, order.terms)
    order.hold = market.needed(order, order.limit or order.trigger, order.fee_ppm)
    free = market.free(order.account, market.pays_in(order.terms)) + extra
    return Reject.FUNDS.text() if free < order.hold else None


def worth_it(market: NaiveMarket, order: NaiveOrder, price: int, qty: int) -> bool:
    """Whether an order comes to the pair's minimum cost."""
    i = market.instrument(order)
    cost = Fraction(order.terms.cash_qty, 10**i.cost_decimals) or market.value(i, price, qty)
    return cost >= Fraction(i.cost_min, 10**i.cost_decimals)


@dataclass
class NaiveChange:
    """What an amend would make of an order."""

    terms: OrderTerms
    qty: int
    limit: int
    trigger: int
    display: int
    hold: int


def amend_arguments(order: NaiveOrder, command: AmendOrder) -> str | None:
    """Fields that an order does not have to be amended."""
    if order.terms.conditional is not None:
        return wrong("conditional")
    if command.qty is not None and command.qty <= 0:
        return wrong("order_qty")
    if command.display_qty is not None and not order.display:
        return wrong("display_qty")
    if command.limit_price is not None and order.is_market:
        return wrong("limit_price")
    is_offset = command.limit_price is not None and command.limit_price_type is not PriceType.STATIC
    if is_offset and order.terms.order_type is not OrderType.TRAILING_STOP_LIMIT:
        return wrong("limit_price_type")
    if command.trigger_price is not None and (order.terms.trigger is None or order.fired):
        return wrong("trigger_price")
    return None


def change_prices(
    market: NaiveMarket, order: NaiveOrder, command: AmendOrder, change: NaiveChange, reference: int
) -> bool:
    """Work out trigger and limit of an amend; whether they make sense."""
    terms = order.terms
    if command.limit_price is not None and terms.order_type is OrderType.TRAILING_STOP_LIMIT:
        kind = command.limit_price_type
        change.terms = replace(change.terms, limit_price=command.limit_price, limit_price_type=kind)
    elif command.limit_price is not None:
        change.limit = command.limit_price
    if command.trigger_price is not None:
        assert terms.trigger is not None
        kind = command.trigger_price_type
        if terms.order_type.trailing and kind is PriceType.STATIC:
            # A distance is never static: it stays of the kind that it was.
            kind = terms.trigger.price_type
        trigger = Trigger(command.trigger_price, kind, terms.trigger.reference)
        change.terms = replace(change.terms, trigger=trigger)
    if change.terms is not terms:
        assert change.terms.trigger is not None
        trigger, trails = change.terms.trigger, terms.order_type.trailing
        beside = order.peak if trails else reference
        if (trails and trigger.price <= 0) or (trigger.price_type is not PriceType.STATIC and not beside):
            return False
        trigger_price, limit = trigger_and_limit(
            change.terms, beside, market.instrument(order).price_increment
        )
        if terms.order_type is OrderType.TRAILING_STOP_LIMIT:
            change.limit = limit
        if command.trigger_price is not None:
            change.trigger = trigger_price
            if order.where == ASLEEP and reached(terms, trigger_price, reference):
                return False
    return (change.limit > 0 or order.is_market) and (change.trigger > 0 or terms.trigger is None)


def amend(
    market: NaiveMarket, order: NaiveOrder, command: AmendOrder, change: NaiveChange, reference: int
) -> str | None:
    """The first rule that an amend breaks; `change` is filled in on the way."""
    if not change_prices(market, order, command, change, reference):
        return Reject.INVALID_PRICE.text()
    ends = change.qty <= order.filled
    moves = order.where == RESTING and not ends and change.limit != order.limit
    takes = moves and market.crosses(order, change.limit)
    too_small = not ends and command.qty is not None and change.qty < market.instrument(order).qty_min
    text = (
        modes(market, order.terms.symbol, not takes, is_market=False)
        or (Reject.VOLUME_MINIMUM.text() if too_small else None)
        or (Reject.TICK_SIZE.text() if change_off_tick(market, order, command, change) else None)
    )
    if text is None and not ends:
        text = change_amounts(market, order, command, change)
    if text is None and takes and command.post_only:
        text = Reject.POST_ONLY_ORDER.text()
    return text or (None if ends else change_funds(market, order, change))


def change_off_tick(market: NaiveMarket, order: NaiveOrder, command: AmendOrder, change: NaiveChange) -> bool:
    """Whether a price that is amended stands between two ticks."""
    tick, trigger = market.instrument(order).price_increment, change.terms.trigger
    if command.limit_price is not None and change.limit % tick:
        return True
    if command.trigger_price is None or trigger is None:
        return False
    return trigger.price_type is PriceType.STATIC and change.trigger % tick != 0


def change_amounts(
    market: NaiveMarket, order: NaiveOrder, command: AmendOrder, change: NaiveChange
) -> str | None:
    """What is amended comes to the minimum cost, and an iceberg shows enough of what remains."""
    price = change.limit if (command.qty, command.limit_price) != (None, None) else 0
    if price and not worth_it(market, order, price, change.qty):
        return Reject.COST_MINIMUM.text()
    if not order.display or (command.qty, command.display_qty) == (None, None):
        return None
    left = change.qty - order.filled
    too_little = shows_too_little(market.instrument(order).qty_min, change.display, left)
    return wrong("display_qty") if too_little else None


def change_funds(market: NaiveMarket, order: NaiveOrder, change: NaiveChange) -> str | None:
    """What an order must hold more is free."""
    new = as_changed(order, change)
    before = market.needed(order, order.limit or order.trigger, order.fee_ppm)
    after = market.needed(new, new.limit or new.trigger, order.fee_ppm)
    # Who needs no more than before never has to find more: a hold may have become some units short.
    change.hold = after if after > before else min(after, order.hold)
    more = change.hold - order.hold
    return Reject.FUNDS.text() if more > market.free(order.account, market.pays_in(order.terms)) else None


def as_changed(order: NaiveOrder, change: NaiveChange) -> NaiveOrder:
    """The order as an amend would have it."""
    return NaiveOrder(
        order.account, change.terms, change.qty, change.limit, change.trigger, filled=order.filled
    )
