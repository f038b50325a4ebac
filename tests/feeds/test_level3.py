"""Windows of orders: add, modify, delete, whole levels that enter, queue order, checksums, exact replicas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import BTC_USD, START_NS, buy, sell
from krakenbox.feeds.ladder import Ladders
from krakenbox.feeds.level3 import DEPTHS, Level3
from krakenbox.model.fixed import from_text, to_text
from krakenbox.protocol.timestamp import nanos
from screens import Floor, Hand, Level, OrdersReplica, read, walk
from wire.corpus import VECTORS

SYMBOL = BTC_USD.symbol


def filled(bids: range, asks: range) -> tuple[Floor, Hand]:
    """A floor whose book has one order of one unit at each price; order 1 is the first."""
    floor, hand = Floor(), Hand()
    floor.show(*(hand.add(buy, price, 1) for price in bids), *(hand.add(sell, price, 1) for price in asks))
    return floor, hand


def story(text: str, side: str) -> list[str]:
    """Events as `add 7 9@10.3`: order 7, nine units at 10.3."""
    [row] = read(text)["data"]
    return [
        f"{each['event']} {int(each['order_id'][1:6])} {each['order_qty'].lstrip('0.')}@{each['limit_price']}"
        for each in row[side]
    ]


def test_an_empty_book_is_empty_arrays_and_no_checksum() -> None:
    assert Floor().watch(1, "level3", SYMBOL, 10) == (
        '{"channel":"level3","type":"snapshot","data":[{"symbol":"BTC/USD","checksum":0,"bids":[],"asks":[],'
        '"timestamp":"2026-01-01T00:00:00.000000000Z"}]}'
    )


def test_a_snapshot_lists_levels_best_first_and_each_queue_in_order() -> None:
    floor, hand = filled(range(101, 103), range(110, 111))
    hand.tick()
    floor.show(hand.add(buy, 102, 7))
    [row] = read(floor.watch(1, "level3", SYMBOL, 10))["data"]
    assert [(each["order_id"], each["limit_price"], each["order_qty"]) for each in row["bids"]] == [
        ("O00002-AAAAA-AAAAAA", "10.2", "0.00000001"),
        ("O00004-AAAAA-AAAAAA", "10.2", "0.00000007"),
        ("O00001-AAAAA-AAAAAA", "10.1", "0.00000001"),
    ]
    assert row["bids"][1]["timestamp"] == "2026-01-01T00:00:00.001000000Z"


def test_the_update_of_a_new_order() -> None:
    floor, hand = filled(range(101, 102), range(110, 111))
    floor.watch(1, "level3", SYMBOL, 10)
    hand.tick()
    floor.show(hand.add(buy, 102, 7))
    [text] = floor.seen(1)
    checksum = read(text)["data"][0]["checksum"]
    assert text == (
        f'{{"channel":"level3","type":"update","data":[{{"checksum":{checksum},'
        '"timestamp":"2026-01-01T00:00:00.001000000Z","symbol":"BTC/USD","bids":[{"event":"add",'
        '"order_id":"O00003-AAAAA-AAAAAA","limit_price":10.2,"order_qty":0.00000007,'
        '"timestamp":"2026-01-01T00:00:00.001000000Z"}],"asks":[]}]}'
    )


def test_a_fill_modifies_and_keeps_the_orders_time() -> None:
    floor, hand = filled(range(101, 102), range(110, 111))
    floor.show(hand.add(buy, 102, 7))
    floor.watch(1, "level3", SYMBOL, 10)
    hand.tick()
    floor.show(hand.modify(buy, 102, 4))
    [text] = floor.seen(1)
    assert story(text, "bids") == ["modify 3 4@10.2"]
    [row] = read(text)["data"]
    assert row["bids"][0]["timestamp"] == "2026-01-01T00:00:00.000000000Z"
    assert row["timestamp"] == "2026-01-01T00:00:00.001000000Z"


def test_a_delete_repeats_the_last_quantity_and_the_orders_time() -> None:
    floor, hand = filled(range(101, 102), range(110, 111))
    floor.show(hand.add(buy, 101, 7))
    floor.watch(1, "level3", SYMBOL, 10)
    hand.tick()
    floor.show(hand.remove(buy, 101, place=1))
    [text] = floor.seen(1)
    assert story(text, "bids") == ["delete 3 7@10.1"]
    assert read(text)["data"][0]["bids"][0]["timestamp"] == "2026-01-01T00:00:00.000000000Z"


def test_when_a_level_goes_every_order_of_the_one_that_enters_is_added() -> None:
    floor, hand = filled(range(1, 2), range(101, 113))
    floor.show(hand.add(sell, 111, 8))
    floor.watch(1, "level3", SYMBOL, 10)
    floor.show(hand.remove(sell, 105))
    [text] = floor.seen(1)
    assert story(text, "asks") == ["delete 6 1@10.5", "add 12 1@11.1", "add 14 8@11.1"]
    assert story(text, "bids") == []


def test_a_level_pushed_out_goes_in_silence_and_what_is_outside_stays_silent() -> None:
    floor, hand = filled(range(1, 2), range(101, 112))
    floor.watch(1, "level3", SYMBOL, 10)
    floor.show(hand.add(sell, 100, 3))
    [text] = floor.seen(1)
    assert story(text, "asks") == ["add 13 3@10.0"]
    floor.show(hand.remove(sell, 110))
    assert floor.seen(1) == []


def test_until_the_message_ends_a_level_pushed_out_is_still_the_clients() -> None:
    floor, hand = filled(range(1, 2), range(101, 112))
    replica = OrdersReplica(10)
    replica.receive(floor.watch(1, "level3", SYMBOL, 10))
    floor.show(hand.add(sell, 100, 3), hand.modify(sell, 110, 9), hand.remove(sell, 102))
    [text] = floor.seen(1)
    assert story(text, "asks") == ["add 13 3@10.0", "modify 11 9@11.0", "delete 3 1@10.2"]
    replica.receive(text)
    assert replica.prices("asks")[-1] == "11.0"


def test_changes_of_one_command_are_listed_one_by_one() -> None:
    floor, hand = filled(range(101, 103), range(110, 111))
    floor.watch(1, "level3", SYMBOL, 100)
    floor.show(hand.remove(sell, 110), hand.add(buy, 103, 2), hand.modify(buy, 103, 1), hand.remove(buy, 103))
    [text] = floor.seen(1)
    assert story(text, "bids") == ["add 4 2@10.3", "modify 4 1@10.3", "delete 4 1@10.3"]
    assert story(text, "asks") == ["delete 3 1@11.0"]


@given(st.integers(0, 2**32), st.sets(st.sampled_from(DEPTHS), min_size=1))
def test_every_replica_is_the_book_after_every_message(seed: int, depths: set[int]) -> None:
    floor, hand = filled(range(100, 200, 4), range(200, 300, 4))
    replicas = {depth: OrdersReplica(depth) for depth in depths}
    for depth, replica in replicas.items():
        replica.receive(floor.watch(depth, "level3", SYMBOL, depth))
    for command in walk(seed, hand):
        floor.show(*command)
        for depth, replica in replicas.items():
            for text in floor.seen(depth):
                replica.receive(text)
            assert replica.sides == book(hand, depth)


def book(hand: Hand, depth: int) -> dict[str, dict[str, list[Level]]]:
    """The naive book as a replica holds it."""
    return {
        name: {
            to_text(price, 1): [
                {
                    "order_id": order.order_id,
                    "limit_price": to_text(price, 1),
                    "order_qty": to_text(order.order_qty, 8),
                    "timestamp": nanos(order.order_time_ns),
                }
                for order in queue
            ]
            for price, queue in hand.best(side, depth)
        }
        for name, side in (("bids", buy), ("asks", sell))
    }


@pytest.mark.parametrize("watched", [True, False])
def test_the_documented_checksum(watched: bool) -> None:
    vector = VECTORS["level3_doc_example"]
    ladders, hand = Ladders(), Hand()
    level3 = Level3(BTC_USD, ladders, START_NS)
    if watched:
        level3.watch(10)
    for name, side in (("bids", buy), ("asks", sell)):
        for order in vector[name]:
            event = hand.add(side, from_text(order[1], 1) or 0, from_text(order[2], 8) or 0)
            ladders.apply(event)
            level3.apply(event)
    assert level3.checksum() == vector["checksum"]


def test_the_snapshot_of_an_unwatched_book_is_the_book_of_now() -> None:
    floor, hand = filled(range(101, 104), range(110, 113))
    floor.watch(1, "level3", SYMBOL, 10)
    floor.unwatch(1, "level3", SYMBOL, 10)
    floor.show(hand.add(buy, 103, 2), hand.remove(sell, 110))
    replica = OrdersReplica(10)
    replica.receive(floor.snapshot("level3", SYMBOL, 10))
    assert replica.sides == book(hand, 10)
