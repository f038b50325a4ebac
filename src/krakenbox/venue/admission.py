"""How an order begins: it waits for its start, falls asleep until its trigger fires, or works at once."""

from krakenbox.engine.matching import Plan
from krakenbox.model.event import TriggerChanged
from krakenbox.model.fixed import Amount, Price
from krakenbox.model.ids import ORDER
from krakenbox.model.order import Order, OrderId, OrderStatus, OrderType, Side
from krakenbox.model.reject import Reason
from krakenbox.venue import fees
from krakenbox.venue.checks import Entry
from krakenbox.venue.execution import execute, planned
from krakenbox.venue.lifecycle import accept, close, expect_end, expect_start, open_
from krakenbox.venue.market import Market
from krakenbox.venue.moment import Moment
from krakenbox.venue.venue import Venue

_NO_PARENT = OrderId("")


def enter(venue: Venue, now: Moment, entry: Entry, parent_id: OrderId = _NO_PARENT) -> Order:
    """Let in an order that passed its checks."""
    order = drafted(now, entry, parent_id)
    accept(venue, now, order)
    expect_end(venue, order)
    if order.terms.effective_ns > now.time_ns:
        expect_start(venue, order)
    elif order.terms.trigger is not None:
        _sleep(venue, now, entry.market, order)
    else:
        _work(venue, now, entry.market, order, entry.plan())
    return order


def drafted(now: Moment, entry: Entry, parent_id: OrderId) -> Order:
    """The order of an entry, with its id, before anybody knows of it."""
    terms, pricing = entry.terms, entry.pricing
    return Order(
        order_id=OrderId(now.mint(ORDER)),
        account=entry.account.account,
        terms=terms,
        # An order by cash is worth the quantity its cash buys.
        qty=entry.plan().qty if terms.cash_qty else terms.qty,
        limit_price=pricing.limit_price,
        time_ns=now.time_ns,
        created_ns=now.time_ns,
        hold=Amount(entry.hold),
        hold_asset=entry.market.hold_asset(terms.side),
        hold_ppm=entry.ppm,
        display_qty=terms.display_qty,
        parent_id=parent_id,
        trigger_price=pricing.trigger_price,
        peak_price=pricing.peak_price,
        touched_ns=now.time_ns,
    )


def begin(venue: Venue, now: Moment, order: Order) -> None:
    """Start a scheduled order: its time has come."""
    market = venue.markets[order.terms.symbol]
    if not venue.matching(market):
        return  # `waking` begins it when the market matches again.
    order.time_ns = now.time_ns
    if order.terms.trigger is None:
        plan = planned(venue, market, order)
        if _funded(venue, now, market, order, _cost(order, plan)):
            _work(venue, now, market, order, plan)
        return
    if order.terms.order_type.trailing:
        # A peak is the best price since the start.
        peak, reference = order.peak_price, market.triggers.price(order.terms.trigger.reference)
        market.triggers.follow(order, reference)
        if peak != reference:
            tell_trigger(now, order, reference)
    if _funded(venue, now, market, order, (order.limit_price or order.trigger_price) * order.qty):
        _sleep(venue, now, market, order)


def fire(venue: Venue, now: Moment, market: Market, order: Order, price: Price) -> None:
    """Let a woken order work: it joins the back of its queue as the limit or market order it has become."""
    order.triggered = True
    order.time_ns = now.time_ns
    tell_trigger(now, order, price)
    plan = planned(venue, market, order)
    if _funded(venue, now, market, order, _cost(order, plan)):
        execute(venue, now, market, order, plan)


def tell_trigger(now: Moment, order: Order, price: Price) -> None:
    """Say that a trigger moved or, if it is triggered now, fired."""
    now.emit(
        TriggerChanged(
            now.time_ns,
            order.account,
            order.order_id,
            order.terms,
            order.status,
            order.triggered,
            order.trigger_price,
            order.peak_price,
            price,
        )
    )


def _work(venue: Venue, now: Moment, market: Market, order: Order, plan: Plan) -> None:
    if plan.ending is Reason.POST_ONLY:
        # It never was live: an id, then the end.
        close(venue, now, order, OrderStatus.CANCELED, plan.ending)
        return
    open_(now, order)
    execute(venue, now, market, order, plan)


def _sleep(venue: Venue, now: Moment, market: Market, order: Order) -> None:
    if market.triggers.reached(order):
        close(venue, now, order, OrderStatus.CANCELED, Reason.WOULD_TRIGGER)
        return
    open_(now, order)
    market.triggers.add(order)


def _cost(order: Order, plan: Plan) -> int:
    """Exact price x qty a buy may come to: at its limit, or as the book stands."""
    if order.terms.order_type.working is OrderType.MARKET:
        return plan.exact
    return order.limit_price * order.remaining


def _funded(venue: Venue, now: Moment, market: Market, order: Order, exact: int) -> bool:
    """Hold what an order needs now, more or less than at entry; end it if its account cannot."""
    account = venue.accounts[order.account]
    taker_ppm = venue.schedule(market).tier(account.volume.at(fees.day_of(now.time_ns))).taker_ppm
    ppm = market.hold_ppm(order.terms, taker_ppm)
    exact = exact if order.terms.side is Side.BUY else 0
    needed = market.hold(order.terms.side, exact, order.remaining, ppm)
    if needed > order.hold + account.available(order.hold_asset):
        close(venue, now, order, OrderStatus.CANCELED, Reason.FUNDS)
        return False
    order.hold_ppm = ppm
    account.hold(order, needed)
    return True
