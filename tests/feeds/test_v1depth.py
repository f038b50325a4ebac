"""Books of v1: the recorded sequence byte for byte, backfill marked, every window's checksum."""

import json

from hypothesis import given
from hypothesis import strategies as st

from builders import BTC_USD, START_NS, buy, instrument, sell
from krakenbox.feeds.depth import DEPTHS
from krakenbox.feeds.hub import ViewKey
from krakenbox.feeds.market import Market
from krakenbox.model.event import BookAction, BookChanged
from krakenbox.model.fixed import Price, Qty, from_text
from krakenbox.model.order import OrderId, Side
from screens import Floor, Hand, walk
from v1screens import V1Book
from wire.corpus import V1_BOOK, VECTORS

SYMBOL = BTC_USD.symbol
XBT_NUMBER = 21
"""The pair's place on the venue: its book has the id 336."""
BEHIND = ["27116.80000", "0.14741986", "1693415325.036931"]
"""The eleventh bid: the recording shows it only when another one leaves."""


def change(market: Market, side: Side, price: str, volume: str, time: str) -> BookChanged:
    """One level set to a volume at a time, by an order of its own."""
    told = from_text(price.rstrip("0").ljust(len("27120.0"), "0"), 1), from_text(volume, 8)
    assert None not in told
    second, _, micro = time.partition(".")
    time_ns = (int(second) * 1_000_000 + int(micro)) * 1_000
    units, qty = told
    gone = qty == 0
    ladder = market.ladders.bids if side is buy else market.ladders.asks
    known = units * ladder.sign in ladder.qtys  # type: ignore[operator]
    action = BookAction.REMOVED if gone else BookAction.MODIFIED if known else BookAction.ADDED
    shown = Qty(qty or 1)
    order_id = OrderId(f"O{units:05d}-AAAAA-AAAAAA")
    level = (side, Price(units or 0), Qty(qty or 0))
    return BookChanged(time_ns, market.instrument.symbol, *level, action, order_id, shown, START_NS)


def recorded() -> Market:
    """The market of the recording, before its first update."""
    market = Market(instrument("BTC/USD", (1, 8, 5)), START_NS)
    market.v1.number(XBT_NUMBER)
    _, snapshot, *_ = json.loads(V1_BOOK["snapshot"])
    for side, levels in ((buy, [*snapshot["bs"], BEHIND]), (sell, snapshot["as"])):
        for level in levels:
            market.change_book(change(market, side, *level))
    market.updates(START_NS)
    return market


def test_the_recorded_sequence_comes_out_byte_for_byte() -> None:
    market, view = recorded(), ViewKey("v1/book", "BTC/USD", 10)
    market.watch(view)
    assert market.snapshot(view, START_NS) == V1_BOOK["snapshot"]
    assert market.v1.depth.checksum() == V1_BOOK["snapshot_checksum"]
    for text in V1_BOOK["updates"]:
        _, payload, *_ = json.loads(text)
        for price, volume, time, *flags in payload["b"]:
            if not flags:
                event = change(market, buy, price, volume, time)
                market.change_book(event)
        assert market.updates(event.time_ns) == [(view, text)]


def test_the_replica_follows_the_recording_too() -> None:
    replica = V1Book(10)
    for text in (V1_BOOK["snapshot"], *V1_BOOK["updates"]):
        replica.receive(text)
    assert replica.updates == len(V1_BOOK["updates"]) == 6


def test_the_documented_checksum() -> None:
    example = VECTORS["book_v1_doc_example"]
    replica = V1Book(1000)
    for side, levels in (("a", example["asks"]), ("b", example["bids"])):
        for price, volume, *_ in levels:
            replica.sides[side][price] = (volume, "")
    assert replica.checksum() == example["checksum"] == 974947235


def levels(text: str, side: str) -> list[list[str]]:
    _, *parts, _, _ = json.loads(text)
    found: list[list[str]] = [level for part in parts for level in part.get(side, [])]
    return found


def test_a_level_that_enters_is_marked_and_keeps_its_time() -> None:
    floor, hand = Floor(), Hand()
    floor.show(*(hand.add(buy, price, 1) for price in range(101, 113)))
    floor.watch(1, "v1/book", SYMBOL, 10)
    hand.tick()
    floor.show(hand.remove(buy, 110))
    (text,) = floor.seen(1)
    assert levels(text, "b") == [
        ["11.00000", "0.00000000", "1767225600.001000"],
        ["10.20000", "0.00000001", "1767225600.000000", "r"],
    ]


def test_changes_of_both_sides_are_two_objects_with_one_checksum() -> None:
    floor, hand = Floor(), Hand()
    floor.watch(1, "v1/book", SYMBOL, 10)
    floor.show(hand.add(buy, 100, 1), hand.add(sell, 110, 2))
    (text,) = floor.seen(1)
    number, asks, bids, name, pair = json.loads(text)
    assert (number, name, pair) == (16, "book-10", "XBT/USD")
    assert (list(asks), list(bids)) == (["a"], ["b", "c"])


def test_a_book_that_nobody_watches_keeps_the_times_of_its_levels() -> None:
    floor, hand = Floor(), Hand()
    floor.show(hand.add(buy, 100, 1))
    hand.tick()
    floor.show(hand.add(buy, 101, 1))
    hand.tick()
    floor.show(hand.add(buy, 101, 1), hand.add(buy, 102, 1))
    floor.show(hand.remove(buy, 102))
    assert floor.snapshot("v1/book", SYMBOL, 10) == (
        '[16,{"as":[],"bs":[["10.10000","0.00000002","1767225600.002000"],'
        '["10.00000","0.00000001","1767225600.000000"]]},"book-10","XBT/USD"]'
    )


def test_times_outlive_a_restart() -> None:
    market, other = recorded(), Market(instrument("BTC/USD", (1, 8, 5)), 0)
    other.v1.number(XBT_NUMBER)
    other.restore(market.capture())
    view = ViewKey("v1/book", "BTC/USD", 10)
    assert other.snapshot(view, START_NS) == V1_BOOK["snapshot"]


@given(seed=st.integers(0, 2**32))
def test_every_replica_of_every_depth_is_exact(seed: int) -> None:
    floor, hand = Floor(), Hand()
    for price in range(990, 1000):
        floor.show(hand.add(buy, price, 3), hand.add(sell, price + 100, 3))
    replicas = {depth: V1Book(depth) for depth in DEPTHS}
    for depth, replica in replicas.items():
        replica.receive(floor.watch(1, "v1/book", SYMBOL, depth))
    for events in walk(seed, hand):
        floor.show(*events)
        for text in floor.seen(1):
            replicas[int(json.loads(text)[-2].removeprefix("book-"))].receive(text)
    for depth, replica in replicas.items():
        fresh = V1Book(depth)
        fresh.receive(floor.snapshot("v1/book", SYMBOL, depth))
        assert replica.picture() == fresh.picture()
