"""One command after another, end to end through `apply`."""

from builders import buy, cancel, drawn, opened, place, sell, story
from krakenbox.model.command import Tick


def test_a_limit_order_rests() -> None:
    pit = opened("102.0 x 1 | 100.0 x 1")
    assert story(pit.send(place(buy, 2, at=101))) == [
        "alice accepted",
        "alice opened",
        "buy 101.0 add 2, level 2",
    ]
    assert drawn(pit) == "102.0 x 1 | 101.0 x 2:alice, 100.0 x 1"


def test_a_limit_order_matches_and_rests() -> None:
    pit = opened("102.0 x 1, 101.0 x 2 | 100.0 x 1")
    assert story(pit.send(place(buy, 3, at="101.5"))) == [
        "alice accepted",
        "alice opened",
        "traded 2 at 101.0, taker buys",
        "sell 101.0 delete 2, level 0",
        "mia made 2 at 101.0",
        "mia filled",
        "alice took 2 at 101.0",
        "buy 101.5 add 1, level 1",
    ]
    assert drawn(pit) == "102.0 x 1 | 101.5 x 1:alice, 100.0 x 1"


def test_a_resting_order_is_canceled() -> None:
    pit = opened("| 100.0 x 1")
    pit.send(place(sell, 1, at=105))
    (order,) = pit.orders()
    assert story(pit.send(cancel(order.order_id))) == [
        "sell 105.0 delete 1, level 0",
        "alice canceled: User requested",
    ]
    assert drawn(pit) == "| 100.0 x 1"
    assert pit.hold("alice", "BTC") == "0"


def test_a_tick_alone_does_nothing() -> None:
    pit = opened("| 100.0 x 1")
    assert pit.send(Tick()) == []
