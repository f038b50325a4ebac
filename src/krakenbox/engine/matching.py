"""Matching: what an arriving order would do to a book, decided without touching the book.

`plan` answers with the steps in order (each a maker to trade with or an own order to cancel) and how the
order ends. Whoever asked carries the steps out. So "all or nothing" is a plan thrown away, a post-only order
that crosses never trades, and the funds of a market order are known before its first trade.
"""

from collections import deque

from msgspec import Struct

from krakenbox.engine.book import BookSide, OrderBook
from krakenbox.model.fixed import Price, Qty, Scale, ceiling
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, Order, OrderTerms, OrderType, Side, StpType, TimeInForce
from krakenbox.model.reject import Reason

PROTECTION_PPM = 50_000
"""Unless configured, a market order trades at most this far from the last price: 5 %, the lower end of the
5 to 10 % that Kraken's support article on market price protection once gave."""


class Step(Struct, gc=False):
    """Trade `qty` with a resting order; 0 = it is the arriving account's own and is canceled.

    An iceberg appears once for each slice that it shows.
    """

    maker: Order
    qty: Qty


class Plan(Struct, gc=False):
    """What an arriving order will do, in order, and what becomes of what remains of it."""

    steps: list[Step]
    remaining: Qty
    ending: Reason = Reason.NONE
    """Why the remainder is canceled; NONE: it rests, or nothing remains."""

    @property
    def exact(self) -> int:
        """Exact price x qty of all trades."""
        return sum(step.maker.limit_price * step.qty for step in self.steps)

    @property
    def qty(self) -> Qty:
        """Quantity of all trades."""
        return Qty(sum(step.qty for step in self.steps))


def plan(
    book: OrderBook,
    instrument: Instrument,
    account: AccountId,
    terms: OrderTerms,
    last_price: Price,
    protection_ppm: int = PROTECTION_PPM,
) -> Plan:
    """The plan of an order that arrives now; `last_price` is 0 before the first trade."""
    makers = book.opposite(terms.side)
    if terms.order_type is OrderType.MARKET:
        bound = protection_bound(terms.side, last_price, makers, protection_ppm)
        if terms.cash_qty:
            return _spend(makers, instrument, account, terms, bound)
        return _match(makers, account, terms, bound, terms.qty)
    if not makers.reaches(terms.limit_price):
        ending = _ENDINGS.get(terms.time_in_force, Reason.NONE)
        return Plan([], terms.qty, ending)
    if terms.post_only:
        # Kraken, add_order: a post-only order is canceled if it would take liquidity on arrival.
        return Plan([], terms.qty, Reason.POST_ONLY)
    found = _match(makers, account, terms, terms.limit_price, terms.qty)
    if terms.time_in_force is TimeInForce.FOK and found.remaining:
        # All or nothing, own orders included: a killed order leaves no trace in the book.
        return Plan([], terms.qty, Reason.FILL_OR_KILL)
    return found


_ENDINGS = {TimeInForce.IOC: Reason.IMMEDIATE_OR_CANCEL, TimeInForce.FOK: Reason.FILL_OR_KILL}
"""What ends the remainder of a limit order that may not rest."""


def protection_bound(
    side: Side, last_price: Price, makers: BookSide, protection_ppm: int = PROTECTION_PPM
) -> Price:
    """The worst price a market order takes; before the first trade that of the last level."""
    if not last_price:
        return Price(abs(makers.keys[0])) if makers.keys else Price(0)
    if side is Side.BUY:
        return Price(last_price * (1_000_000 + protection_ppm) // 1_000_000)
    return Price(ceiling(last_price * (1_000_000 - protection_ppm), 1_000_000))


def _match(makers: BookSide, account: AccountId, terms: OrderTerms, bound: Price, qty: Qty) -> Plan:
    """Price-time priority: best level first, oldest order first, each at its own price."""
    steps: list[Step] = []
    remaining = qty
    worst = makers.sign * bound
    for key in reversed(makers.keys):
        if key < worst:
            return Plan(steps, remaining, _ending(terms, Reason.PRICE_PROTECTION))
        hidden: list[Order] = []
        maker = makers.levels[key].head
        while maker is not None and remaining:
            # Kraken, add_order: `sender_sub_id` narrows self-trade prevention to one trader of an account.
            if maker.account == account and maker.terms.sender_sub_id == terms.sender_sub_id:
                if terms.stp is not StpType.CANCEL_NEWEST:
                    steps.append(Step(maker, Qty(0)))
                if terms.stp is not StpType.CANCEL_OLDEST:
                    return Plan(steps, remaining, Reason.SELF_TRADE)
            else:
                traded = min(remaining, maker.shown)
                steps.append(Step(maker, Qty(traded)))
                remaining = Qty(remaining - traded)
                if maker.display_qty:
                    hidden.append(maker)
            maker = maker.next
        if hidden:
            remaining = _match_hidden(steps, hidden, remaining)
        if not remaining:
            return Plan(steps, remaining)
    return Plan(steps, remaining, _ending(terms, Reason.NO_LIQUIDITY))


def _match_hidden(steps: list[Step], icebergs: list[Order], remaining: Qty) -> Qty:
    """Take the slices that a level's icebergs show one after the other; the quantity that still remains.

    Kraken, guide "spot amends": a reload joins the back of the queue. So once the queue as it stood has been
    traded, the icebergs come round in turn, a slice at a time, until none has anything left.
    """
    queue = deque((maker, maker.qty - maker.filled - maker.shown) for maker in icebergs)
    while queue and remaining:
        maker, left = queue.popleft()
        traded = min(remaining, maker.display_qty, left)
        if traded:
            steps.append(Step(maker, Qty(traded)))
            remaining = Qty(remaining - traded)
            queue.append((maker, left - traded))
    return remaining


def _ending(terms: OrderTerms, of_market: Reason) -> Reason:
    """Why a remainder that found no more makers is canceled; NONE: it rests."""
    if terms.order_type is OrderType.MARKET:
        return of_market
    return _ENDINGS.get(terms.time_in_force, Reason.NONE)


def _spend(
    makers: BookSide, instrument: Instrument, account: AccountId, terms: OrderTerms, bound: Price
) -> Plan:
    """The plan of a market order by `cash_qty`: what its cash buys, so that never more cost is spent."""
    to_cost = Scale(instrument.exact_decimals, instrument.cost_decimals)
    from_cost = Scale(instrument.cost_decimals, instrument.exact_decimals)
    cash = int(terms.cash_qty)

    def affordable(price: Price) -> Qty:
        # Rounded down to whole increments: the cost, rounded to nearest, stays within the units of cash.
        qty = from_cost.nearest(cash) // price
        return Qty(qty - qty % instrument.qty_increment)

    best = makers.best()
    if best is None or not affordable(best.price):
        return Plan([], Qty(0), Reason.NO_LIQUIDITY)
    # No price is better than the best: more than this is never bought.
    found = _match(makers, account, terms, bound, affordable(best.price))
    steps: list[Step] = []
    for step in found.steps:
        most = affordable(step.maker.limit_price)
        if step.qty > most or not most:
            if most:
                steps.append(Step(step.maker, most))
            break
        steps.append(step)
        cash -= to_cost.nearest(step.maker.limit_price * step.qty)
    else:
        last = steps[-1].maker.limit_price if steps else best.price
        return Plan(steps, Qty(0), found.ending if affordable(last) else Reason.NONE)
    traded = any(step.qty for step in steps)
    return Plan(steps, Qty(0), Reason.NONE if traded else Reason.NO_LIQUIDITY)
