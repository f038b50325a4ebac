"""Book windows: entries in order, backfill, silence about what is pushed out, and every replica exact."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import BTC_USD, INSTRUMENTS, START_NS, buy, instrument, sell
from krakenbox.feeds import v2
from krakenbox.feeds.depth import DEPTHS, Depth
from krakenbox.feeds.ladder import Ladders
from krakenbox.model.event import BookChanged
from krakenbox.model.fixed import from_text, to_text
from krakenbox.model.instrument import Instrument
from screens import BookReplica, Floor, Hand, read, walk
from wire.corpus import VECTORS, frame

SYMBOL = BTC_USD.symbol


def filled(bids: range, asks: range) -> tuple[Floor, Hand]:
    """A floor whose book has one order of one unit at each price."""
    floor, hand = Floor(), Hand()
    floor.show(*(hand.add(buy, price, 1) for price in bids), *(hand.add(sell, price, 1) for price in asks))
    return floor, hand


def entries(text: str, side: str) -> list[tuple[str, str]]:
    [row] = read(text)["data"]
    return [(each["price"], each["qty"]) for each in row[side]]


def test_an_empty_book_is_empty_arrays_and_no_checksum() -> None:
    assert Floor().watch(1, "book", SYMBOL, 10) == (
        '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[],"asks":[],"checksum":0,'
        '"timestamp":"2026-01-01T00:00:00.000000Z"}]}'
    )


def test_a_changed_level_is_one_entry() -> None:
    floor, hand = filled(range(101, 104), range(110, 113))
    floor.watch(1, "book", SYMBOL, 10)
    floor.show(hand.add(buy, 103, 2))
    [text] = floor.seen(1)
    assert entries(text, "bids") == [("10.3", "0.00000003")]
    assert entries(text, "asks") == []
    assert floor.seen(1) == []


def test_a_level_that_goes_is_followed_by_the_one_that_enters() -> None:
    floor, hand = filled(range(101, 113), range(200, 201))
    floor.watch(1, "book", SYMBOL, 10)
    floor.show(hand.remove(buy, 110))
    [text] = floor.seen(1)
    assert entries(text, "bids") == [("11.0", "0.00000000"), ("10.2", "0.00000001")]


def test_without_a_level_to_enter_only_the_removal_is_told() -> None:
    floor, hand = filled(range(101, 111), range(200, 201))
    floor.watch(1, "book", SYMBOL, 10)
    floor.show(hand.remove(buy, 110))
    [text] = floor.seen(1)
    assert entries(text, "bids") == [("11.0", "0.00000000")]


def test_a_new_level_pushes_the_worst_out_in_silence() -> None:
    floor, hand = filled(range(1, 2), range(101, 111))
    floor.watch(1, "book", SYMBOL, 10)
    floor.show(hand.add(sell, 100, 5))
    [text] = floor.seen(1)
    assert entries(text, "asks") == [("10.0", "0.00000005")]


def test_outside_the_window_nothing_is_told() -> None:
    floor, hand = filled(range(1, 2), range(101, 113))
    floor.watch(1, "book", SYMBOL, 10)
    floor.show(hand.add(sell, 111, 5))
    floor.show(hand.remove(sell, 112))
    floor.show(hand.add(sell, 120, 5))
    assert floor.seen(1) == []
    # and the window still knows what lies behind it
    floor.show(hand.remove(sell, 101))
    [text] = floor.seen(1)
    assert entries(text, "asks") == [("10.1", "0.00000000"), ("11.1", "0.00000006")]


def test_changes_of_one_command_are_listed_one_by_one_never_netted() -> None:
    floor, hand = filled(range(101, 104), range(110, 113))
    floor.watch(1, "book", SYMBOL, 10)
    floor.show(hand.add(buy, 104, 4), hand.modify(buy, 104, 3), hand.remove(sell, 110), hand.remove(buy, 104))
    [text] = floor.seen(1)
    assert entries(text, "bids") == [("10.4", "0.00000004"), ("10.4", "0.00000003"), ("10.4", "0.00000000")]
    assert entries(text, "asks") == [("11.0", "0.00000000")]


def test_commands_are_never_merged() -> None:
    floor, hand = filled(range(101, 104), range(110, 113))
    floor.watch(1, "book", SYMBOL, 10)
    floor.show(hand.add(buy, 104, 4))
    hand.tick()
    floor.show(hand.add(buy, 104, 4))
    assert [entries(text, "bids") for text in floor.seen(1)] == [
        [("10.4", "0.00000004")],
        [("10.4", "0.00000008")],
    ]


def test_a_level_pushed_out_and_gone_within_one_message_is_removed() -> None:
    # The client truncates only behind the message: it would hold 11.0 and drop 11.1 for it.
    floor, hand = filled(range(1, 2), range(101, 112))
    replica = BookReplica(10)
    replica.receive(floor.watch(1, "book", SYMBOL, 10))
    floor.show(hand.add(sell, 100, 5), hand.remove(sell, 110), hand.remove(sell, 102))
    [text] = floor.seen(1)
    assert entries(text, "asks") == [
        ("10.0", "0.00000005"),
        ("11.0", "0.00000000"),
        ("10.2", "0.00000000"),
        ("11.1", "0.00000001"),
    ]
    replica.receive(text)
    assert replica.prices("asks") == ["10.0", "10.1", *(f"10.{tenth}" for tenth in range(3, 10)), "11.1"]


def test_only_watched_windows_make_frames() -> None:
    floor, hand = filled(range(101, 104), range(110, 113))
    floor.watch(1, "book", SYMBOL, 25)
    floor.watch(2, "book", SYMBOL, 1000)
    floor.unwatch(1, "book", SYMBOL, 25)
    floor.show(hand.add(buy, 104, 4))
    assert floor.seen(1) == []
    assert len(floor.seen(2)) == 1


def test_a_snapshot_repeats_the_last_changes_checksum_and_time() -> None:
    floor, hand = filled(range(101, 104), range(110, 113))
    floor.watch(1, "book", SYMBOL, 10)
    hand.tick()
    floor.show(hand.add(buy, 104, 4))
    [text] = floor.seen(1)
    floor.unwatch(1, "book", SYMBOL, 10)
    hand.tick()
    floor.show(time_ns=hand.time_ns)
    [update], [snapshot] = read(text)["data"], read(floor.watch(1, "book", SYMBOL, 10))["data"]
    assert (snapshot["checksum"], snapshot["timestamp"]) == (update["checksum"], update["timestamp"])
    assert snapshot["timestamp"] == "2026-01-01T00:00:00.001000Z"


def test_a_change_behind_a_window_leaves_its_time_alone() -> None:
    floor, hand = filled(range(101, 112), range(120, 123))
    floor.watch(1, "book", SYMBOL, 10)
    hand.tick()
    floor.show(hand.modify(buy, 110, 4))
    [text] = floor.seen(1)
    hand.tick()
    floor.show(hand.modify(buy, 101, 4))  # the eleventh bid
    assert floor.seen(1) == []
    [update] = read(text)["data"]
    [narrow], [wide] = (read(floor.watch(2, "book", SYMBOL, depth))["data"] for depth in (10, 25))
    assert narrow["timestamp"] == update["timestamp"] == "2026-01-01T00:00:00.001000Z"
    assert wide["timestamp"] == "2026-01-01T00:00:00.002000Z"


def test_a_snapshot_of_an_unwatched_book_is_the_book_of_now() -> None:
    floor, hand = filled(range(101, 104), range(110, 113))
    floor.snapshot("book", SYMBOL, 10)
    floor.show(hand.add(buy, 103, 2))
    text = floor.snapshot("book", SYMBOL, 10)
    assert entries(text, "bids")[0] == ("10.3", "0.00000003")
    BookReplica(10).receive(text)


@pytest.mark.parametrize("depth", DEPTHS)
def test_a_window_shows_its_depth(depth: int) -> None:
    floor, _ = filled(range(1, 1201), range(2001, 3201))
    text = floor.watch(1, "book", SYMBOL, depth)
    assert len(entries(text, "bids")) == len(entries(text, "asks")) == depth
    assert entries(text, "bids")[0] == ("120.0", "0.00000001")
    assert entries(text, "asks")[0] == ("200.1", "0.00000001")


@given(st.integers(0, 2**32), st.sets(st.sampled_from(DEPTHS), min_size=1))
def test_every_replica_is_the_book_after_every_message(seed: int, depths: set[int]) -> None:
    floor, hand = filled(range(100, 200, 4), range(200, 300, 4))
    replicas = {depth: BookReplica(depth) for depth in depths}
    for depth, replica in replicas.items():
        replica.receive(floor.watch(depth, "book", SYMBOL, depth))
    for command in walk(seed, hand):
        floor.show(*command)
        for depth, replica in replicas.items():
            for text in floor.seen(depth):
                replica.receive(text)
            assert replica.sides == book(hand, depth)


def book(hand: Hand, depth: int) -> dict[str, dict[str, str]]:
    """The naive book as a replica holds it."""
    return {
        name: {
            to_text(price, BTC_USD.price_decimals): to_text(
                sum(o.order_qty for o in queue), BTC_USD.qty_decimals
            )
            for price, queue in hand.best(side, depth)
        }
        for name, side in (("bids", buy), ("asks", sell))
    }


def shown(depth: Depth, ladders: Ladders, event: BookChanged) -> None:
    ladders.apply(event)
    depth.apply(event)


def stood_up(levels: dict[str, list[list[str]]], market: Instrument) -> tuple[Depth, Ladders, Hand]:
    """A view of levels given as text."""
    ladders, hand = Ladders(), Hand()
    depth = Depth(market, ladders, START_NS)
    for name, side in (("bids", buy), ("asks", sell)):
        for price, qty in levels[name]:
            units = from_text(price, market.price_decimals), from_text(qty, market.qty_decimals)
            shown(depth, ladders, hand.add(side, *(unit or 0 for unit in units)))
    return depth, ladders, hand


@pytest.mark.parametrize("watched", [True, False])
def test_the_documented_checksum(watched: bool) -> None:
    vector = VECTORS["book_v2_doc_example"]
    depth, _, _ = stood_up(vector, BTC_USD)
    if watched:
        depth.watch(10)
    assert depth.checksum() == vector["checksum"]


def test_the_documented_snapshot_and_update() -> None:
    vector = VECTORS["book_v2_matic_example"]
    depth, ladders, hand = stood_up(vector, instrument("MATIC/USD", (4, 8, 6)))
    depth.watch(10)
    assert depth.checksum() == 2439117997
    shown(depth, ladders, hand.modify(buy, 5657, 109839475580))
    assert depth.checksum() == 2114181697


def test_the_recorded_snapshot_and_update_byte_for_byte() -> None:
    market = INSTRUMENTS["ETH/BTC"]
    recorded = frame("book_snapshot_eth_btc").decode()
    [row] = read(recorded)["data"]
    levels = {side: [[each["price"], each["qty"]] for each in row[side]] for side in ("bids", "asks")}
    levels["bids"].append(["0.031329", "19.07893401"])
    depth, ladders, hand = stood_up(levels, market)
    depth.changes.note(0, 1_787_757_376_637_831_000)
    depth.watch(10)
    assert v2.book_snapshot(depth, 10, market) == recorded

    hand.time_ns = 1_787_757_376_730_423_000
    shown(depth, ladders, hand.remove(buy, 31347))
    [(_, bids, asks)] = depth.updates()
    assert v2.book_update(depth, bids, asks, market, hand.time_ns) == frame("book_update_eth_btc").decode()
