"""The hub: every event has a view, frames per command and time, order whatever the flush, who hears what."""

from pathlib import Path
from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import ACCOUNTS, BTC_USD, SECOND_NS, START_NS, Pit, buy, cancel, cancel_all, place, sell
from krakenbox.feeds.depth import DEPTHS
from krakenbox.feeds.hub import INSTRUMENT, ExecutionOptions, Hub, Subscriber, ViewKey
from krakenbox.feeds.level3 import DEPTHS as LEVEL3_DEPTHS
from krakenbox.model.command import Command, SetSystemStatus, Tier, UseNonce
from krakenbox.model.event import Event, Outcome
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import AccountId, TimeInForce
from screens import BookReplica, Floor, Hand, OrdersReplica, read, texts, traded, venue

SYMBOL = BTC_USD.symbol
BOOK = ViewKey("book", SYMBOL, 10)
ONE, TWO = Subscriber(1), Subscriber(2)
ALICE = AccountId("alice")


def test_every_event_has_its_handler() -> None:
    assert set(Hub()._handlers) == set(get_args(Event))


def test_the_hub_knows_accounts_nonces_and_symbols() -> None:
    floor = venue()
    floor.send(UseNonce("key", 5), UseNonce("key", 9))
    assert floor.hub.accounts == {AccountId(name): tier for name, tier in ACCOUNTS.items()}
    assert floor.hub.accounts[ALICE] is Tier.PRO
    assert floor.hub.nonces == {"key": 9}
    assert floor.hub.reference.table.get(SYMBOL) == BTC_USD
    assert floor.hub.reference.table.get("XBT/USD") is None
    assert floor.hub.seq == floor.seq


def test_a_timer_that_fell_due_before_a_command_has_its_own_frame() -> None:
    floor = venue()
    end_ns = START_NS + 10 * SECOND_NS
    floor.send(place(buy, 1, at=100, time_in_force=TimeInForce.GTD, expire_ns=end_ns))
    floor.watch(1, *BOOK)
    assert floor.pit is not None
    floor.pit.time_ns = end_ns + SECOND_NS
    floor.send(place(buy, 1, at=90))
    rows = [read(text)["data"][0] for text in floor.seen(1)]
    assert [(row["bids"], row["timestamp"][17:]) for row in rows] == [
        ([{"price": "100.0", "qty": "0.00000000"}], "10.000000Z"),
        ([{"price": "90.0", "qty": "1.00000000"}], "11.001000Z"),
    ]


def test_a_command_over_several_symbols_makes_a_frame_for_each_in_order() -> None:
    floor = venue()
    floor.send(place(buy, 1, at=100, symbol="ETH/BTC"), place(buy, 1, at=100), place(buy, 1, at=99))
    floor.watch(1, *BOOK)
    floor.watch(1, "book", "ETH/BTC", 10)
    floor.send(cancel_all())
    first, second = (read(text)["data"][0] for text in floor.seen(1))
    assert (first["symbol"], second["symbol"]) == ("ETH/BTC", "BTC/USD")
    assert len(second["bids"]) == 2


def test_order_and_bytes_do_not_depend_on_the_flush() -> None:
    def run(flush_every: int) -> bytes:
        floor, hand, sent = Floor(), Hand(), b""
        for view in (BOOK, ViewKey("trade", SYMBOL), ViewKey("ticker", SYMBOL, "bbo")):
            floor.watch(1, *view)
        for number in range(30):
            hand.tick()
            floor.show(traded(number, 100, 1, hand.time_ns), hand.add(buy, 100 + number % 7, 1))
            if number % flush_every == 0:
                for who in floor.hub.dirty():
                    sent += floor.hub.take(who)
        return sent + floor.hub.take(ONE)

    assert run(1) == run(7) == run(1000)


def test_members_of_one_audience_are_given_the_same_bytes() -> None:
    floor, hand = Floor(), Hand()
    floor.watch(1, *BOOK)
    floor.watch(2, *BOOK)
    floor.show(hand.add(buy, 100, 1))
    floor.show(hand.add(buy, 101, 1))
    assert floor.hub.dirty() == [ONE, TWO]
    assert floor.hub.take(ONE) is floor.hub.take(TWO)


def test_a_new_subscriber_joins_after_the_frames_before_it() -> None:
    floor, hand = Floor(), Hand()
    floor.watch(1, *BOOK)
    floor.show(hand.add(buy, 100, 1))
    replica = BookReplica(10)
    replica.receive(floor.watch(2, *BOOK))
    floor.show(hand.add(buy, 101, 1))
    [text] = floor.seen(2)
    replica.receive(text)
    assert len(floor.seen(1)) == 2


def test_the_engine_mode_reaches_every_connection_in_order() -> None:
    floor = venue()
    floor.hub.connect(ONE, 18125794168470749634)
    floor.hub.connect(TWO, 7)
    floor.watch(1, *BOOK)
    floor.send(place(buy, 1, at=100), SetSystemStatus(SystemStatus.POST_ONLY))
    floor.send(place(buy, 1, at=99, post_only=True))
    first, status, second = floor.seen(1)
    assert (read(first)["channel"], read(second)["channel"]) == ("book", "book")
    assert status == (
        '{"channel":"status","type":"update","data":[{"version":"2.0.10","system":"post_only",'
        '"api_version":"v2","connection_id":18125794168470749634,"upcoming_maintenance":[],"emergency":[]}]}'
    )
    [text] = floor.seen(2)
    assert read(text)["data"][0]["connection_id"] == 7
    assert floor.hub.reference.status is SystemStatus.POST_ONLY


def test_a_connection_that_is_gone_leaves_nothing_behind() -> None:
    floor = venue()
    floor.hub.connect(ONE, 7)
    floor.watch(1, *BOOK)
    floor.watch(1, *INSTRUMENT)
    floor.hub.subscribe_executions(ONE, ALICE, ExecutionOptions())
    floor.hub.subscribe_balances(ONE, ALICE)
    floor.send(place(buy, 1, at=100))
    floor.hub.take_private()
    floor.hub.drop(ONE)
    floor.hub.drop(ONE)
    floor.send(place(buy, 1, at=99), SetSystemStatus(SystemStatus.POST_ONLY))
    assert floor.hub.take_private() == []
    assert floor.hub.dirty() == []
    assert floor.hub.take(ONE) == b""
    assert floor.hub.subscribed(ONE) == frozenset()


def test_private_rows_come_in_the_order_of_events() -> None:
    floor = venue()
    floor.send(place(sell, 1, at=100, by="bob"))
    floor.hub.subscribe_executions(ONE, ALICE, ExecutionOptions())
    floor.hub.subscribe_executions(TWO, AccountId("bob"), ExecutionOptions())
    floor.hub.subscribe_balances(ONE, ALICE)
    floor.send(place(buy, 1, at=100))
    told = [(who, read(text)) for who, frames in floor.hub.take_private() for text in texts(frames)]
    assert [(who, row.get("exec_type", row.get("asset"))) for who, m in told for row in m["data"]] == [
        (1, "pending_new"),
        (1, "new"),
        (2, "trade"),
        (2, "filled"),
        (1, "trade"),
        (1, "BTC"),
        (1, "USD"),
        (1, "filled"),
    ]
    assert floor.hub.take_private() == []


def test_wrong_calls_fail_loudly() -> None:
    floor = Floor()
    floor.watch(1, *BOOK)
    with pytest.raises(AssertionError, match=r"1 sees .* already"):
        floor.hub.subscribe(ONE, BOOK)
    with pytest.raises(AssertionError, match=r"2 does not see"):
        floor.hub.unsubscribe(TWO, BOOK)


# -- a random venue and everybody's replicas


def drawn_commands(dice: Random, count: int) -> list[Command]:
    """Orders around 100.0 from everybody, some crossing, and cancels."""
    commands: list[Command] = []
    for _ in range(count):
        who = dice.choice(list(ACCOUNTS))
        side, qty = dice.choice((buy, sell)), dice.randint(1, 30)
        match dice.randrange(10):
            case 0:
                commands.append(cancel_all(who))
            case 1:
                commands.append(cancel(userref=dice.randint(1, 3), by=who))
            case 2:
                commands.append(place(side, qty, by=who))
            case _:
                price = 100 + dice.randint(-12, 2) * (1 if side is buy else -1)
                commands.append(place(side, qty, at=price, by=who, userref=dice.randint(1, 3)))
    return commands


class Everybody:
    """Followers of every window, and of alice's orders and balances."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.books = {depth: BookReplica(depth) for depth in DEPTHS}
        self.orders = {depth: OrdersReplica(depth) for depth in LEVEL3_DEPTHS}
        self.windows: dict[int, tuple[ViewKey, BookReplica | OrdersReplica]] = {}
        for channel, replicas in (("book", self.books), ("level3", self.orders)):
            for depth, replica in replicas.items():
                who, view = len(self.windows) + 10, ViewKey(channel, SYMBOL, depth)
                replica.receive(floor.watch(who, *view))
                self.windows[who] = view, replica
        self.own: dict[str, None] = {}
        self.held: dict[str, str] = {}
        self._hear(texts(floor.hub.subscribe_executions(ONE, ALICE, ExecutionOptions())))
        self._hear(texts(floor.hub.subscribe_balances(ONE, ALICE)))

    def follow(self) -> None:
        """Take in everything new."""
        for who, (_, replica) in self.windows.items():
            for text in self.floor.seen(who):
                replica.receive(text)
        self._hear(self.floor.told(ONE))

    def _hear(self, messages: list[str]) -> None:
        for row in (row for text in messages for row in read(text)["data"]):
            if "asset" in row:
                self.held[row["asset"]] = row["balance"]
            elif row["exec_type"] in ("pending_new", "new"):
                self.own[row["order_id"]] = None
            elif row["exec_type"] in ("filled", "canceled", "expired"):
                del self.own[row["order_id"]]


@given(st.integers(0, 2**32))
def test_whoever_follows_knows_what_the_venue_knows(seed: int) -> None:
    floor = venue()
    floor.send(*drawn_commands(Random(seed), 30))
    everybody = Everybody(floor)
    for command in drawn_commands(Random(seed + 1), 40):
        floor.send(command)
        everybody.follow()

    for view, replica in everybody.windows.values():
        fresh = type(replica)(replica.depth)
        fresh.receive(floor.snapshot(*view))
        assert fresh.sides == replica.sides
    pit = floor.pit
    assert isinstance(pit, Pit)
    assert list(everybody.own) == [order.order_id for order in pit.orders()]
    for name, balance in everybody.held.items():
        assert float(balance) == float(pit.balance("alice", name))


def test_the_hub_reflects_outcomes_that_did_nothing() -> None:
    hub = Hub()
    hub.apply(Outcome(seq=4, time_ns=START_NS, events=[]))
    assert hub.seq == 4
    assert hub.dirty() == []


IMAGES = Path(__file__).parents[1] / "journals" / "images"


def test_images_of_earlier_versions_are_read_for_ever() -> None:
    # Never write these files anew: what a change adds needs a default for the images that lack it.
    hub, now_ns, bob = Hub(), 1_767_312_063_039_019_025, AccountId("bob")
    hub.restore((IMAGES / "feeds-1.json").read_bytes())
    assert (hub.seq, hub.nonces) == (99, {"key": 2**64 - 1})
    assert list(hub.accounts) == ["alice", "bob", "carol", "mia"]
    [text] = texts(hub.snapshot(BOOK, now_ns))
    assert text == (
        '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[],"asks":['
        '{"price":100.1,"qty":23.50000001},{"price":104.9,"qty":1.00000000}],"checksum":741204910,'
        '"timestamp":"2026-01-02T00:01:03.039019Z"}]}'
    )
    [text] = texts(hub.subscribe_executions(ONE, bob, ExecutionOptions(snap_trades=True, ratecounter=True)))
    rows = read(text)["data"]
    assert [(row["order_id"][:6], row["exec_type"], row["order_status"]) for row in rows] == [
        ("OGJF7O", "new", "partially_filled"),
        ("O3L7OY", "new", "new"),
        ("OGJF7O", "trade", "filled"),
    ]
    assert [row.get("ratecount") for row in rows] == ["2.000", "2.000", None]
    [text] = texts(hub.subscribe_balances(ONE, bob))
    assert [row["balance"] for row in read(text)["data"]] == ["998.5000000000", "10000149.9242"]
    [text] = texts(hub.snapshot(ViewKey("ticker", SYMBOL, "bbo"), now_ns))
    assert [read(text)["data"][0][name] for name in ("last", "volume", "trades")] == [
        "100.2",
        "1.50000000",
        1,
    ]


def test_only_an_empty_hub_is_restored() -> None:
    hub = Hub()
    hub.apply(Outcome(seq=4, time_ns=START_NS, events=[]))
    with pytest.raises(AssertionError, match="stands at 4"):
        hub.restore(Hub().capture())
