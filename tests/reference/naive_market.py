"""The books of the naive venue: who stands where, and what an arriving order meets."""

from fractions import Fraction

from krakenbox.model.instrument import Instrument, PairStatus, SystemStatus
from krakenbox.model.order import Side, StpType, TimeInForce
from krakenbox.model.reject import Reason
from reference.naive_money import NaiveMoney
from reference.naive_orders import RESTING, NaiveOrder

PROTECTION = Fraction(5, 100)  # a market order trades at most this far from the last price
Met = list[tuple[NaiveOrder, int]]
"""Slices of resting orders that an arriving one takes, in order; 0: an own order, that dies."""


class NaiveMarket(NaiveMoney):
    """All books: one list of open orders, searched from end to end."""

    system = SystemStatus.ONLINE

    def instrument(self, order: NaiveOrder) -> Instrument:
        """The instrument of an order."""
        return self.instruments[order.terms.symbol]

    def may_match(self, symbol: str) -> bool:
        """Whether orders of a pair may trade now."""
        pair = self.instruments[symbol].status
        return self.system is SystemStatus.ONLINE and pair in (PairStatus.ONLINE, PairStatus.LIMIT_ONLY)

    def queue(self, symbol: str, side: Side) -> list[NaiveOrder]:
        """Resting orders, best price first, then in order of joining their level."""
        orders = [
            o for o in self.orders if o.where == RESTING and (o.terms.symbol, o.terms.side) == (symbol, side)
        ]
        return sorted(orders, key=lambda o: (-o.limit if side is Side.BUY else o.limit, o.joined))

    def level(self, like: NaiveOrder) -> list[NaiveOrder]:
        """Resting orders of the same side and price."""
        queue = self.queue(like.terms.symbol, like.terms.side)
        return [order for order in queue if order.limit == like.limit]

    def crosses(self, order: NaiveOrder, limit: int) -> bool:
        """Whether an order would match at once with that limit."""
        makers = self.queue(order.terms.symbol, order.terms.side.opposite)
        if not makers:
            return False
        return makers[0].limit <= limit if order.terms.side is Side.BUY else makers[0].limit >= limit

    def may_trade(self, order: NaiveOrder, price: int) -> bool:
        """Whether an arriving order takes a price: within its limit, or near enough to the last trade."""
        worst: Fraction | int = order.limit
        if order.is_market:
            if order.terms.symbol not in self.last:
                return True
            near = 1 + PROTECTION if order.terms.side is Side.BUY else 1 - PROTECTION
            worst = self.last[order.terms.symbol] * near
        return price <= worst if order.terms.side is Side.BUY else price >= worst

    def meet(self, order: NaiveOrder, post_only: bool = False) -> tuple[Met, Reason]:
        """What an arriving order takes of the other side, and why it ends; for no reason: it may rest."""
        i, terms = self.instrument(order), order.terms
        makers = self.queue(terms.symbol, terms.side.opposite)
        if post_only and makers and self.may_trade(order, makers[0].limit):
            return [], Reason.POST_ONLY
        line = [(maker, maker.shown, maker.left - maker.shown) for maker in makers]
        met: Met = []
        price = makers[0].limit if makers else 1
        # Cash never buys more than all of it would at the best price.
        cash = terms.cash_qty
        left = self.affordable(i, cash, price) if cash else order.left
        stopped = Reason.NO_LIQUIDITY
        while line and left:
            maker, shown, hidden = line.pop(0)
            if not self.may_trade(order, maker.limit):
                stopped = Reason.PRICE_PROTECTION
                break
            want = min(left, self.affordable(i, cash, maker.limit)) if terms.cash_qty else left
            if not want:
                break
            own = (maker.account, maker.terms.sender_sub_id) == (order.account, terms.sender_sub_id)
            if own and terms.stp is StpType.CANCEL_NEWEST:
                stopped = Reason.SELF_TRADE
                break
            price, qty = maker.limit, 0 if own else min(want, shown)
            met.append((maker, qty))
            # Whoever leaves some of an order is done; cash that rounding spared buys nothing of the next.
            left = left - qty if own or want >= shown else 0
            cash -= self.cost(i, price, qty)
            if own and terms.stp is StpType.CANCEL_BOTH:
                stopped = Reason.SELF_TRADE
                break
            if hidden and not own:
                # The next slice of an iceberg comes behind what its level shows by then.
                behind = sum(each.limit == price for each, _, _ in line)
                line.insert(behind, (maker, min(maker.display, hidden), max(hidden - maker.display, 0)))
        if terms.cash_qty and any(qty for _, qty in met) and not self.affordable(i, cash, price):
            left = 0
        return (met, Reason.NONE) if left == 0 and met else self.remainder(order, met, stopped)

    def remainder(self, order: NaiveOrder, met: Met, stopped: Reason) -> tuple[Met, Reason]:
        """What becomes of an order that is not filled at once."""
        if order.terms.time_in_force is TimeInForce.FOK:
            return [], Reason.FILL_OR_KILL
        if order.is_market or stopped is Reason.SELF_TRADE:
            return met, stopped
        return (
            met,
            Reason.IMMEDIATE_OR_CANCEL if order.terms.time_in_force is TimeInForce.IOC else Reason.NONE,
        )

    def met_cost(self, order: NaiveOrder) -> Fraction:
        """What an order would pay as the book stands."""
        met, _ = self.meet(order)
        return sum((self.value(self.instrument(order), o.limit, qty) for o, qty in met), Fraction(0))

    def needed(self, order: NaiveOrder, price: int, ppm: int) -> int:
        """What an order must hold for all that is left: at a price, by its cash, or as the book stands."""
        i, terms = self.instrument(order), order.terms
        if terms.side is Side.SELL:
            cost = Fraction(0)
        elif price:
            cost = self.value(i, price, order.left)
        elif terms.cash_qty:
            cost = Fraction(terms.cash_qty, 10**i.cost_decimals)
        else:
            cost = self.met_cost(order)
        return self.hold(terms, cost, order.left, ppm)
