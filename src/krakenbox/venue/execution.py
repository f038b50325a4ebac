"""Matching carried out: the plan of a live order becomes trades, cancels and what remains of it."""

from msgspec.structs import replace

from krakenbox.engine.matching import Plan, plan
from krakenbox.model.order import Order, OrderStatus
from krakenbox.model.reject import Reason
from krakenbox.venue.lifecycle import close, rest, withdraw
from krakenbox.venue.market import Market
from krakenbox.venue.moment import Moment
from krakenbox.venue.settlement import settle
from krakenbox.venue.venue import Venue


def planned(venue: Venue, market: Market, order: Order, post_only: bool = True) -> Plan:
    """What a live order that is in no book would do now, with all that remains of it.

    Without `post_only` its own `post_only` does not count.
    """
    terms = order.working_terms
    if not post_only and terms.post_only:
        terms = replace(terms, post_only=False)
    return plan(
        market.book,
        market.instrument,
        order.account,
        terms,
        market.last_price,
        venue.protection_ppm,
    )


def execute(venue: Venue, now: Moment, market: Market, order: Order, found: Plan) -> None:
    """Carry out the plan of a live order; then it rests, or it ends."""
    for step in found.steps:
        if step.qty:
            settle(venue, now, market, order, step.maker, step.qty)
        else:
            withdraw(venue, now, step.maker, OrderStatus.CANCELED, Reason.SELF_TRADE)
    if found.ending is not Reason.NONE:
        close(venue, now, order, OrderStatus.CANCELED, found.ending)
    elif order.filled == order.qty:
        close(venue, now, order, OrderStatus.FILLED, Reason.NONE)
    else:
        rest(venue, now, market, order)
    assert not market.book.crossed, f"{order.terms.symbol}: the book is crossed"
