"""Memory does not grow with the age of an exchange."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from census import census
from crowd import MIDDLES, NAMES, Crowd
from harness import Venue, subscribe
from krakenbox.feeds.candles import INTERVALS
from krakenbox.feeds.candles import KEPT as KEPT_CANDLES
from krakenbox.feeds.orders import SNAPSHOT_FILLS
from krakenbox.feeds.ticker import MINUTES
from krakenbox.feeds.trades import KEPT as KEPT_TRADES
from krakenbox.protocol.v2.methods import CHANNEL_NAMES

TESTS = Path(__file__).parent
FILLED = {
    "feeds.candles.Candles._finished": len(INTERVALS) * KEPT_CANDLES * len(MIDDLES),
    "feeds.ticker.Ticker._day": MINUTES * len(MIDDLES),
    "feeds.trades.Trades.latest": KEPT_TRADES * len(MIDDLES),
    "feeds.orders.Orders.fills": SNAPSHOT_FILLS * len(NAMES),
}
"""What fills up to a bound of its own, with time or with trades."""


LOOKS = 20


def held(crowd: Crowd, orders: int) -> Counter[str]:
    """What everything held, the sum of some looks while so many orders were placed: books come and go."""
    found: Counter[str] = Counter()
    for _ in range(LOOKS):
        crowd.trade(orders // LOOKS)
        found += crowd.census()
    return found


def test_nothing_grows_with_the_number_of_orders() -> None:
    crowd = Crowd()
    before, after = held(crowd, 10_000), held(crowd, 10_000)
    assert len(after) > 60
    assert after["venue.accounts.Account.orders"] > LOOKS * 100
    assert after["venue.hashing._Items._hashes"] > LOOKS * 100
    for full in ("feeds.orders.Orders.fills", "feeds.trades.Trades.latest"):
        assert after[full] == LOOKS * FILLED[full]
    # What keeps something of every order would hold three times as much.
    grown = {name: (before[name], size) for name, size in after.items() if size > most(name, before[name])}
    assert grown == {}


def most(name: str, before: int) -> int:
    return LOOKS * FILLED[name] if name in FILLED else before * 3 // 2 + LOOKS * 16


def test_the_crowd_does_all_that_clients_do() -> None:
    crowd = Crowd()
    crowd.trade(3_000)
    told = crowd.told
    for name in ("OrderFilled", "OrderAmended", "TriggerChanged", "IcebergRefilled", "CancelTimerSet"):
        assert told[name] > 30, name
    assert told["OrderFilled"] > 1_500
    assert told["OrdersCanceled"] > 10
    assert told["Rejected"] * 10 < crowd.sequencer.seq
    assert crowd.frames > 10**6


def visit(venue: Venue) -> None:
    """A client that listens to everything, trades a little, and hangs up."""
    public, private, third = venue.greeted(), venue.greeted("ws-auth"), venue.greeted("ws-l3")
    token = venue.token("alice")
    for channel in ("book", "trade", "ticker", "ohlc", "instrument"):
        symbols = () if channel == "instrument" else ("BTC/USD", "EUR/USD")
        public.send(subscribe(channel, *symbols))
    third.send(subscribe("level3", "BTC/USD", token=token))
    for channel in ("executions", "balances"):
        private.send(subscribe(channel, token=token))
    for price in ("90000", "110000"):
        for side in ("buy", "sell"):
            order = {"symbol": "BTC/USD", "side": side, "order_type": "limit", "order_qty": 1}
            private.send({"method": "add_order", "params": order | {"limit_price": price, "token": token}})
    private.send({"method": "cancel_all", "params": {"token": token}})
    venue.pass_time(1_000_000_000)
    assert all(len(client.frames()) > 2 for client in (public, private, third))
    for client in (public, private, third):
        client.hang_up()


def test_clients_that_come_and_go_leave_nothing() -> None:
    venue = Venue()

    def sizes() -> Counter[str]:
        return census(venue.exchange, venue.hub, venue.desk, venue.sequencer)

    for _ in range(30):
        visit(venue)  # until alice's fills are those that are remembered
    before = sizes()
    for _ in range(20):
        visit(venue)
    # Time passed; and the harness keeps its journal in memory.
    left_out = FILLED.keys() | {"journal.storage.MemoryStorage._segments"}
    grown = {name: size - before[name] for name, size in sizes().items() if name not in left_out}
    assert max(grown.values()) == 0, {name: more for name, more in grown.items() if more > 0}
    assert before["feeds.hub.Hub._connections"] == before["feeds.audiences.Audiences._members"] == 0
    assert before["feeds.streams.Streams._by_subscriber"] == 0
    assert len(CHANNEL_NAMES) == 9, "a new channel is to be visited too"


@pytest.mark.soak
def test_two_million_orders_in_flat_memory() -> None:
    search = os.pathsep.join([str(TESTS), str(TESTS.parent)])
    done = subprocess.run(
        [sys.executable, str(TESTS / "crowd.py"), "2000000"],
        env=os.environ | {"PYTHONPATH": search},
        capture_output=True,
        text=True,
        check=True,
    )
    first, *others = [int(line.split()[0]) for line in done.stdout.splitlines()]
    print(done.stdout)
    assert len(others) == 3
    assert max(others) * 10 <= first * 11
