"""The engine against the naive venue: random operations, and after each the same events, books and money.

A run is a function of its seed, so a failing one is repeated with a look at everything after every operation:
the first difference is the end of the shortest prefix that fails.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import pytest

from builders import ASSETS, VENUE_ID
from drawn_terms import MARKETS, POOR
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Command,
    Deposit,
    FeeTier,
    OpenAccount,
    SetFeeSchedule,
    SetLimits,
    Stamped,
    Tier,
)
from krakenbox.model.event import (
    BalancePosted,
    BookChanged,
    CancelTimerSet,
    Event,
    IcebergRefilled,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderEdited,
    OrderFilled,
    OrderOpened,
    OrdersCanceled,
    Rejected,
    Traded,
    TriggerChanged,
)
from krakenbox.model.fixed import Amount
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import AccountId, Order, OrderId, OrderTerms, OrderType, Side
from krakenbox.model.reject import Reason, Reject
from krakenbox.venue.exchange import Exchange
from operations import NAMES, Operations
from reference.naive_book import NaiveVenue
from reference.naive_orders import ASLEEP, SCHEDULED, NaiveOrder

SEEDS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
SCHEDULES = {
    "spot": [FeeTier(60_000 * step, 4000 - 150 * step, 2500 - 125 * step) for step in range(20)],
    "stable": [FeeTier(0, 2000, 2000)],
}
Words = tuple[object, ...]


class Pair:
    """Both venues, given the same commands."""

    def __init__(self, seed: int, make: Callable[..., NaiveVenue]) -> None:
        instruments = [i for i, _, _ in MARKETS.values()]
        decimals = {name: each.decimals for name, each in ASSETS.items()}
        self.naive = make(instruments, decimals, SCHEDULES)
        self.exchange = Exchange(VENUE_ID)
        self.ids: dict[int, OrderId] = {}
        """Ids of accepted orders, which count from 1."""
        self.numbers = self.naive.names
        self.operations = Operations(seed, self.naive, self.ids)
        self.seq = 0
        for command in self._opening(instruments):
            self.operations.wait(1)
            self._apply(command)

    def operate(self) -> tuple[Command, str]:
        """Carry out one operation on both: what it was and how their answers differ, if they do."""
        command = self.operations.next()
        told = self.naive.apply(command, self.operations.time_ns)
        found = self._apply(command)
        return command, "" if found == told else _first_apart(told, found)

    def difference(self) -> str:
        """How books, waiting orders or money differ, if they do."""
        for symbol in MARKETS:
            for each in self._queues(symbol):
                if each:
                    return f"{symbol}: {each}"
        for name, account in self.exchange.venue.accounts.items():
            money = {a: (account.balances.get(a, 0), account.holds.get(a, 0)) for a in ASSETS}
            naive = {a: (self.naive.balance(name, a), self.naive.held(name, a)) for a in ASSETS}
            if money != naive:
                return f"(balance, hold) of {name}{_apart(naive, money)}"
            found = [self._stands(order) for order in account.orders.values()]
            expected = [_naive_stands(order) for order in self.naive.orders if order.account == name]
            if found != expected:
                return f"open orders of {name}: {_first_apart(expected, found)}"
        return ""

    def _queues(self, symbol: str) -> Iterator[str]:
        market = self.exchange.venue.markets[symbol]
        for side in Side:
            queue = [self.numbers[order.order_id] for level in market.book.own(side) for order in level]
            expected = [order.number for order in self.naive.queue(symbol, side)]
            yield f"{side} queue{_apart(expected, queue)}" if queue != expected else ""
        asleep = [self.numbers[order.order_id] for order in market.triggers]
        dormant = [o for o in self.naive.orders if (o.terms.symbol, o.where) == (symbol, ASLEEP)]
        expected = [order.number for order in sorted(dormant, key=lambda order: order.turn)]
        yield f"asleep{_apart(expected, asleep)}" if asleep != expected else ""

    def _stands(self, order: Order) -> Words:
        where = "scheduled" if order.scheduled else "asleep" if order.dormant else "resting"
        figures = (order.qty, order.filled, order.limit_price, order.trigger_price, order.peak_price)
        shown = (order.shown, order.time_ns) if where == "resting" else ()
        return self.numbers[order.order_id], where, *figures, order.display_qty, order.hold, *shown

    def _opening(self, instruments: list[Instrument]) -> Iterator[Command]:
        yield SetLimits(enforced=False)
        for each in ASSETS.values():
            yield AddAsset(each)
        for schedule, tiers in SCHEDULES.items():
            yield SetFeeSchedule(schedule, tuple(tiers))
        for i in instruments:
            yield AddInstrument(i)
        for name in NAMES:
            yield OpenAccount(AccountId(name), Tier.PRO)
            for asset, whole in (("BTC", 4), ("ETH", 80), ("EUR", 100_000), ("USD", 50_000)):
                amount = whole * 10 ** ASSETS[asset].decimals // POOR.get(name, 1)
                self.naive.balances[name, asset] = amount
                yield Deposit(AccountId(name), asset, Amount(amount))

    def _apply(self, command: Command) -> list[Words]:
        self.seq += 1
        events = self.exchange.apply(Stamped(self.seq, self.operations.time_ns, command))
        found = []
        for event in events:
            if isinstance(event, OrderAccepted):
                number = len(self.ids) + 1
                self.ids[number], self.numbers[event.order_id] = event.order_id, number
            if type(event) in WORDS:
                found.append(WORDS[type(event)](event, self.numbers))
        return found


def _naive_stands(order: NaiveOrder) -> Words:
    figures = (order.qty, order.filled, order.limit, order.trigger, order.peak)
    shown = () if order.where in (ASLEEP, SCHEDULED) else (order.shown, order.time_ns)
    return order.number, order.where, *figures, order.display, order.hold, *shown


def _totals(event: OrderFilled | OrderClosed) -> Words:
    return event.cum_qty, event.cum_cost, event.avg_price


WORDS: dict[type[Event], Callable[..., Words]] = {
    Rejected: lambda e, n: ("refused", e.text),
    OrderAccepted: lambda e, n: (
        *("accepted", n[e.order_id], e.account, e.terms),
        *(n.get(e.parent_id, 0), e.trigger_price, e.peak_price),
    ),
    OrderOpened: lambda e, n: ("opened", n[e.order_id]),
    Traded: lambda e, n: ("traded", e.symbol, e.trade_id, e.price, e.qty, e.taker_side, e.taker_type),
    BookChanged: lambda e, n: (
        *("book", e.action, n[e.order_id], e.side, e.price),
        *(e.level_qty, e.order_qty, e.order_time_ns),
    ),
    OrderFilled: lambda e, n: (
        *("filled", n[e.order_id], e.maker, e.trade_id),
        *(e.price, e.qty, e.cost, e.fee, e.fee_asset, *_totals(e)),
    ),
    OrderClosed: lambda e, n: ("ended", n[e.order_id], e.status, e.reason, *_totals(e)),
    OrderAmended: lambda e, n: (
        *("amended", n[e.order_id], e.qty, e.display_qty),
        *(e.limit_price, e.trigger_price),
    ),
    OrderEdited: lambda e, n: ("edited", n[e.order_id], n[e.original_order_id]),
    TriggerChanged: lambda e, n: (
        *("trigger", n[e.order_id], e.triggered),
        *(e.trigger_price, e.peak_price, e.last_price),
    ),
    IcebergRefilled: lambda e, n: ("refilled", n[e.order_id], e.display_qty_remain),
    CancelTimerSet: lambda e, n: ("switch", e.account, e.trigger_ns),
    OrdersCanceled: lambda e, n: ("count", e.account, e.count),
    BalancePosted: lambda e, n: ("posted", e.account, e.asset, e.amount, e.fee, e.balance),
}
"""What the engine's events say, in the words of the naive venue; `n` has the number of an id."""


def _first_apart(expected: list[Words], found: list[Words]) -> str:
    """Where two lists part, with what went before."""
    at = next((n for n, (a, b) in enumerate(zip(expected, found, strict=False)) if a != b), None)
    at = min(len(expected), len(found)) if at is None else at
    before = "\n".join(f"          {each}" for each in expected[:at])
    apart = _apart(expected[at : at + 1], found[at : at + 1])
    return f"number {at + 1} of what happened\n{before}{apart}"


def _apart(expected: object, found: object) -> str:
    return f"\nexpected {expected}\n     was {found}"


@dataclass(frozen=True)
class Difference:
    """The engine and the naive venue disagree after so many operations."""

    operations: int
    last: Command
    text: str


def first_difference(
    seed: int, operations: int, look_every: int, make: Callable[..., NaiveVenue] = NaiveVenue
) -> Difference | None:
    """Run a seed, comparing what happened always and whole states every so often."""
    pair = Pair(seed, make)
    for done in range(1, operations + 1):
        command, text = pair.operate()
        if not text and (done % look_every == 0 or done == operations):
            text = pair.difference()
        if text:
            return Difference(done, command, text)
    return None


def shortest(
    seed: int, operations: int, look_every: int = 10, make: Callable[..., NaiveVenue] = NaiveVenue
) -> Difference | None:
    """The shortest prefix of a run that fails; None when all of it agrees."""
    found = first_difference(seed, operations, look_every, make)
    return first_difference(seed, found.operations, look_every=1, make=make) if found else None


@pytest.mark.parametrize("seed", SEEDS)
def test_the_engine_agrees_with_the_naive_venue(seed: int, soak: bool) -> None:
    found = shortest(seed, 100_000, look_every=1) if soak else shortest(seed, 5_000)
    if found is not None:
        pytest.fail(
            f"seed {seed} fails after {found.operations} operations, the last {found.last}\n{found.text}"
        )


def _kind(happened: Words) -> str:
    """What happened, without whom it happened to and with which figures."""
    match happened:
        case ("refused", text):
            return f"refused: {text}"
        case ("ended", _, status, reason, *_):
            return f"{status}: {reason}"
        case ("accepted", _, _, terms, parent, *_):
            return f"{'secondary ' if parent else ''}{terms.order_type}"
        case ("trigger", _, fired, *_):
            return "fired" if fired else "trailed"
        case _:
            return str(happened[0])


SECONDARIES = [each for each in OrderType if each.triggered or each is OrderType.LIMIT]
EVERYTHING = {
    *(each.value for each in OrderType if each is not OrderType.SETTLE_POSITION),
    *(f"secondary {each}" for each in SECONDARIES),
    *(f"canceled: {reason}" for reason in Reason if reason not in (Reason.NONE, Reason.EXPIRED)),
    *("filled: ", "expired: Expired", "fired", "trailed", "refilled", "amended", "edited", "switch", "count"),
    *(f"refused: {text}" for text in (Reject.FUNDS, Reject.POST_ONLY_ORDER, Reject.INVALID_PRICE)),
}


def test_all_that_can_happen_to_orders_does() -> None:
    pair = Pair(1, NaiveVenue)
    kinds = set()
    for _ in range(5_000):
        pair.operate()
        kinds |= set(map(_kind, pair.naive.told))
    assert kinds >= EVERYTHING, sorted(EVERYTHING - kinds)


class HoldsLess(NaiveVenue):
    """Holds a unit too little for every hundredth order."""

    def hold(self, terms: OrderTerms, cost: Fraction, qty: int, ppm: int) -> int:
        return super().hold(terms, cost, qty, ppm) - (qty % 100 == 0)


class LatestFirst(NaiveVenue):
    """Lets the latest order of a level trade first."""

    def queue(self, symbol: str, side: Side) -> list[NaiveOrder]:
        orders = super().queue(symbol, side)
        orders.reverse()
        orders.sort(key=lambda order: -order.limit if side is Side.BUY else order.limit)
        return orders


class Truncates(NaiveVenue):
    """Rounds costs down."""

    def cost(self, i: Instrument, price: int, qty: int) -> int:
        return floor(self.value(i, price, qty) * 10**i.cost_decimals)


class NeverFollows(NaiveVenue):
    """Leaves trailing triggers where they were."""

    def follow(self, order: NaiveOrder, peak: int) -> None:
        order.peak = peak


class ForgetsSecondaries(NaiveVenue):
    """Enters no secondary for an order that a trigger woke."""

    def enter_secondary(self, primary: NaiveOrder, qty: int) -> None:
        if primary.terms.trigger is None:
            super().enter_secondary(primary, qty)


@pytest.mark.parametrize("wrong", [HoldsLess, LatestFirst, Truncates, NeverFollows, ForgetsSecondaries])
def test_a_small_difference_is_found_and_its_run_cut_to_the_shortest_prefix(wrong: type[NaiveVenue]) -> None:
    found = shortest(1, 2_000, make=wrong)
    assert found is not None
    assert found.operations > 1
    assert first_difference(1, found.operations - 1, look_every=1, make=wrong) is None
