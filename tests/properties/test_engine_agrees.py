"""The engine against the naive venue: random operations, and after each the same books, money and events.

60 % of the operations enter an order near the middle, 30 % cancel one, 10 % sweep the book. A run is a
function of its seed, so a failing one is repeated with a look after every operation: the first difference is
the end of the shortest prefix that fails.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import pytest

from builders import (
    ASSETS,
    BTC_EUR,
    BTC_USD,
    DAY_NS,
    ETH_BTC,
    EUR_USD,
    START_NS,
    STEP_NS,
    VENUE_ID,
    instrument,
)
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    CancelOrder,
    Command,
    Deposit,
    FeeTier,
    OpenAccount,
    OrderRef,
    PlaceOrder,
    SetFeeSchedule,
    Stamped,
    Tier,
)
from krakenbox.model.event import Event, OrderAccepted, OrderClosed, OrderFilled, Rejected
from krakenbox.model.fixed import Amount, Cost, Price, Qty
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, OrderId, OrderTerms, OrderType, Side, StpType, TimeInForce
from krakenbox.venue.exchange import Exchange
from reference.naive_book import NaiveOrder, NaiveTrade, NaiveVenue, Told

SEEDS = (1, 2, 3, 4, 5)
ACCOUNTS = ("ann", "ben", "cas", "dot", "eve", "fay")
SCHEDULES = {
    "spot": [FeeTier(60_000 * step, 4000 - 150 * step, 2500 - 125 * step) for step in range(20)],
    "stable": [FeeTier(0, 2000, 2000)],
}
ETH_EUR = instrument(
    "ETH/EUR", (2, 8, 5), price_increment=Price(5), qty_increment=Qty(1_000), qty_min=Qty(10_000)
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


class Script:
    """Draws operations. What can be canceled it asks the naive venue."""

    def __init__(self, seed: int, naive: NaiveVenue) -> None:
        self._draw = random.Random(seed)
        self._naive = naive
        self.time_ns = START_NS

    def pass_time(self) -> None:
        """A millisecond or, seldom, days, so that volume ages out of the fee tiers."""
        self.time_ns += STEP_NS if self._draw.random() < 0.998 else self._draw.randrange(1, 8) * DAY_NS

    def operation(self) -> tuple[str, int] | PlaceOrder:
        """A cancel as (account, number of the order's command), or an order."""
        kind = self._draw.random()
        if kind < 0.3:
            return self._cancel()
        return self._order(sweep=kind >= 0.9)

    def _cancel(self) -> tuple[str, int]:
        if self._naive.orders and self._draw.random() < 0.98:
            order = self._draw.choice(self._naive.orders)
            # Another's order is as unknown as one that never was.
            owner = order.account if self._draw.random() < 0.97 else self._draw.choice(ACCOUNTS)
            return owner, order.number
        return self._draw.choice(ACCOUNTS), self._draw.randrange(10_000)

    def _order(self, sweep: bool) -> PlaceOrder:
        draw = self._draw
        i, middle, usual = MARKETS[draw.choice(tuple(MARKETS))]
        side = draw.choice((Side.BUY, Side.SELL))
        # Most sweeps take a few orders, some all that is near.
        qty = self._qty(i, usual * (draw.choice((2, 2, 2, 2, 20)) if sweep else 1))
        account = AccountId(draw.choice(ACCOUNTS))
        if sweep and draw.random() < 0.6:
            return PlaceOrder(account, self._market(i, side, qty, middle))
        away = -draw.randrange(STEPS) if sweep or draw.random() < 0.1 else 1 + draw.randrange(STEPS)
        if draw.random() < 0.05:
            away = draw.randrange(*FAR_STEPS)
        step = middle // 2_000 // i.price_increment * i.price_increment
        price = middle - away * step if side is Side.BUY else middle + away * step
        price += draw.random() < 0.01
        lifetimes = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK)
        lifetime = draw.choices(lifetimes, (1, 1, 1) if sweep else (38, 1, 1))[0]
        return PlaceOrder(
            account,
            OrderTerms(
                symbol=i.symbol,
                side=side,
                order_type=OrderType.LIMIT,
                qty=Qty(qty),
                limit_price=Price(price),
                time_in_force=lifetime,
                post_only=lifetime is TimeInForce.GTC and draw.random() < 0.2,
                stp=self._stp(),
            ),
        )

    def _market(self, i: Instrument, side: Side, qty: int, middle: int) -> OrderTerms:
        by_cash = side is Side.BUY and self._draw.random() < 0.4
        cash = middle * qty // 10 ** (i.exact_decimals - i.cost_decimals) if by_cash else 0
        return OrderTerms(
            symbol=i.symbol,
            side=side,
            order_type=OrderType.MARKET,
            qty=Qty(0 if cash else qty),
            cash_qty=Cost(cash),
            stp=self._stp(),
        )

    def _stp(self) -> StpType:
        return self._draw.choice((StpType.CANCEL_NEWEST, StpType.CANCEL_OLDEST, StpType.CANCEL_BOTH))

    def _qty(self, i: Instrument, usual: int) -> int:
        """Mostly about the usual, sometimes dust, whose worth rounds to little or nothing."""
        qty = (
            self._draw.randrange(1, 2 * usual)
            if self._draw.random() < 0.9
            else self._draw.randrange(1, 3_000)
        )
        return max(qty - qty % i.qty_increment, i.qty_increment)


class Pair:
    """Both venues, given the same commands."""

    def __init__(self, seed: int, make: Callable[..., NaiveVenue]) -> None:
        instruments = [i for i, _, _ in MARKETS.values()]
        decimals = {name: each.decimals for name, each in ASSETS.items()}
        self.naive = make(instruments, decimals, SCHEDULES)
        self.exchange = Exchange(VENUE_ID)
        self.script = Script(seed, self.naive)
        self.seq = 0
        self.ids: dict[int, OrderId] = {}
        """Ids of accepted orders, by the number of their command."""
        self.numbers: dict[OrderId, int] = {}
        for command in self._opening(instruments):
            self.script.time_ns += 1
            self._apply(command)

    def operate(self) -> tuple[Command, str]:
        """Carry out one operation on both: what it was and how their answers differ, if they do."""
        drawn = self.script.operation()
        self.script.pass_time()
        number = self.seq + 1
        if isinstance(drawn, PlaceOrder):
            told = self.naive.place(number, drawn.account, drawn.terms, self.script.time_ns)
            command: Command = drawn
        else:
            account, canceled = drawn
            told = self.naive.cancel(account, canceled)
            order_id = self.ids.get(canceled, OrderId("OAAAAA-AAAAA-AAAAAA"))
            command = CancelOrder(AccountId(account), OrderRef(order_id))
        found = self._told(self._apply(command))
        return command, "" if found == told else f"expected {told}\n     was {found}"

    def difference(self) -> str:
        """How books or money differ, if they do."""
        for symbol in MARKETS:
            book = self.exchange.venue.markets[symbol].book
            for side in Side:
                queue = [order for level in book.own(side) for order in level]
                found = [(self.numbers[o.order_id], o.remaining, o.hold) for o in queue]
                expected = [(o.number, o.left, o.hold) for o in self.naive.queue(symbol, side)]
                if found != expected:
                    return f"{side} queue of {symbol}\nexpected {expected}\n     was {found}"
        for name, account in self.exchange.venue.accounts.items():
            money = {a: (account.balances.get(a, 0), account.holds.get(a, 0)) for a in ASSETS}
            naive = {a: (self.naive.balance(name, a), self.naive.held(name, a)) for a in ASSETS}
            if money != naive:
                return f"(balance, hold) of {name}\nexpected {naive}\n     was {money}"
            numbers = sorted(self.numbers[order_id] for order_id in account.orders)
            if numbers != [o.number for o in self.naive.orders if o.account == name]:
                return f"open orders of {name}: {numbers}"
        return ""

    def _opening(self, instruments: list[Instrument]) -> Iterator[Command]:
        for each in ASSETS.values():
            yield AddAsset(each)
        for schedule, tiers in SCHEDULES.items():
            yield SetFeeSchedule(schedule, tuple(tiers))
        for i in instruments:
            yield AddInstrument(i)
        for name in ACCOUNTS:
            yield OpenAccount(AccountId(name), Tier.HOUSE)
            for asset, whole in (("BTC", 4), ("ETH", 80), ("EUR", 100_000), ("USD", 50_000)):
                amount = whole * 10 ** ASSETS[asset].decimals
                self.naive.balances[name, asset] = amount
                yield Deposit(AccountId(name), asset, Amount(amount))

    def _apply(self, command: Command) -> list[Event]:
        self.seq += 1
        events = self.exchange.apply(Stamped(self.seq, self.script.time_ns, command))
        for event in events:
            if isinstance(event, OrderAccepted):
                self.ids[self.seq] = event.order_id
                self.numbers[event.order_id] = self.seq
        return events

    def _told(self, events: list[Event]) -> Told:
        """What the engine's events say, in the words of the naive venue."""
        told = Told()
        fills = [event for event in events if isinstance(event, OrderFilled)]
        for maker, taker in zip(fills[::2], fills[1::2], strict=True):
            orders = self.numbers[maker.order_id], self.numbers[taker.order_id]
            assert (maker.maker, taker.maker, maker.trade_id) == (True, False, taker.trade_id)
            told.trades.append(NaiveTrade(*orders, taker.price, taker.qty, taker.cost, maker.fee, taker.fee))
        for event in events:
            if isinstance(event, Rejected):
                told.refusal = event.text
            elif isinstance(event, OrderClosed):
                told.ended.append((self.numbers[event.order_id], event.status, event.reason))
        return told


@dataclass(frozen=True)
class Difference:
    """The engine and the naive venue disagree after so many operations."""

    operations: int
    last: Command
    text: str


def first_difference(
    seed: int, operations: int, look_every: int, make: Callable[..., NaiveVenue] = NaiveVenue
) -> Difference | None:
    """Run a seed, comparing answers always and whole states every so often."""
    pair = Pair(seed, make)
    for done in range(1, operations + 1):
        command, text = pair.operate()
        if not text and (done % look_every == 0 or done == operations):
            text = pair.difference()
        if text:
            return Difference(done, command, text)
    return None


def shortest(seed: int, operations: int, make: Callable[..., NaiveVenue] = NaiveVenue) -> Difference | None:
    """The shortest prefix of a run that fails; None when all of it agrees."""
    found = first_difference(seed, operations, look_every=50, make=make)
    return first_difference(seed, found.operations, look_every=1, make=make) if found else None


@pytest.mark.parametrize("seed", SEEDS)
def test_the_engine_agrees_with_the_naive_venue(seed: int, soak: bool) -> None:
    found = shortest(seed, 40_000 if soak else 10_000)
    if found is not None:
        pytest.fail(
            f"seed {seed} fails after {found.operations} operations, the last {found.last}\n{found.text}"
        )


class HoldsLess(NaiveVenue):
    """Holds a unit too little for every hundredth order."""

    def hold(self, terms: OrderTerms, cost: Fraction, qty: int, ppm: int) -> int:
        return super().hold(terms, cost, qty, ppm) - (qty % 100 == 0)


class LatestFirst(NaiveVenue):
    """Lets the latest order of a level trade first."""

    def queue(self, symbol: str, side: Side) -> list[NaiveOrder]:
        orders = super().queue(symbol, side)
        orders.reverse()
        orders.sort(key=lambda o: -o.terms.limit_price if side is Side.BUY else o.terms.limit_price)
        return orders


class Truncates(NaiveVenue):
    """Rounds costs down."""

    def cost(self, i: Instrument, price: int, qty: int) -> int:
        return floor(self.value(i, price, qty) * 10**i.cost_decimals)


@pytest.mark.parametrize("wrong", [HoldsLess, LatestFirst, Truncates])
def test_a_small_difference_is_found_and_its_run_cut_to_the_shortest_prefix(wrong: type[NaiveVenue]) -> None:
    found = shortest(1, 2_000, wrong)
    assert found is not None
    assert found.operations > 1
    assert first_difference(1, found.operations - 1, look_every=1, make=wrong) is None
