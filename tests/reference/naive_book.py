"""The venue once more, to be read rather than run fast: what orders do to books and money, step by step.

Written from the rules and not from the engine: one list of open orders in order of arrival, searched from end
to end; exact fractions, rounded where a rule says so. Market and limit orders; gtc, ioc, fok and post-only;
self-trade prevention; holds, fees by 30-day volume, balances. Accounts and money are just there.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor

from krakenbox.model.command import FeeTier
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import OrderTerms, OrderType, Side, StpType, TimeInForce
from krakenbox.model.reject import Reason, Reject

DAY_NS = 86_400 * 1_000_000_000
USD_DECIMALS = 4
PROTECTION = Fraction(5, 100)  # a market order trades at most this far from the last price


def nearest(value: Fraction) -> int:
    """Halves up; nothing here is negative."""
    return floor(value + Fraction(1, 2))


@dataclass(eq=False)
class NaiveOrder:
    """An open order, under the number of the command that entered it."""

    number: int
    account: str
    terms: OrderTerms
    left: int
    hold: int
    fee_ppm: int  # the taker rate its hold provides for


@dataclass(frozen=True)
class NaiveTrade:
    """One match."""

    maker: int
    taker: int
    price: int
    qty: int
    cost: int
    maker_fee: int
    taker_fee: int


@dataclass
class Told:
    """What became of one command."""

    refusal: str | None = None
    trades: list[NaiveTrade] = field(default_factory=list)
    ended: list[tuple[int, str, str]] = field(default_factory=list)  # number, status, reason


class NaiveVenue:
    """All markets and all money."""

    def __init__(
        self, instruments: list[Instrument], decimals: dict[str, int], schedules: dict[str, list[FeeTier]]
    ) -> None:
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.decimals = decimals
        self.schedules = schedules
        self.orders: list[NaiveOrder] = []
        self.balances: dict[tuple[str, str], int] = {}
        self.last: dict[str, int] = {}  # price of the last trade
        self.volumes: dict[tuple[str, int], int] = {}  # USD ledger units by account and day
        self.told = Told()

    # --- commands

    def place(self, number: int, account: str, terms: OrderTerms, time_ns: int) -> Told:
        """An order arrives."""
        self.told = Told()
        i, day = self.instruments[terms.symbol], time_ns // DAY_NS
        met, ending = self.meet(account, terms)
        ppm = self.tier(account, i, day).taker_ppm
        hold = self.hold(terms, self.worst_cost(terms, met), terms.qty, ppm)
        self.told.refusal = self.refusal(account, terms, hold)
        if self.told.refusal is not None:
            return self.told
        qty = sum(qty for _, qty in met) if terms.cash_qty else terms.qty
        order = NaiveOrder(number, account, terms, qty, hold, ppm)
        self.orders.append(order)
        for maker, traded in met:
            if traded:
                self.trade(i, maker, order, traded, day)
            else:
                self.end(maker, "canceled", Reason.SELF_TRADE)
        if ending:
            self.end(order, "canceled", ending)
        elif order.left == 0:
            self.end(order, "filled", Reason.NONE)
        return self.told

    def cancel(self, account: str, number: int) -> Told:
        """A client cancels one order."""
        self.told = Told()
        for order in list(self.orders):
            if order.number == number and order.account == account:
                self.end(order, "canceled", Reason.USER)
                return self.told
        self.told.refusal = Reject.UNKNOWN_ORDER.text()
        return self.told

    # --- what can be seen

    def queue(self, symbol: str, side: Side) -> list[NaiveOrder]:
        """Resting orders, best price first, oldest first: sorting keeps the order of arrival."""
        orders = [o for o in self.orders if o.terms.symbol == symbol and o.terms.side is side]
        return sorted(orders, key=lambda o: -o.terms.limit_price if side is Side.BUY else o.terms.limit_price)

    def held(self, account: str, asset: str) -> int:
        """What an account's open orders hold of an asset."""
        return sum(o.hold for o in self.orders if o.account == account and self.pays_in(o.terms) == asset)

    def balance(self, account: str, asset: str) -> int:
        """Ledger units an account has, held or not."""
        return self.balances.get((account, asset), 0)

    def free(self, account: str, asset: str) -> int:
        """Ledger units of an account that no open order holds."""
        return self.balance(account, asset) - self.held(account, asset)

    # --- before trading

    def refusal(self, account: str, terms: OrderTerms, hold: int) -> str | None:
        """The first rule that an order breaks."""
        i = self.instruments[terms.symbol]
        if not terms.cash_qty and terms.qty < i.qty_min:
            return Reject.VOLUME_MINIMUM.text()
        if terms.limit_price % i.price_increment:
            return Reject.TICK_SIZE.text()
        least = Fraction(i.cost_min, 10**i.cost_decimals)
        cost = Fraction(terms.cash_qty, 10**i.cost_decimals) or self.value(i, terms.limit_price, terms.qty)
        if cost < least and (terms.order_type is OrderType.LIMIT or terms.cash_qty):
            return Reject.COST_MINIMUM.text()
        asset = self.pays_in(terms)
        if self.free(account, asset) < hold:
            return Reject.FUNDS.text()
        return None

    def worst_cost(self, terms: OrderTerms, met: list[tuple[NaiveOrder, int]]) -> Fraction:
        """The most a buy may cost: at its limit, all of its cash, or what it meets."""
        i = self.instruments[terms.symbol]
        if terms.order_type is OrderType.LIMIT:
            return self.value(i, terms.limit_price, terms.qty)
        if terms.cash_qty:
            return Fraction(terms.cash_qty, 10**i.cost_decimals)
        return sum((self.value(i, maker.terms.limit_price, qty) for maker, qty in met), Fraction(0))

    def hold(self, terms: OrderTerms, cost: Fraction, qty: int, ppm: int) -> int:
        """Ledger units set aside: a sell its quantity, a buy its cost and fee, each rounded up by itself."""
        i = self.instruments[terms.symbol]
        if terms.side is Side.SELL:
            return ceil(Fraction(qty, 10**i.qty_decimals) * 10 ** self.decimals[i.base])
        unit = 10 ** self.decimals[i.quote]
        fee = Fraction(ceil(cost * ppm / 1_000_000 * 10**i.cost_decimals), 10**i.cost_decimals)
        return ceil(cost * unit) + ceil(fee * unit)

    def meet(self, account: str, terms: OrderTerms) -> tuple[list[tuple[NaiveOrder, int]], Reason]:
        """The resting orders an arriving one trades with, how much (0: own ones, that die); why it ends."""
        i = self.instruments[terms.symbol]
        makers = self.queue(terms.symbol, terms.side.opposite)
        if terms.post_only and makers and self.may_trade(terms, makers[0].terms.limit_price):
            return [], Reason.POST_ONLY
        met: list[tuple[NaiveOrder, int]] = []
        price = makers[0].terms.limit_price if makers else 1
        # Cash never buys more than all of it would at the best price.
        left, cash = (
            self.affordable(i, terms.cash_qty, price) if terms.cash_qty else terms.qty,
            terms.cash_qty,
        )
        stopped = Reason.NO_LIQUIDITY
        for maker in makers:
            if not left:
                break
            if not self.may_trade(terms, maker.terms.limit_price):
                stopped = Reason.PRICE_PROTECTION
                break
            want = min(left, self.affordable(i, cash, maker.terms.limit_price)) if terms.cash_qty else left
            if not want:
                break
            own = maker.account == account
            if own and terms.stp is StpType.CANCEL_NEWEST:
                stopped = Reason.SELF_TRADE
                break
            price = maker.terms.limit_price
            met.append((maker, 0 if own else min(want, maker.left)))
            # Whoever leaves some of an order is done; cash that rounding spared buys nothing of the next.
            left = left - met[-1][1] if own or want >= maker.left else 0
            cash -= self.cost(i, price, met[-1][1])
            if own and terms.stp is StpType.CANCEL_BOTH:
                stopped = Reason.SELF_TRADE
                break
        if terms.cash_qty and any(qty for _, qty in met) and not self.affordable(i, cash, price):
            left = 0
        return (met, Reason.NONE) if left == 0 and met else self.remainder(terms, met, stopped)

    def remainder(
        self, terms: OrderTerms, met: list[tuple[NaiveOrder, int]], stopped: Reason
    ) -> tuple[list[tuple[NaiveOrder, int]], Reason]:
        """What becomes of an order that is not filled at once."""
        if terms.time_in_force is TimeInForce.FOK:
            return [], Reason.FILL_OR_KILL
        if terms.order_type is OrderType.MARKET or stopped is Reason.SELF_TRADE:
            return met, stopped
        return met, Reason.IMMEDIATE_OR_CANCEL if terms.time_in_force is TimeInForce.IOC else Reason.NONE

    def may_trade(self, terms: OrderTerms, price: int) -> bool:
        """Whether an arriving order takes a price: within its limit, or near enough to the last trade."""
        worst: Fraction | int = terms.limit_price
        if terms.order_type is OrderType.MARKET:
            if terms.symbol not in self.last:
                return True
            worst = self.last[terms.symbol] * (1 + PROTECTION if terms.side is Side.BUY else 1 - PROTECTION)
        return price <= worst if terms.side is Side.BUY else price >= worst

    # --- trading

    def trade(self, i: Instrument, maker: NaiveOrder, taker: NaiveOrder, qty: int, day: int) -> None:
        """One match at the resting order's price."""
        price = maker.terms.limit_price
        cost = self.cost(i, price, qty)
        maker_fee = nearest(Fraction(cost * self.tier(maker.account, i, day).maker_ppm, 1_000_000))
        taker_fee = nearest(Fraction(cost * self.tier(taker.account, i, day).taker_ppm, 1_000_000))
        self.told.trades.append(
            NaiveTrade(maker.number, taker.number, price, qty, cost, maker_fee, taker_fee)
        )
        self.last[i.symbol] = price
        for account in (maker.account, taker.account):
            self.volumes[account, day] = self.volumes.get((account, day), 0) + self.in_usd(i, cost)
        sides = [(taker, taker_fee), (maker, maker_fee)]
        self.pay(i, price, qty, *sorted(sides, key=lambda side: side[0].terms.side))
        if maker.left == 0:
            self.end(maker, "filled", Reason.NONE)

    def pay(
        self, i: Instrument, price: int, qty: int, buys: tuple[NaiveOrder, int], sells: tuple[NaiveOrder, int]
    ) -> None:
        """Base one way, quote the other, fees to the venue; to nearest, but from the hold and free funds."""
        (buyer, buyer_fee), (seller, seller_fee) = buys, sells
        unit = 10 ** self.decimals[i.quote]
        base = nearest(Fraction(qty, 10**i.qty_decimals) * 10 ** self.decimals[i.base])
        base = min(base, seller.hold + self.free(seller.account, i.base))
        purse = buyer.hold + self.free(buyer.account, i.quote)
        quote = min(nearest(self.value(i, price, qty) * unit), purse)
        buyer_pays = min(nearest(Fraction(buyer_fee, 10**i.cost_decimals) * unit), purse - quote)
        seller_pays = min(nearest(Fraction(seller_fee, 10**i.cost_decimals) * unit), quote)
        for account, asset, amount in (
            (buyer.account, i.base, base),
            (buyer.account, i.quote, -quote - buyer_pays),
            (seller.account, i.base, -base),
            (seller.account, i.quote, quote - seller_pays),
        ):
            self.balances[account, asset] = self.balance(account, asset) + amount
        for order, paid in ((buyer, quote + buyer_pays), (seller, base)):
            order.left -= qty
            order.hold = max(order.hold - paid, 0)
            if order.terms.order_type is OrderType.LIMIT:
                rest = self.value(i, order.terms.limit_price, order.left)
                order.hold = min(order.hold, self.hold(order.terms, rest, order.left, order.fee_ppm))

    def end(self, order: NaiveOrder, status: str, reason: Reason) -> None:
        """An order leaves; what it held is free again."""
        self.orders.remove(order)
        self.told.ended.append((order.number, status, reason))

    # --- worth

    def value(self, i: Instrument, price: int, qty: int) -> Fraction:
        """Exact price x quantity in quote units."""
        return Fraction(price, 10**i.price_decimals) * Fraction(qty, 10**i.qty_decimals)

    def cost(self, i: Instrument, price: int, qty: int) -> int:
        """The same at cost precision."""
        return nearest(self.value(i, price, qty) * 10**i.cost_decimals)

    def affordable(self, i: Instrument, cash: int, price: int) -> int:
        """Whole increments that cash buys at a price."""
        qty = Fraction(cash, 10**i.cost_decimals) / Fraction(price, 10**i.price_decimals) * 10**i.qty_decimals
        return floor(qty / i.qty_increment) * i.qty_increment

    def tier(self, account: str, i: Instrument, day: int) -> FeeTier:
        """The last step whose volume is reached, over today and the 29 days before."""
        volume = sum(self.volumes.get((account, each), 0) for each in range(day - 29, day + 1))
        steps = [t for t in self.schedules[i.fee_schedule] if t.volume_usd * 10**USD_DECIMALS <= volume]
        return steps[-1]

    def in_usd(self, i: Instrument, cost: int) -> int:
        """A cost in USD ledger units, by way of the last USD price of the quote asset; 0 if there is none."""
        if i.quote != "USD":
            usd = self.instruments.get(f"{i.quote}/USD")
            price = self.last.get(f"{i.quote}/USD", 0)
            cost = nearest(Fraction(cost * price, 10**usd.price_decimals)) if usd else 0
        return nearest(Fraction(cost, 10**i.cost_decimals) * 10**USD_DECIMALS)

    def pays_in(self, terms: OrderTerms) -> str:
        """The asset an order spends."""
        i = self.instruments[terms.symbol]
        return i.quote if terms.side is Side.BUY else i.base
