"""One trade: book, orders, fees, money and volume change together; then the events tell it in their order."""

from msgspec import Struct

from krakenbox.model.event import BalancePosted, BookAction, LedgerKind, OrderFilled, Traded
from krakenbox.model.fixed import Amount, Cost, Price, Qty, nearest
from krakenbox.model.ids import LEDGER, TRADE
from krakenbox.model.order import Order, OrderStatus, OrderType, Side
from krakenbox.model.reject import Reason
from krakenbox.venue import fees
from krakenbox.venue.accounts import Account
from krakenbox.venue.fees import Schedule
from krakenbox.venue.lifecycle import book_changed, close
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
    fee: Cost
    fee_usd: Cost
    base: Amount = Amount(0)
    quote: Amount = Amount(0)
    ledger_fee: Amount = Amount(0)


def settle(venue: Venue, now: Moment, market: Market, taker: Order, maker: Order, qty: Qty) -> None:
    """Trade `qty` between an arriving and a resting order, at the resting order's price."""
    trade = _trade(venue, now, market, maker.limit_price, qty)
    resting = Qty(maker.qty - maker.filled)
    level_qty = market.book.own(maker.terms.side).fill(maker, qty)
    taker.filled = Qty(taker.filled + qty)
    passive = _party(venue, now, trade, maker, is_maker=True)
    active = _party(venue, now, trade, taker, is_maker=False)
    if taker.terms.side is Side.BUY:
        _pay(venue, trade, buyer=active, seller=passive)
    else:
        _pay(venue, trade, buyer=passive, seller=active)

    terms = taker.terms
    now.emit(
        Traded(now.time_ns, terms.symbol, trade.trade_id, trade.price, qty, terms.side, terms.order_type)
    )
    if resting == qty:
        book_changed(now, maker, level_qty, BookAction.REMOVED, resting)
        _tell(now, trade, passive)
        close(venue, now, maker, OrderStatus.FILLED, Reason.NONE)
    else:
        book_changed(now, maker, level_qty, BookAction.MODIFIED, Qty(resting - qty))
        _tell(now, trade, passive)
    _tell(now, trade, active)
    _post(now, trade, passive)
    _post(now, trade, active)


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
    """Count a trade for one side and charge it the rate that its volume before this trade has earned."""
    account = venue.accounts[order.account]
    tier = trade.schedule.tier(account.volume.add(trade.day, trade.volume))
    fee = Cost(fees.fee(trade.cost, tier.maker_ppm if is_maker else tier.taker_ppm))
    fee_usd = Cost(venue.in_usd(trade.market.instrument.quote, fee))
    order.become(OrderStatus.PARTIALLY_FILLED)
    order.cum_cost = Cost(order.cum_cost + trade.cost)
    order.cum_exact += trade.exact
    order.avg_price = Price(nearest(order.cum_exact, order.filled))
    order.fee_usd = Cost(order.fee_usd + fee_usd)
    return _Party(order, account, is_maker, now.mint(TRADE), fee, fee_usd)


def _pay(venue: Venue, trade: _Trade, buyer: _Party, seller: _Party) -> None:
    """Move the money of a trade."""
    market = trade.market
    base_asset, quote_asset = market.instrument.base, market.instrument.quote
    base = _payable(seller, market.to_base.nearest(trade.qty))
    quote = market.to_quote.nearest(trade.exact)
    paid = _payable(buyer, quote + market.cost_to_quote.nearest(buyer.fee))
    quote = min(quote, paid)
    buyer_fee = paid - quote
    seller_fee = min(market.cost_to_quote.nearest(seller.fee), quote)
    move = venue.ledger.move
    move(seller.account, buyer.account, base_asset, base)
    move(buyer.account, seller.account, quote_asset, quote)
    move(buyer.account, venue.ledger.fees, quote_asset, buyer_fee)
    move(seller.account, venue.ledger.fees, quote_asset, seller_fee)
    buyer.base, buyer.quote, buyer.ledger_fee = Amount(base), Amount(-quote), Amount(buyer_fee)
    seller.base, seller.quote, seller.ledger_fee = Amount(-base), Amount(quote), Amount(seller_fee)
    _hold_less(market, buyer, paid)
    _hold_less(market, seller, base)


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
    if remaining and order.terms.order_type is OrderType.LIMIT:
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
            trade.market.instrument.quote,
            party.fee_usd,
            order.filled,
            order.cum_cost,
            order.avg_price,
        )
    )


def _post(now: Moment, trade: _Trade, party: _Party) -> None:
    """The ledger entries of one side: base leg first (as in Kraken's balances page), fee on the quote leg."""
    time_ns, emit, mint, ref_id = now.time_ns, now.emit, now.mint, party.exec_id
    account, balances = party.account.account, party.account.balances
    asset, kind = trade.market.instrument.base, LedgerKind.TRADE
    balance = Amount(balances[asset])
    emit(BalancePosted(time_ns, account, asset, mint(LEDGER), ref_id, kind, party.base, _NO_FEE, balance))
    asset, fee = trade.market.instrument.quote, party.ledger_fee
    balance = Amount(balances[asset])
    emit(BalancePosted(time_ns, account, asset, mint(LEDGER), ref_id, kind, party.quote, fee, balance))


_NO_FEE = Amount(0)
