"""Whatever is sent, in whatever order: the books stay sound, and the events tell all that happened.

`Pit.send` audits the whole venue after every command; what is asserted here is what only the events can show.
"""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from builders import START_NS, opened, opening
from krakenbox.model.event import (
    BalancePosted,
    BookAction,
    BookChanged,
    Event,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    Traded,
)
from krakenbox.model.order import OrderType
from krakenbox.venue.state import state_hash
from streams import run, steps

SEEDS = st.integers(0, 2**32)
COUNT = 100


@given(SEEDS)
def test_books_can_be_rebuilt_from_their_changes_alone(seed: int) -> None:
    pit = opened()
    told = run(pit, steps(seed, COUNT))
    queues: dict[tuple[str, str, int], dict[str, tuple[int, int]]] = defaultdict(dict)
    for event in told:
        if isinstance(event, BookChanged):
            queue = queues[event.symbol, event.side, event.price]
            if event.action is BookAction.REMOVED:
                assert queue.pop(event.order_id)[0] == event.order_qty
            else:
                assert (event.action is BookAction.MODIFIED) == (event.order_id in queue)
                queue[event.order_id] = (event.order_qty, event.order_time_ns)
            assert event.level_qty == sum(qty for qty, _ in queue.values())
            times = [time for _, time in queue.values()]
            assert times == sorted(times)
    for symbol, market in pit.exchange.venue.markets.items():
        for side, name in ((market.book.bids, "buy"), (market.book.asks, "sell")):
            rebuilt = {price: q for (s, n, price), q in queues.items() if (s, n) == (symbol, name) and q}
            assert sorted(rebuilt) == sorted(level.price for level in side)
            for level in side:
                assert list(rebuilt[level.price].items()) == [
                    (o.order_id, (o.shown, o.time_ns)) for o in level
                ]


@given(SEEDS)
def test_orders_can_be_followed_by_their_events_alone(seed: int) -> None:
    pit = opened()
    told = run(pit, steps(seed, COUNT))
    state: dict[str, str] = {}
    quantity: dict[str, int] = {}
    filled: Counter[str] = Counter()
    cost: Counter[str] = Counter()
    for event in told:
        match event:
            case OrderAccepted(order_id=order_id):
                assert order_id not in state
                state[order_id] = "accepted"
                quantity[order_id] = event.terms.qty
            case OrderAmended(order_id=order_id):
                quantity[order_id] = event.qty
            case OrderOpened(order_id=order_id):
                assert state[order_id] == "accepted"
                state[order_id] = "open"
            case OrderFilled(order_id=order_id):
                assert state[order_id] == "open"
                filled[order_id] += event.qty
                cost[order_id] += event.cost
                assert (event.cum_qty, event.cum_cost) == (filled[order_id], cost[order_id])
                assert event.terms.cash_qty == 0 or event.cum_cost <= event.terms.cash_qty
                assert quantity[order_id] == 0 or event.cum_qty <= quantity[order_id]
            case OrderClosed(order_id=order_id):
                assert state[order_id] in ("accepted", "open")
                assert (event.cum_qty, event.cum_cost) == (filled[order_id], cost[order_id])
                state[order_id] = "closed"
            case _:
                pass
    orders = [o for account in pit.exchange.venue.accounts.values() for o in account.orders.values()]
    # Only a scheduled order waits between its acceptance and its opening.
    waiting = {order_id for order_id, each in state.items() if each == "accepted"}
    assert waiting == {order.order_id for order in orders if order.scheduled}
    still_open = {order_id for order_id, each in state.items() if each == "open"}
    assert still_open == {order.order_id for order in orders if not order.scheduled}


@given(SEEDS)
def test_balances_can_be_followed_by_their_postings_alone(seed: int) -> None:
    pit = opened()
    balances = {
        (name, each): amount
        for name, account in pit.exchange.venue.accounts.items()
        for each, amount in account.balances.items()
    }
    fees: Counter[str] = Counter(pit.exchange.venue.ledger.fees.balances)
    for event in run(pit, steps(seed, COUNT)):
        if isinstance(event, BalancePosted):
            key = (event.account, event.asset)
            balances[key] = balances.get(key, 0) + event.amount - event.fee
            fees[event.asset] += event.fee
            assert event.balance == balances[key] >= 0
            assert event.fee >= 0
    assert fees == Counter(pit.exchange.venue.ledger.fees.balances)
    for name, account in pit.exchange.venue.accounts.items():
        for each, amount in account.balances.items():
            assert balances[name, each] == amount


@given(SEEDS)
def test_trades_are_numbered_and_have_two_sides_at_the_makers_price(seed: int) -> None:
    told = run(opened(), steps(seed, COUNT))
    numbers: Counter[str] = Counter()
    limits: dict[str, int] = {}
    for index, event in enumerate(told):
        if isinstance(event, OrderAccepted | OrderAmended):
            entered = isinstance(event, OrderAccepted)
            limits[event.order_id] = event.terms.limit_price if entered else event.limit_price
        if isinstance(event, Traded):
            numbers[event.symbol] += 1
            assert event.trade_id == numbers[event.symbol]
            maker, taker = [e for e in told[index:] if isinstance(e, OrderFilled)][:2]
            assert (maker.maker, taker.maker) == (True, False)
            traders = [(side.account, side.terms.sender_sub_id) for side in (maker, taker)]
            assert traders[0] != traders[1]
            assert maker.terms.side is not taker.terms.side is event.taker_side
            for side in (maker, taker):
                assert (side.trade_id, side.price, side.qty) == (event.trade_id, event.price, event.qty)
            if maker.terms.order_type is not OrderType.TRAILING_STOP_LIMIT:
                assert event.price == limits[maker.order_id]
            limit = limits[taker.order_id]
            if limit and taker.terms.order_type is not OrderType.TRAILING_STOP_LIMIT:
                assert event.price <= limit if event.taker_side == "buy" else event.price >= limit


@given(SEEDS)
def test_times_never_run_back_and_ids_never_repeat(seed: int) -> None:
    told = run(opened(), steps(seed, COUNT))
    times = [event.time_ns for event in told]
    assert times == sorted(times)
    assert not times or times[0] > START_NS
    ids = [
        each
        for event in told
        for each in (
            getattr(event, "ledger_id", ""),
            getattr(event, "exec_id", ""),
            getattr(event, "amend_id", ""),
            event.order_id if isinstance(event, OrderAccepted) else "",
        )
        if each
    ]
    assert len(ids) == len(set(ids))


def fingerprint(seed: int, count: int) -> str:
    """Every byte of every event of a stream, and of the state it leaves."""
    pit = opened()
    told: list[Event] = run(pit, steps(seed, count))
    return sha256(msgspec.json.encode(told) + state_hash(pit.exchange)).hexdigest()


def test_no_byte_depends_on_the_hash_seed() -> None:
    assert len(opening()) > 1
    here = Path(__file__)
    code = f"import test_random_commands as t; print(t.fingerprint(5, {COUNT * 2}))"
    found = set()
    for hash_seed in ("0", "1", "4242"):
        path = os.pathsep.join([str(here.parent), str(here.parents[1]), *sys.path])
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        found.add(done.stdout.strip())
    assert found == {fingerprint(5, COUNT * 2)}
