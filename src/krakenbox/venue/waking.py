"""After the matching of a command: prices move triggers and wake orders, fills enter secondaries.

One queue, first in, first out, for the whole venue. The trades of a command stand in it in trade order; what
a woken order or a secondary trades joins its end. Orders that one price wakes fire oldest first.
"""

from typing import assert_never

from krakenbox.engine.triggers import priced
from krakenbox.model.command import PlaceOrder
from krakenbox.model.fixed import Amount, Price
from krakenbox.model.order import Order, OrderStatus, OrderTerms, OrderType, Reference
from krakenbox.model.reject import Reason
from krakenbox.venue.admission import begin, drafted, enter, fire, tell_trigger
from krakenbox.venue.aftermath import Filled, Priced, Resumed
from krakenbox.venue.checks import Entry, funds
from krakenbox.venue.lifecycle import accept, close
from krakenbox.venue.market import Market
from krakenbox.venue.moment import Moment
from krakenbox.venue.venue import Venue


def settle_down(venue: Venue, now: Moment) -> None:
    """Do all that is left to be done, and what that leaves to be done, until nothing is."""
    aftermath = venue.aftermath
    while aftermath:
        left = aftermath.popleft()
        match left:
            case Priced():
                _wake(venue, now, left)
            case Filled():
                _spawn(venue, now, left)
            case Resumed():
                _resume(venue, now, left.market)
            case _:
                assert_never(left)


def _wake(venue: Venue, now: Moment, priced: Priced) -> None:
    if not venue.matching(priced.market):
        # Only the price that stands when the market matches again moves and wakes: see `_resume`.
        priced.market.triggers.note(priced.reference, priced.price)
        return
    moved, woken = priced.market.triggers.feed(priced.reference, priced.price)
    for order in moved:
        tell_trigger(now, order, priced.price)
    for order in woken:
        fire(venue, now, priced.market, order, priced.price)


def _resume(venue: Venue, now: Moment, market: Market) -> None:
    """Take in the prices that stand now, and begin what should have begun meanwhile."""
    for reference, price in ((Reference.LAST, market.last_price), (Reference.INDEX, market.index_price)):
        if price:
            _wake(venue, now, Priced(market, reference, price))
    late = [
        order
        for account in venue.accounts.values()
        for order in account.orders.values()
        if order.scheduled and venue.markets[order.terms.symbol] is market
        if order.terms.effective_ns <= now.time_ns
    ]
    # As their timers would have: by their start, then in order of entry, whosever they are.
    for order in sorted(late, key=lambda order: (order.terms.effective_ns, order.created_ns)):
        begin(venue, now, order)


def _spawn(venue: Venue, now: Moment, filled: Filled) -> None:
    """Enter the secondary of a fill."""
    primary = filled.order
    account, market = venue.accounts[primary.account], venue.markets[primary.terms.symbol]
    command = PlaceOrder(primary.account, secondary(primary, filled))
    entry = Entry(venue, account, market, command, now.time_ns)
    if entry.terms.trigger is not None:
        # An offset may come to nothing beside a low price: a tick is the least.
        least = market.instrument.price_increment
        has_limit = entry.terms.order_type.working is OrderType.LIMIT
        found = priced(entry.terms, market.triggers.price(entry.terms.trigger.reference), least)
        entry.pricing = found._replace(
            trigger_price=Price(max(found.trigger_price, least)),
            limit_price=Price(max(found.limit_price, least) if has_limit else 0),
        )
    if funds(entry) is None:
        enter(venue, now, entry, primary.order_id)
        return
    # It was promised with its primary, so it gets an id before it ends.
    order = drafted(now, entry, primary.order_id)
    order.hold = Amount(0)
    accept(venue, now, order)
    close(venue, now, order, OrderStatus.CANCELED, Reason.FUNDS)


def secondary(primary: Order, filled: Filled) -> OrderTerms:
    """Terms of the order that a fill of a primary enters."""
    terms, wanted = primary.terms, primary.terms.conditional
    assert wanted is not None, f"{primary.order_id} has no conditional"
    # Kraken, add_order: each fill of the primary creates one, of the fill's size, on the other side.
    return OrderTerms(
        symbol=terms.symbol,
        side=terms.side.opposite,
        order_type=wanted.order_type,
        qty=filled.qty,
        limit_price=Price(wanted.limit_price),
        limit_price_type=wanted.limit_price_type,
        trigger=wanted.trigger,
        stp=terms.stp,
        fee_preference=terms.fee_preference,
        sender_sub_id=terms.sender_sub_id,
    )
