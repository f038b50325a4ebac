"""The whole market on the real exchange, in virtual time."""

import os
import subprocess
import sys
import time
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

import trading
from krakenbox.config.settings import MarketLevel
from krakenbox.model.command import OpenAccount, PlaceOrder, SeedHistory, SetIndexPrice, Tier
from krakenbox.model.event import Traded
from krakenbox.model.fixed import Price
from krakenbox.model.order import Side, is_client_name
from krakenbox.sim.market import AGENTS, STEP_NS, Market
from krakenbox.venue.audit import audit
from krakenbox.venue.state import state_hash
from trading import ALICE, OPENED_NS, SECOND_NS, Floor

DEEP = ("BTC/USD", "ETH/USD")
HOUR_S = 3_600


def test_no_client_can_take_the_name_of_an_agent() -> None:
    assert len(set(AGENTS)) == 5
    assert not any(is_client_name(account) for account in AGENTS)


def test_off_is_nothing_at_all() -> None:
    market = Market(trading.pairs(), 7, MarketLevel.OFF)
    assert market.opening(OPENED_NS) == []
    assert market.next_active_step_ns() is None
    assert market.step(OPENED_NS + SECOND_NS) == []


def test_an_opening_is_accounts_funds_pasts_and_ladders_and_quickly_made() -> None:
    began = time.process_time()
    floor = Floor()
    assert time.process_time() - began < 4, "under two with the machine to itself"
    assert floor.refusals == []
    audit(floor.exchange)
    for pair in trading.pairs():
        symbol = pair.instrument.symbol
        levels = [floor.levels(symbol, side) for side in Side]
        assert min(levels) >= (1_300 if symbol in DEEP else 90)
        assert floor.exchange.venue.markets[symbol].last_price == pair.start_price
        assert floor.best(symbol, Side.BUY) <= pair.start_price
    commands = Market(trading.pairs(), 7, MarketLevel.CALM).opening(OPENED_NS)
    assert [c for c in commands if isinstance(c, OpenAccount)] == [
        OpenAccount(account, Tier.HOUSE) for account in AGENTS
    ]
    assert sum(isinstance(command, SeedHistory) for command in commands) == 15


def test_steps_happen_once_each_and_only_where_somebody_has_something_to_do() -> None:
    floor = Floor(("EUR/USD",))
    first_ns = floor.market.next_active_step_ns()
    assert first_ns == OPENED_NS + STEP_NS
    assert floor.market.step(first_ns - 1) == []
    assert floor.market.step(first_ns) != []
    assert floor.market.step(first_ns) == []
    assert floor.market.step(first_ns + STEP_NS - 1) == []
    assert floor.market.next_active_step_ns() > first_ns


def test_a_market_nobody_stepped_for_a_day_goes_on_without_a_burst() -> None:
    floor = Floor(DEEP)
    floor.now_ns += 86_400 * SECOND_NS
    batch = floor.market.step(floor.now_ns)
    assert 0 < len(batch) < 100


class Watch:
    """Looks at the books every few seconds."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.symbols = [desk.instrument.symbol for desk in trading.pairs(*floor.market.symbols)]
        self.spreads: dict[str, list[int]] = {symbol: [] for symbol in self.symbols}
        self.prices: dict[str, list[int]] = {symbol: [] for symbol in self.symbols}
        self.least = dict.fromkeys(self.symbols, 10**9)
        self._next_ns = 0

    def __call__(self) -> None:
        floor = self.floor
        if floor.now_ns < self._next_ns:
            return
        self._next_ns = floor.now_ns + 3 * SECOND_NS
        for symbol in self.symbols:
            bid, ask = (floor.best(symbol, side) for side in (Side.BUY, Side.SELL))
            self.spreads[symbol].append(ask - bid)
            self.prices[symbol].append(bid)
            levels = min(floor.levels(symbol, side) for side in Side)
            self.least[symbol] = min(self.least[symbol], levels)


def assert_alive(floor: Floor, watch: Watch, seconds: int) -> None:
    """Tight, deep, near its rate, where it began, and nobody short of money."""
    audit(floor.exchange)
    assert floor.refusals == []
    for pair in trading.pairs(*floor.market.symbols):
        symbol, tick = pair.instrument.symbol, pair.instrument.price_increment
        spreads = sorted(watch.spreads[symbol])
        assert spreads[0] >= tick
        assert spreads[len(spreads) * 3 // 4] <= 6 * tick, symbol
        assert spreads[len(spreads) * 98 // 100] <= pair.start_price // 2_000, symbol
        assert watch.least[symbol] >= pair.levels, symbol
        assert min(watch.prices[symbol]) > pair.start_price * 85 // 100
        assert max(watch.prices[symbol]) < pair.start_price * 115 // 100
        assert len(set(watch.prices[symbol])) > 2, "the price moves"
        assert 1.5 * seconds <= floor.book_events[symbol] <= 2.5 * seconds, symbol
        assert seconds // 10 <= floor.trades[symbol] <= 2 * seconds, symbol


def test_some_virtual_hours_on_two_pairs() -> None:
    floor = Floor(("BTC/USD", "EUR/USD"))
    watch = Watch(floor)
    floor.run(2 * HOUR_S, watch)
    assert_alive(floor, watch, 2 * HOUR_S)


@pytest.fixture(scope="module")
def week() -> tuple[Floor, Watch]:
    """One market whose days the tests below live through in turn."""
    floor = Floor(("BTC/USD", "EUR/USD"))
    return floor, Watch(floor)


@pytest.mark.soak
@pytest.mark.parametrize("day", range(1, 8))
def test_a_virtual_week_on_two_pairs(week: tuple[Floor, Watch], day: int) -> None:
    floor, watch = week
    passed = (floor.now_ns - OPENED_NS) // SECOND_NS
    floor.run(day * 24 * HOUR_S - passed, watch)
    assert_alive(floor, watch, day * 24 * HOUR_S)


def test_every_pair_lives_at_about_two_events_a_second_when_calm() -> None:
    floor = Floor()
    watch = Watch(floor)
    floor.run(600, watch)
    assert_alive(floor, watch, 600)


def test_busy_pairs_have_twenty_to_forty_events_a_second() -> None:
    floor = Floor(("SOL/USD", "EUR/USD", "BTC/USD", "LTC/USD"), level=MarketLevel.BUSY)
    floor.run(120)
    rates = {symbol: events // 120 for symbol, events in floor.book_events.items()}
    assert {symbol for symbol, rate in rates.items() if 20 <= rate <= 40} == {"SOL/USD", "EUR/USD", "BTC/USD"}
    assert 3 <= rates["LTC/USD"] <= 7


@pytest.mark.parametrize(("level", "percent"), [(MarketLevel.CALM, 3), (MarketLevel.BUSY, 15)])
def test_deciding_costs_little(level: MarketLevel, percent: int) -> None:
    floor = Floor(level=level)
    spent, seconds = 0.0, 30
    steps = floor.steps(seconds)
    while True:
        began = time.process_time()
        batch = next(steps, None)
        spent += time.process_time() - began
        if batch is None:
            break
        outcomes = [floor.apply(command) for command in batch]
        began = time.process_time()
        for outcome in outcomes:
            floor.market.observe(outcome)
        spent += time.process_time() - began
    assert spent * 100 < percent * seconds


def test_index_prices_come_at_most_once_a_second() -> None:
    floor = Floor(("BTC/USD",), level=MarketLevel.BUSY)
    times = []
    for batch in floor.steps(30):
        for command in batch:
            floor.send(command)
            if isinstance(command, SetIndexPrice):
                times.append(floor.now_ns)
    assert len(times) > 20
    assert all(after - before >= SECOND_NS for before, after in pairwise(times))


def test_some_orders_trade_several_times() -> None:
    floor = Floor(("BTC/USD",), level=MarketLevel.BUSY)
    sweeps = 0
    for batch in floor.steps(120):
        for command in batch:
            trades = [event for event in floor.send(command) if isinstance(event, Traded)]
            sweeps += len(trades) > 2
    assert sweeps > 5


def test_a_cross_follows_its_legs() -> None:
    floor = Floor(("BTC/USD", "EUR/USD", "BTC/EUR"))
    for _ in range(20):
        floor.run(60)
        usd, eur, cross = (floor.best(symbol, Side.BUY) for symbol in ("BTC/USD", "EUR/USD", "BTC/EUR"))
        assert abs(cross - usd * 10**5 // eur) < cross // 2_000


def test_a_side_that_somebody_took_whole_comes_back() -> None:
    floor = Floor(("ETH/USD",))
    floor.run(10)
    floor.send(PlaceOrder(ALICE, trading.order("ETH/USD", Side.SELL, 1_000 * 10**8)))
    taken = floor.levels("ETH/USD", Side.BUY)
    assert taken < 1_200
    floor.run(30)
    assert floor.levels("ETH/USD", Side.BUY) >= 1_200
    assert floor.best("ETH/USD", Side.SELL) - floor.best("ETH/USD", Side.BUY) <= 6
    assert abs(floor.best("ETH/USD", Side.BUY) - 262_500) < 2_625
    audit(floor.exchange)


def test_a_price_that_somebody_moved_comes_back() -> None:
    floor = Floor(("BTC/USD",))
    floor.run(10)
    # Ten times the best ask's worth, 4 % above the market: what nobody sells at once rests as the best bid.
    floor.send(PlaceOrder(ALICE, trading.order("BTC/USD", Side.BUY, 10 * 10**8, 873_600)))
    floor.run(60)
    assert abs(floor.best("BTC/USD", Side.BUY) - 840_000) < 8_400
    assert floor.best("BTC/USD", Side.SELL) - floor.best("BTC/USD", Side.BUY) <= 6
    audit(floor.exchange)


def test_agents_leave_strangers_orders_alone() -> None:
    floor = Floor(("EUR/USD",))
    floor.send(PlaceOrder(ALICE, trading.order("EUR/USD", Side.BUY, 100 * 10**8, 110_000)))
    floor.run(600)
    orders = floor.exchange.venue.accounts[ALICE].orders
    assert [order.limit_price for order in orders.values()] == [110_000]


@pytest.mark.parametrize("ticks", [3, 40])
def test_a_price_of_a_few_ticks_is_a_market_too(ticks: int) -> None:
    coarse = replace(trading.pair("SOL/USD").instrument, price_increment=Price(12_000 // ticks))
    floor = Floor(("SOL/USD",), instruments=[coarse])
    floor.run(600)
    assert floor.refusals == []
    assert 0 < floor.best("SOL/USD", Side.BUY) < floor.best("SOL/USD", Side.SELL)
    assert floor.trades["SOL/USD"] > 60
    audit(floor.exchange)


def _ten_minutes(seed: int = 7, batchwise: bool = False) -> str:
    """A hash of all that the agents send in ten minutes, and of all that comes of it."""
    floor = Floor(("BTC/EUR", "EUR/USD", "SOL/USD"), seed)
    digest = sha256()
    for batch in floor.steps(600):
        outcomes = []
        for command in batch:
            digest.update(msgspec.json.encode(command))
            outcomes.append(floor.apply(command))
            if not batchwise:
                floor.market.observe(outcomes.pop())
        for outcome in outcomes:
            floor.market.observe(outcome)
    digest.update(state_hash(floor.exchange))
    return digest.hexdigest()


def test_two_runs_are_equal_and_batches_do_not_matter() -> None:
    assert _ten_minutes() == _ten_minutes(batchwise=True)


def test_another_seed_is_another_market() -> None:
    assert _ten_minutes() != _ten_minutes(seed=8)


def test_the_hash_seed_of_the_interpreter_does_not_matter() -> None:
    run = f"runpy.run_path({__file__!r})['_ten_minutes']()"
    program = f"import sys, runpy; sys.path[:0] = {sys.path!r}; print({run})"
    digests = set()
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        digests.add(done.stdout)
    assert digests == {_ten_minutes() + "\n"}
