"""Random terms of orders on a few markets: every type, near prices that wander, and what they cost."""

from random import Random

from msgspec.structs import replace

from builders import BTC_EUR, BTC_USD, ETH_BTC, EUR_USD, SECOND_NS, START_NS, instrument
from krakenbox.model.fixed import Cost, Price, Qty
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import (
    PCT_UNIT,
    Conditional,
    FeePreference,
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

POOR = {"dot": 20, "eve": 60, "fay": 100}
"""These have that much less money than others, and mostly hold all of it."""
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
_TRIGGERED = [each for each in OrderType if each.triggered]


class Terms:
    """Draws terms, beside prices and at a time that are moved from outside."""

    def __init__(self, draw: Random, naive: NaiveVenue) -> None:
        self._draw = draw
        self._naive = naive
        self._moved = dict.fromkeys(MARKETS, 0)
        self.time_ns = START_NS

    def wander(self) -> None:
        """Move the middle of a market by a step."""
        symbol = self._draw.choice(tuple(MARKETS))
        moved = self._moved[symbol] + self._draw.choice((-1, 1))
        self._moved[symbol] = min(max(moved, -WANDER), WANDER)

    def where(self) -> tuple[Instrument, int]:
        """A market and its usual quantity."""
        i, _, usual = MARKETS[self._draw.choice(tuple(MARKETS))]
        return i, usual

    def any(self, i: Instrument, usual: int) -> OrderTerms:
        draw = self._draw
        side, qty = self.side(), self.qty(i, usual)
        kind = draw.random()
        if kind < 0.25:
            terms = self._triggered(i, side, qty)
        else:
            away = -draw.randrange(STEPS) if draw.random() < 0.1 else 1 + draw.randrange(STEPS)
            terms = self.limit(i, side, qty, draw.randrange(*FAR_STEPS) if draw.random() < 0.05 else away)
            if kind < 0.4:
                display = max(qty // draw.choice((2, 3, 5, 14, 16)), 1)
                display = max(display - display % i.qty_increment, i.qty_increment)
                terms = replace(terms, order_type=OrderType.ICEBERG, display_qty=Qty(display))
            elif draw.random() < 0.2:
                terms = replace(terms, post_only=True)
        return self._timed(self._extras(i, terms))

    def limit(self, i: Instrument, side: Side, qty: int, away: int) -> OrderTerms:
        # Now and then off the tick, where there are prices between ticks.
        price = self.price(i, -away if side is Side.BUY else away) + (self._draw.random() < 0.01)
        return OrderTerms(
            symbol=i.symbol, side=side, order_type=OrderType.LIMIT, qty=Qty(qty), limit_price=Price(price)
        )

    def market(self, i: Instrument, side: Side, qty: int) -> OrderTerms:
        by_cash = side is Side.BUY and self._draw.random() < 0.4
        worth = self.price(i, 0) * qty // 10 ** (i.exact_decimals - i.cost_decimals)
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
        trigger = self.trigger(i, side, order_type)
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
            return Conditional(OrderType.LIMIT, self.price(i, -away if side is Side.BUY else away))
        order_type = self._draw.choice(_TRIGGERED)
        limit, kind = self._triggered_limit(i, order_type)
        return Conditional(order_type, limit, kind, self.trigger(i, side, order_type))

    def trigger(self, i: Instrument, side: Side, order_type: OrderType) -> Trigger:
        """Mostly a few steps away on the side where it is not met yet."""
        draw = self._draw
        reference = draw.choices(tuple(Reference), (4, 1))[0]
        kind = draw.choice(tuple(PriceType))
        steps = draw.randrange(1, 2 * STEPS)
        if order_type.trailing:
            if kind is PriceType.STATIC:
                kind = PriceType.QUOTE
            return Trigger(self.offset(i, steps, kind), kind, reference)
        is_stop = order_type in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)
        up = is_stop is (side is Side.BUY)
        steps = steps if up is (draw.random() < 0.9) else -steps
        price = self.price(i, steps) if kind is PriceType.STATIC else self.offset(i, steps, kind)
        return Trigger(price, kind, reference)

    def _triggered_limit(self, i: Instrument, order_type: OrderType) -> tuple[int, PriceType]:
        draw = self._draw
        if order_type.working is OrderType.MARKET:
            return 0, PriceType.STATIC
        steps = draw.randrange(-STEPS, STEPS + 1)
        kind = (
            draw.choice(tuple(PriceType)) if order_type is OrderType.TRAILING_STOP_LIMIT else PriceType.STATIC
        )
        return self.price(i, steps) if kind is PriceType.STATIC else self.offset(i, steps, kind), kind

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
        terms = self.scheduled(terms)
        lifetime = draw.choices(tuple(TimeInForce), (80, 14, 3, 2))[0]
        if lifetime is TimeInForce.GTD:
            later = max(second, terms.effective_ns // SECOND_NS) + draw.choice((1, 2, 5, 20))
            return replace(terms, time_in_force=lifetime, expire_ns=later * SECOND_NS)
        if lifetime is TimeInForce.FOK and terms.order_type.working is OrderType.MARKET:
            return terms
        return replace(terms, time_in_force=lifetime)

    def scheduled(self, terms: OrderTerms) -> OrderTerms:
        if self._draw.random() > (0.15 if terms.order_type is OrderType.MARKET else 0.06):
            return terms
        second = self.time_ns // SECOND_NS + self._draw.randrange(1, 5)
        return replace(terms, effective_ns=second * SECOND_NS)

    def side(self) -> Side:
        return self._draw.choice((Side.BUY, Side.SELL))

    def price(self, i: Instrument, steps: int) -> int:
        """A price so many steps from where the middle is now."""
        return MARKETS[i.symbol][1] + (self._moved[i.symbol] + steps) * self._step(i)

    def offset(self, i: Instrument, steps: int, kind: PriceType) -> int:
        """About so many steps, in percent or in quote units."""
        if kind is PriceType.PCT:
            return steps * PCT_UNIT // 20 + self._draw.randrange(100)
        return steps * self._step(i)

    def _step(self, i: Instrument) -> int:
        return MARKETS[i.symbol][1] // 2_000 // i.price_increment * i.price_increment

    def qty(self, i: Instrument, usual: int) -> int:
        """Mostly about the usual, sometimes dust, whose worth rounds to little or nothing."""
        draw = self._draw
        qty = draw.randrange(1, 2 * usual) if draw.random() < 0.9 else draw.randrange(1, 3_000)
        return max(qty - qty % i.qty_increment, i.qty_increment)

    def near(self, i: Instrument, qty: int) -> int:
        """Up to twice another quantity."""
        return self.qty(i, max(qty, 1)) if self._draw.random() < 0.9 else qty

    def all(self, account: str, i: Instrument, terms: OrderTerms) -> int:
        """About all that an account can pay for: what fires or is entered later finds no funds."""
        asset = self._naive.pays_in(terms)
        free = self._naive.free(account, asset)
        unit = 10 ** self._naive.decimals[asset]
        if terms.side is Side.SELL:
            qty = free * 10**i.qty_decimals // unit
        else:
            price = terms.limit_price if terms.trigger is None else self.price(i, STEPS)
            qty = free * 10**i.exact_decimals * 995 // (unit * price * 1000)
        return max(qty - qty % i.qty_increment, i.qty_increment)
