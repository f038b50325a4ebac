"""One trade: book, orders, fees, money and volume change together; then the events tell it in their order."""

from msgspec import Struct

from krakenbox.model.event import BalancePosted, BookAction, LedgerKind, OrderFilled, Traded
from krakenbox.model.fixed import Amount, Cost, Price, Qty, nearest
from krakenbox.model.ids import LEDGER, TRADE
from krakenbox.model.order import FeePreference, Order, OrderStatus, Reference, Side
from krakenbox.model.reject import Reason
from krakenbox.venue import fees
from krakenbox.venue.accounts import Account
from krakenbox.venue.aftermath import Filled, Priced
from krakenbox.venue.fees import Schedule
from krakenbox.venue.lifecycle import book_changed, close, refill
from krakenbox.venue.market import Market
from krakenbox.venue.moment import Moment
from krakenbox.venue.venue import Venue


class _Trade(Struct, gc=False):
    """What both sides of a trade share."""

    market: Market
    trade_id: int
    price: Price
    qty: Qty
    exact: int
    cost: Cost
    day: int
    schedule: Schedule
    volume: int
    """What the trade adds to either side's 30-day volume."""


class _Party(Struct, gc=False):
    """One side of a trade, and what it gets and pays in ledger units."""

    order: Order
    account: Account
    maker: bool
    exec_id: str
    fee_asset: str
    fee: int
    """In units of quantity if it pays fees in the base asset, else of cost."""
    fee_usd: Cost
    ledger_fee: Amount
    base: Amount = Amount(0)
    quote: Amount = Amount(0)


def settle(venue: Venue, now: Moment, market: Market, taker: Order, maker: Order, qty: Qty) -> None:
    """Trade `qty` between an arriving and a resting order, at the resting order's price."""
    trade = _trade(venue, now, market, maker.limit_price, qty)
    shown = maker.shown
    level_qty = market.book.own(maker.terms.side).fill(maker, qty)
    taker.filled = Qty(taker.filled + qty)
    passive = _party(venue, now, trade, maker, is_maker=True)
    active = _party(venue, now, trade, taker, is_maker=False)
    for party in (passive, active):
        # Only now: they may be of one account, whose rates are those it had before the trade.
        party.account.volume.add(trade.day, trade.volume)
    if taker.terms.side is Side.BUY:
        _pay(venue, trade, buyer=active, seller=passive)
    else:
        _pay(venue, trade, buyer=passive, seller=active)

    terms = taker.terms
    kind = terms.order_type.working
    now.emit(Traded(now.time_ns, terms.symbol, trade.trade_id, trade.price, qty, terms.side, kind))
    if shown == qty:
        book_changed(now, maker, level_qty, BookAction.REMOVED, shown)
        _tell(now, trade, passive)
        if maker.filled == maker.qty:
            close(venue, now, maker, OrderStatus.FILLED, Reason.NONE)
        else:
            refill(now, market, maker)
    else:
        book_changed(now, maker, level_qty, BookAction.MODIFIED, maker.shown)
        _tell(now, trade, passive)
    _tell(now, trade, active)
    _post(now, trade, passive, active if active.account is passive.account else None)
    _post(now, trade, active)
    _leave_behind(venue, trade, maker, taker)


def _leave_behind(venue: Venue, trade: _Trade, *orders: Order) -> None:
    """A trade is a last price, which may wake orders, and a fill may enter one."""
    venue.aftermath.append(Priced(trade.market, Reference.LAST, trade.price))
    for order in orders:
        if order.terms.conditional is not None:
            venue.aftermath.append(Filled(order, trade.qty))


def _trade(venue: Venue, now: Moment, market: Market, price: Price, qty: Qty) -> _Trade:
    """Number a trade and work out what it is worth."""
    market.trade_id += 1
    market.last_price = price
    exact = price * qty
    cost = Cost(market.to_cost.nearest(exact))
    volume = market.cost_to_usd.nearest(venue.in_usd(market.instrument.quote, cost))
    day = fees.day_of(now.time_ns)
    return _Trade(market, market.trade_id, price, qty, exact, cost, day, venue.schedule(market), volume)


def _party(venue: Venue, now: Moment, trade: _Trade, order: Order, is_maker: bool) -> _Party:
    """Fill one side and charge it the rate that its volume before this trade has earned."""
    account = venue.accounts[order.account]
    tier = trade.schedule.tier(account.volume.at(trade.day))
    ppm = tier.maker_ppm if is_maker else tier.taker_ppm
    market = trade.market
    fee = fees.fee(trade.cost, ppm)
    fee_usd = Cost(venue.in_usd(market.instrument.quote, fee))
    fee_asset, ledger_fee = market.instrument.quote, market.cost_to_quote.nearest(fee)
    if order.terms.fee_preference is FeePreference.BASE:
        # A fee in base is the same share of the quantity, at the quantity's precision.
        fee = fees.fee(trade.qty, ppm)
        fee_asset, ledger_fee = market.instrument.base, market.to_base.nearest(fee)
    order.become(OrderStatus.PARTIALLY_FILLED)
    order.cum_cost = Cost(order.cum_cost + trade.cost)
    order.cum_exact += trade.exact
    order.avg_price = Price(nearest(order.cum_exact, order.filled))
    order.fee_usd = Cost(order.fee_usd + fee_usd)
    exec_id = now.mint(TRADE)
    return _Party(order, account, is_maker, exec_id, fee_asset, fee, fee_usd, Amount(ledger_fee))


def _pay(venue: Venue, trade: _Trade, buyer: _Party, seller: _Party) -> None:
    """Move the money of a trade."""
    market = trade.market
    base = _move(venue, trade, market.instrument.base, seller, buyer)
    quote = _move(venue, trade, market.instrument.quote, buyer, seller)
    buyer.base, buyer.quote = Amount(base), Amount(-quote)
    seller.base, seller.quote = Amount(-base), Amount(quote)


def _move(venue: Venue, trade: _Trade, asset: str, payer: _Party, receiver: _Party) -> int:
    """Move one asset of a trade and the fees in it: the payer's on top, the receiver's out of what it gets.

    The amount moved.
    """
    market, move = trade.market, venue.ledger.move
    is_base = asset == market.instrument.base
    amount = market.to_base.nearest(trade.qty) if is_base else market.to_quote.nearest(trade.exact)
    paid = _payable(payer, amount + payer.ledger_fee if payer.fee_asset == asset else amount)
    amount = min(amount, paid)
    move(payer.account, receiver.account, asset, amount)
    if payer.fee_asset == asset:
        payer.ledger_fee = Amount(paid - amount)
        move(payer.account, venue.ledger.fees, asset, payer.ledger_fee)
    if receiver.fee_asset == asset:
        receiver.ledger_fee = Amount(min(receiver.ledger_fee, amount))
        move(receiver.account, venue.ledger.fees, asset, receiver.ledger_fee)
    _hold_less(market, payer, paid)
    return amount


def _payable(party: _Party, due: int) -> int:
    """What one side pays of what it owes: all of it, unless neither hold nor free funds suffice."""
    # A hold may be short of it: ledger amounts are rounded one by one, a hold once, and a rate may have risen
    # since entry. Where nothing is free either, the other side, or the venue, gets that much less.
    hold = party.order.hold
    return due if due <= hold else min(due, hold + party.account.available(party.order.hold_asset))


def _hold_less(market: Market, party: _Party, paid: int) -> None:
    """Hold what the remainder needs, and never more than is left of the hold."""
    order = party.order
    left = max(order.hold - paid, 0)
    remaining = order.qty - order.filled
    if remaining and order.limit_price:
        exact = order.limit_price * remaining
        left = min(left, market.hold(order.terms.side, exact, remaining, order.hold_ppm))
    party.account.hold(order, left)


def _tell(now: Moment, trade: _Trade, party: _Party) -> None:
    order = party.order
    now.emit(
        OrderFilled(
            now.time_ns,
            order.account,
            order.order_id,
            order.terms,
            party.exec_id,
            trade.trade_id,
            trade.price,
            trade.qty,
            trade.cost,
            party.maker,
            party.fee,
            party.fee_asset,
            party.fee_usd,
            order.filled,
            order.cum_cost,
            order.avg_price,
        )
    )


def _post(now: Moment, trade: _Trade, party: _Party, later: _Party | None = None) -> None:
    """The ledger entries of one side: base leg first (as in Kraken's balances page), the fee on its leg.

    `later` is the side of the same account that is told next.
    """
    instrument = trade.market.instrument
    for asset, amount in ((instrument.base, party.base), (instrument.quote, party.quote)):
        fee = party.ledger_fee if party.fee_asset == asset else _NO_FEE
        balance = party.account.balances[asset]
        if later is not None:
            balance -= later.base if asset == instrument.base else later.quote
            balance += later.ledger_fee if later.fee_asset == asset else 0
        now.emit(
            BalancePosted(
                now.time_ns,
                party.account.account,
                asset,
                now.mint(LEDGER),
                party.exec_id,
                LedgerKind.TRADE,
                amount,
                fee,
                Amount(balance),
            )
        )


_NO_FEE = Amount(0)
