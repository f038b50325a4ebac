"""Random operations of clients on a few markets, for the engine and the naive venue: every order type, and
what can be done to orders. Prices wander, so that triggers are reached; queues build up, so that places count.

A seed gives one stream, as long as the naive venue, which is asked what is open, stays the same.
"""

import random

from msgspec.structs import replace

from builders import BTC_EUR, BTC_USD, DAY_NS, ETH_BTC, EUR_USD, SECOND_NS, START_NS, STEP_NS, instrument
from krakenbox.model.command import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    CancelOrders,
    Command,
    EditOrder,
    OrderRef,
    PlaceOrder,
    PlaceOrders,
    SetCancelTimer,
    SetIndexPrice,
    SetPairStatus,
    SetSystemStatus,
    Tick,
)
from krakenbox.model.fixed import Cost, Price, Qty
from krakenbox.model.instrument import Instrument, PairStatus, SystemStatus
from krakenbox.model.order import (
    PCT_UNIT,
    AccountId,
    Conditional,
    FeePreference,
    OrderId,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    StpType,
    TimeInForce,
    Trigger,
)
from reference.naive_book import NaiveVenue
from reference.naive_orders import NaiveOrder

NAMES = ("ann", "ben", "cas", "dot", "eve", "fay")
ETH_EUR = instrument(
    "ETH/EUR",
    (2, 8, 5),
    price_increment=Price(10),
    qty_increment=Qty(1_000),
    qty_min=Qty(10_000),
    has_index=False,
)
MARKETS: dict[str, tuple[Instrument, int, int]] = {
    # The middle of the prices and a usual quantity. The ledgers of EUR and USD have fewer decimals than
    # quantities and costs, that of BTC as many as a cost in BTC.
    BTC_USD.symbol: (BTC_USD, 1_000_000, 10**6),
    EUR_USD.symbol: (EUR_USD, 110_000, 10**5),
    ETH_BTC.symbol: (ETH_BTC, 35_000, 10**8),
    BTC_EUR.symbol: (BTC_EUR, 900_000, 10**7),
    ETH_EUR.symbol: (ETH_EUR, 320_000, 10**7),
}
STEPS = 3
"""Orders enter this many steps around the middle, few enough for levels to hold queues."""
FAR_STEPS = (60, 160)
"""A few enter that far away: a step is a 2,000th of the middle, a market order goes 5 % at most."""
WANDER = 25
"""The middle wanders this many steps at most."""
NOBODYS = OrderId("OAAAAA-AAAAA-AAAAAA")
_PAIR_MODES = (PairStatus.POST_ONLY, PairStatus.LIMIT_ONLY, PairStatus.CANCEL_ONLY)
_TRIGGERED = [each for each in OrderType if each.triggered]


class Operations:
    """Draws operations."""

    def __init__(self, seed: int, naive: NaiveVenue, ids: dict[int, OrderId]) -> None:
        self._draw = random.Random(seed)
        self._naive = naive
        self._ids = ids
        self._moved = dict.fromkeys(MARKETS, 0)
        self.time_ns = START_NS
        self._kinds = {
            self._order: 52,
            self._sweep: 10,
            self._cancel: 17,
            self._cancel_several: 2,
            self._amend: 11,
            self._edit: 2.5,
            self._batch: 2,
            self._index: 2,
            self._switch: 0.5,
            self._mode: 0.4,
            Tick: 0.6,
        }

    def next(self) -> Command:
        """Let time pass, then draw what is done."""
        draw = self._draw
        chance = draw.random()
        online = self._naive.system is SystemStatus.ONLINE
        self._kinds[self._mode] = 0.4 if online else 3
        # Mostly a millisecond; seconds let orders start and expire, days let volume age out of the fee tiers.
        if chance < 0.95:
            self.time_ns += STEP_NS
        else:
            self.time_ns += (
                draw.randrange(3 * SECOND_NS) if chance < 0.9985 else draw.randrange(1, 8) * DAY_NS
            )
        if chance < 0.05:
            symbol = draw.choice(tuple(MARKETS))
            self._moved[symbol] += draw.choice((-1, 1)) if abs(self._moved[symbol]) < WANDER else -1
            self._moved[symbol] = max(self._moved[symbol], -WANDER)
        return draw.choices(tuple(self._kinds), tuple(self._kinds.values()))[0]()

    # --- entering

    def _order(self) -> PlaceOrder:
        i, _, usual = MARKETS[self._draw.choice(tuple(MARKETS))]
        return PlaceOrder(self._name(), self._terms(i, usual))

    def _sweep(self) -> PlaceOrder:
        """Takes a few orders, sometimes all that is near."""
        draw = self._draw
        i, _, usual = MARKETS[draw.choice(tuple(MARKETS))]
        side, qty = self._side(), self._qty(i, usual * draw.choice((2, 2, 2, 2, 20)))
        if draw.random() < 0.6:
            terms = self._market(i, side, qty)
            return PlaceOrder(self._name(), terms if terms.cash_qty else self._scheduled(terms))
        terms = self._limit(i, side, qty, -draw.randrange(STEPS))
        lifetime = draw.choice((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK))
        return PlaceOrder(self._name(), replace(terms, time_in_force=lifetime))

    def _batch(self) -> PlaceOrders:
        i, _, usual = MARKETS[self._draw.choice(tuple(MARKETS))]
        orders = tuple(self._terms(i, usual) for _ in range(self._draw.randrange(2, 5)))
        return PlaceOrders(self._name(), orders)

    def _terms(self, i: Instrument, usual: int) -> OrderTerms:
        draw = self._draw
        side, qty = self._side(), self._qty(i, usual)
        kind = draw.random()
        if kind < 0.25:
            terms = self._triggered(i, side, qty)
        else:
            away = -draw.randrange(STEPS) if draw.random() < 0.1 else 1 + draw.randrange(STEPS)
            terms = self._limit(i, side, qty, draw.randrange(*FAR_STEPS) if draw.random() < 0.05 else away)
            if kind < 0.4:
                display = max(qty // draw.choice((2, 3, 5, 14, 16)), 1)
                display = max(display - display % i.qty_increment, i.qty_increment)
                terms = replace(terms, order_type=OrderType.ICEBERG, display_qty=Qty(display))
            elif draw.random() < 0.2:
                terms = replace(terms, post_only=True)
        return self._timed(self._extras(i, terms))

    def _extras(self, i: Instrument, terms: OrderTerms) -> OrderTerms:
        draw = self._draw
        terms = replace(
            terms,
            stp=draw.choice(tuple(StpType)),
            fee_preference=draw.choices(tuple(FeePreference), (1, 4))[0],
            sender_sub_id=draw.choices(("", "desk"), (4, 1))[0],
        )
        if draw.random() < 0.1:
            terms = replace(terms, cl_ord_id=draw.choice("abcdef"))
        elif draw.random() < 0.1:
            terms = replace(terms, userref=draw.randrange(1, 4))
        if draw.random() < 0.12:
            terms = replace(terms, conditional=self._conditional(i, terms))
        return terms

    def _timed(self, terms: OrderTerms) -> OrderTerms:
        draw = self._draw
        second = self.time_ns // SECOND_NS
        terms = self._scheduled(terms)
        lifetime = draw.choices(tuple(TimeInForce), (80, 14, 3, 2))[0]
        if lifetime is TimeInForce.GTD:
            later = max(second, terms.effective_ns // SECOND_NS) + draw.choice((1, 2, 5, 20))
            return replace(terms, time_in_force=lifetime, expire_ns=later * SECOND_NS)
        if lifetime is TimeInForce.FOK and terms.order_type.working is OrderType.MARKET:
            return terms
        return replace(terms, time_in_force=lifetime)

    def _scheduled(self, terms: OrderTerms) -> OrderTerms:
        if self._draw.random() > 0.06:
            return terms
        second = self.time_ns // SECOND_NS + self._draw.randrange(1, 5)
        return replace(terms, effective_ns=second * SECOND_NS)

    def _limit(self, i: Instrument, side: Side, qty: int, away: int) -> OrderTerms:
        # Now and then off the tick, where there are prices between ticks.
        price = self._price(i, -away if side is Side.BUY else away) + (self._draw.random() < 0.01)
        return OrderTerms(
            symbol=i.symbol, side=side, order_type=OrderType.LIMIT, qty=Qty(qty), limit_price=Price(price)
        )

    def _market(self, i: Instrument, side: Side, qty: int) -> OrderTerms:
        by_cash = side is Side.BUY and self._draw.random() < 0.4
        worth = self._price(i, 0) * qty // 10 ** (i.exact_decimals - i.cost_decimals)
        terms = OrderTerms(
            symbol=i.symbol,
            side=side,
            order_type=OrderType.MARKET,
            qty=Qty(0 if by_cash else qty),
            cash_qty=Cost(worth if by_cash else 0),
        )
        return self._extras(i, terms)

    def _triggered(self, i: Instrument, side: Side, qty: int) -> OrderTerms:
        order_type = self._draw.choice(_TRIGGERED)
        trigger = self._trigger(i, side, order_type)
        limit, kind = self._triggered_limit(i, order_type)
        return OrderTerms(
            symbol=i.symbol,
            side=side,
            order_type=order_type,
            qty=Qty(qty),
            limit_price=Price(limit),
            limit_price_type=kind,
            trigger=trigger,
        )

    def _conditional(self, i: Instrument, primary: OrderTerms) -> Conditional:
        side = primary.side.opposite
        if self._draw.random() < 0.4:
            away = self._draw.randrange(-1, STEPS)
            return Conditional(OrderType.LIMIT, self._price(i, -away if side is Side.BUY else away))
        order_type = self._draw.choice(_TRIGGERED)
        limit, kind = self._triggered_limit(i, order_type)
        return Conditional(order_type, limit, kind, self._trigger(i, side, order_type))

    def _trigger(self, i: Instrument, side: Side, order_type: OrderType) -> Trigger:
        """Mostly a few steps away on the side where it is not met yet."""
        draw = self._draw
        reference = draw.choices(tuple(Reference), (4, 1))[0]
        kind = draw.choice(tuple(PriceType))
        steps = draw.randrange(1, 2 * STEPS)
        if order_type.trailing:
            if kind is PriceType.STATIC:
                kind = PriceType.QUOTE
            return Trigger(self._offset(i, steps, kind), kind, reference)
        is_stop = order_type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
        up = is_stop is (side is Side.BUY)
        steps = steps if up is (draw.random() < 0.9) else -steps
        price = self._price(i, steps) if kind is PriceType.STATIC else self._offset(i, steps, kind)
        return Trigger(price, kind, reference)

    def _triggered_limit(self, i: Instrument, order_type: OrderType) -> tuple[int, PriceType]:
        draw = self._draw
        if order_type.working is OrderType.MARKET:
            return 0, PriceType.STATIC
        steps = draw.randrange(-STEPS, STEPS + 1)
        kind = (
            draw.choice(tuple(PriceType)) if order_type is OrderType.TRAILING_STOP_LIMIT else PriceType.STATIC
        )
        return self._price(i, steps) if kind is PriceType.STATIC else self._offset(i, steps, kind), kind

    # --- changing and canceling

    def _amend(self) -> AmendOrder:
        draw = self._draw
        account, order, ref = self._pick()
        if order is None:
            return AmendOrder(account, ref, qty=Qty(1))
        i, _, _ = MARKETS[order.terms.symbol]
        trails = order.terms.order_type.trailing
        away = draw.randrange(-1, STEPS + 1)
        price: dict[str, object] = {
            "limit_price": self._price(i, -away if order.terms.side is Side.BUY else away),
            "post_only": draw.random() < 0.3,
        }
        if order.terms.order_type is OrderType.TRAILING_STOP_LIMIT and draw.random() < 0.7:
            price |= {"limit_price": self._offset(i, away, PriceType.PCT), "limit_price_type": PriceType.PCT}
        qty = {"qty": Qty(self._near(i, order.qty))}
        display = {"display_qty": Qty(self._near(i, order.display or order.qty))}
        kind = draw.choice((PriceType.PCT, PriceType.QUOTE, PriceType.STATIC))
        steps = draw.randrange(1, 2 * STEPS) * (1 if trails else draw.choice((-1, 1)))
        trigger = {
            "trigger_price": self._offset(i, steps, kind)
            if trails or kind is not PriceType.STATIC
            else self._price(i, steps),
            "trigger_price_type": kind,
        }
        fields: dict[str, object] = {}
        for each, weight in ((qty, 0.5), (price, 0.5), (display, 0.5 * bool(order.display) + 0.02)):
            if draw.random() < weight:
                fields |= each
        if draw.random() < (0.6 if order.terms.trigger else 0.02):
            fields |= trigger
        return AmendOrder(account, ref, **fields)

    def _edit(self) -> EditOrder:
        draw = self._draw
        account, order, ref = self._pick()
        if order is None or ref.order_id == "":
            return EditOrder(account, NOBODYS, BTC_USD.symbol)
        i, _, _ = MARKETS[order.terms.symbol]
        away = draw.randrange(-1, STEPS + 1)
        fields: dict[str, object] = {"post_only": draw.random() < 0.2, "userref": draw.randrange(3)}
        if draw.random() < 0.5:
            fields["qty"] = Qty(order.filled if draw.random() < 0.1 else self._near(i, order.qty))
        if order.limit and draw.random() < 0.5:
            fields["limit_price"] = Price(self._price(i, -away if order.terms.side is Side.BUY else away))
        if order.display and draw.random() < 0.5:
            fields["display_qty"] = Qty(self._near(i, order.display))
        if order.terms.trigger is not None and draw.random() < 0.5:
            fields["trigger"] = self._trigger(i, order.terms.side, order.terms.order_type)
        symbol = order.terms.symbol if draw.random() < 0.97 else draw.choice(tuple(MARKETS))
        return EditOrder(account, ref.order_id, symbol, **fields)

    def _cancel(self) -> CancelOrder:
        account, _, ref = self._pick()
        if self._draw.random() < 0.03:
            ref = OrderRef(userref=self._draw.randrange(1, 4))
        return CancelOrder(account, ref)

    def _cancel_several(self) -> CancelOrders | CancelAll:
        account, _, ref = self._pick()
        if self._draw.random() < 0.2:
            return CancelAll(account)
        others = [self._pick()[2] for _ in range(self._draw.randrange(1, 4))]
        return CancelOrders(account, (ref, *others))

    def _pick(self) -> tuple[AccountId, NaiveOrder | None, OrderRef]:
        """An open order, its owner, and what names it; seldom somebody else, to whom it is unknown."""
        draw = self._draw
        if not self._naive.orders or draw.random() < 0.01:
            return self._name(), None, OrderRef(NOBODYS)
        order = draw.choice(self._naive.orders)
        owner = AccountId(order.account) if draw.random() < 0.98 else self._name()
        if order.terms.cl_ord_id and draw.random() < 0.5:
            return owner, order, OrderRef(cl_ord_id=order.terms.cl_ord_id)
        return owner, order, OrderRef(self._ids[order.number])

    # --- what else happens

    def _index(self) -> SetIndexPrice:
        i, _, _ = MARKETS[self._draw.choice(tuple(MARKETS))]
        return SetIndexPrice(i.symbol, Price(self._price(i, self._draw.randrange(-2 * STEPS, 2 * STEPS))))

    def _switch(self) -> SetCancelTimer:
        later = self._draw.choice((0, 0, 1, 2, 5, -1))
        trigger_ns = (self.time_ns // SECOND_NS + later) * SECOND_NS if later else 0
        return SetCancelTimer(self._name(), trigger_ns)

    def _mode(self) -> SetSystemStatus | SetPairStatus:
        """A mode, seldom; and as soon as there is one, likely the way back."""
        draw = self._draw
        if self._naive.system is not SystemStatus.ONLINE:
            return SetSystemStatus(SystemStatus.ONLINE)
        halted = [i.symbol for i in self._naive.instruments.values() if i.status is not PairStatus.ONLINE]
        if halted:
            return SetPairStatus(draw.choice(halted), PairStatus.ONLINE)
        if draw.random() < 0.3:
            return SetSystemStatus(draw.choice(tuple(SystemStatus)))
        return SetPairStatus(draw.choice(tuple(MARKETS)), draw.choice(_PAIR_MODES))

    # --- amounts

    def _name(self) -> AccountId:
        return AccountId(self._draw.choice(NAMES))

    def _side(self) -> Side:
        return self._draw.choice((Side.BUY, Side.SELL))

    def _step(self, i: Instrument) -> int:
        return MARKETS[i.symbol][1] // 2_000 // i.price_increment * i.price_increment

    def _price(self, i: Instrument, steps: int) -> int:
        """A price so many steps from where the middle is now."""
        return MARKETS[i.symbol][1] + (self._moved[i.symbol] + steps) * self._step(i)

    def _offset(self, i: Instrument, steps: int, kind: PriceType) -> int:
        """About so many steps, in percent or in quote units."""
        if kind is PriceType.PCT:
            return steps * PCT_UNIT // 20 + self._draw.randrange(100)
        return steps * self._step(i)

    def _qty(self, i: Instrument, usual: int) -> int:
        """Mostly about the usual, sometimes dust, whose worth rounds to little or nothing."""
        draw = self._draw
        qty = draw.randrange(1, 2 * usual) if draw.random() < 0.9 else draw.randrange(1, 3_000)
        return max(qty - qty % i.qty_increment, i.qty_increment)

    def _near(self, i: Instrument, qty: int) -> int:
        """Up to twice another quantity."""
        return self._qty(i, max(qty, 1)) if self._draw.random() < 0.9 else qty
