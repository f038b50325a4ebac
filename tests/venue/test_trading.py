"""What clients do, as drawn books before and after, and everything that happened in between."""

import pytest

from builders import (
    BTC_USD,
    Pit,
    buy,
    cancel,
    cancel_all,
    draw,
    drawn,
    opened,
    place,
    sell,
    story,
)
from krakenbox.model.command import CancelOrder, PlaceOrder
from krakenbox.model.event import OrderClosed, OrderValidated
from krakenbox.model.order import StpType, TimeInForce

IOC, FOK = TimeInForce.IOC, TimeInForce.FOK
BOOK = "103.0 x 1, 102.0 x 2+3 | 101.0 x 1, 100.0 x 1"
IN = ["alice accepted", "alice opened"]


def traded(pit: Pit, command: PlaceOrder) -> tuple[list[str], str]:
    """What was traded and how the order ended, and the book afterwards."""
    told = story(pit.send(command))
    assert told[:2] == IN
    return [each for each in told[2:] if each.startswith(("traded", "alice ")) and "took" not in each], drawn(
        pit
    )


def test_priority_is_price_then_time() -> None:
    pit = opened(BOOK)
    told = story(pit.send(place(buy, 6, at=103)))
    assert told == [
        *IN,
        "traded 2 at 102.0, taker buys",
        "sell 102.0 delete 2, level 3",
        "mia made 2 at 102.0",
        "mia filled",
        "alice took 2 at 102.0",
        "traded 3 at 102.0, taker buys",
        "sell 102.0 delete 3, level 0",
        "mia made 3 at 102.0",
        "mia filled",
        "alice took 3 at 102.0",
        "traded 1 at 103.0, taker buys",
        "sell 103.0 delete 1, level 0",
        "mia made 1 at 103.0",
        "mia filled",
        "alice took 1 at 103.0",
        "alice filled",
    ]
    assert drawn(pit) == "| 101.0 x 1, 100.0 x 1"


def test_a_partly_filled_maker_keeps_its_place_and_its_time() -> None:
    pit = opened("102.0 x 2:bob+2 |")
    (maker,) = pit.orders("bob")
    entered = maker.time_ns
    told = pit.send(place(buy, "0.5", at=102))
    assert story(told)[3] == "sell 102.0 modify 1.5, level 3.5"
    assert drawn(pit) == "102.0 x 1.5:bob+2 |"
    assert {event.order_time_ns for event in told if hasattr(event, "order_time_ns")} == {entered}
    assert traded(pit, place(buy, 2, at=102)) == (
        ["traded 1.5 at 102.0, taker buys", "traded 0.5 at 102.0, taker buys", "alice filled"],
        "102.0 x 1.5 |",
    )


def test_a_taker_gets_the_better_price() -> None:
    pit = opened(BOOK)
    assert traded(pit, place(sell, 1, at=50))[0] == ["traded 1 at 101.0, taker sells", "alice filled"]


@pytest.mark.parametrize(
    ("command", "told", "book"),
    [
        (
            place(buy, 7, at=102, time_in_force=IOC),
            [
                "traded 2 at 102.0, taker buys",
                "traded 3 at 102.0, taker buys",
                "alice canceled: Immediate or cancel",
            ],
            "103.0 x 1 | 101.0 x 1, 100.0 x 1",
        ),
        (place(buy, 1, at=101, time_in_force=IOC), ["alice canceled: Immediate or cancel"], BOOK),
        (place(buy, 6, at=102, time_in_force=FOK), ["alice canceled: Fill or kill"], BOOK),
        (
            place(buy, 5, at=102, time_in_force=FOK),
            ["traded 2 at 102.0, taker buys", "traded 3 at 102.0, taker buys", "alice filled"],
            "103.0 x 1 | 101.0 x 1, 100.0 x 1",
        ),
        (
            place(sell, 5),
            [
                "traded 1 at 101.0, taker sells",
                "traded 1 at 100.0, taker sells",
                "alice canceled: Insufficient liquidity",
            ],
            "103.0 x 1, 102.0 x 2+3 |",
        ),
        (
            place(buy, cash=153),
            ["traded 1.5 at 102.0, taker buys", "alice filled"],
            "103.0 x 1, 102.0 x 0.5+3 | 101.0 x 1, 100.0 x 1",
        ),
    ],
)
def test_orders_that_do_not_rest(command: PlaceOrder, told: list[str], book: str) -> None:
    pit = opened(BOOK)
    assert traded(pit, command) == (told, book)
    assert pit.orders() == []
    assert pit.hold("alice", "USD") == pit.hold("alice", "BTC") == "0"


def test_an_ioc_that_traded_is_a_cancel_with_its_totals_not_a_refusal() -> None:
    pit = opened("102.0 x 1 |")
    closed = pit.send(place(buy, 3, at=102, time_in_force=IOC))[-1]
    assert isinstance(closed, OrderClosed)
    assert (closed.status, closed.cum_qty, closed.cum_cost) == ("canceled", 10**8, 102_00000)


def test_a_market_order_stops_at_the_protection() -> None:
    pit = opened("120.0 x 1, 103.0 x 1, 100.0 x 1 |")
    pit.send(place(buy, 1, at=100, by="bob"))
    assert traded(pit, place(buy, 2)) == (
        ["traded 1 at 103.0, taker buys", "alice canceled: Market price protection"],
        "120.0 x 1 |",
    )
    assert pit.exchange.venue.markets["BTC/USD"].last_price == 1030


@pytest.mark.parametrize("qty", [1, 99])
def test_a_post_only_order_that_would_take_gets_an_id_and_ends(qty: int) -> None:
    pit = opened(BOOK)
    assert story(pit.send(place(buy, qty, at=103, post_only=True))) == [
        "alice accepted",
        "alice canceled: Post only order",
    ]
    assert drawn(pit) == BOOK
    assert pit.hold("alice", "USD") == "0"


def test_a_post_only_order_rests_at_the_inside() -> None:
    pit = opened(BOOK)
    assert story(pit.send(place(buy, 1, at="101.9", post_only=True)))[-1] == "buy 101.9 add 1, level 1"


MINE = "103.0 x 4, 102.0 x 1+2:alice+3 | 101.0 x 1"


@pytest.mark.parametrize(
    ("stp", "told", "book"),
    [
        (
            StpType.CANCEL_NEWEST,
            ["traded 1 at 102.0, taker buys", "alice canceled: Cannot trade with self"],
            "103.0 x 4, 102.0 x 2:alice+3 | 101.0 x 1",
        ),
        (
            StpType.CANCEL_OLDEST,
            [
                "traded 1 at 102.0, taker buys",
                "alice canceled: Cannot trade with self",
                "traded 1 at 102.0, taker buys",
                "alice filled",
            ],
            "103.0 x 4, 102.0 x 2 | 101.0 x 1",
        ),
        (
            StpType.CANCEL_BOTH,
            ["traded 1 at 102.0, taker buys"] + ["alice canceled: Cannot trade with self"] * 2,
            "103.0 x 4, 102.0 x 3 | 101.0 x 1",
        ),
    ],
)
def test_self_trade_prevention(stp: StpType, told: list[str], book: str) -> None:
    assert traded(opened(MINE), place(buy, 2, at=102, stp=stp)) == (told, book)


def test_the_arriving_order_decides_how_a_self_trade_is_prevented() -> None:
    pit = opened()
    pit.send(place(sell, 1, at=102, stp=StpType.CANCEL_OLDEST))
    told = traded(pit, place(buy, 1, at=102, stp=StpType.CANCEL_NEWEST))
    assert told == (["alice canceled: Cannot trade with self"], "102.0 x 1:alice |")


def test_an_oldest_that_dies_lets_the_newest_rest() -> None:
    pit = opened("102.0 x 2:alice |")
    told = story(pit.send(place(buy, 1, at=102, stp=StpType.CANCEL_OLDEST)))
    assert told == [
        *IN,
        "sell 102.0 delete 2, level 0",
        "alice canceled: Cannot trade with self",
        "buy 102.0 add 1, level 1",
    ]
    assert drawn(pit) == "| 102.0 x 1:alice"
    assert pit.hold("alice", "BTC") == "0"


def test_a_kill_spares_own_orders() -> None:
    pit = opened(MINE)
    command = place(buy, 9, at=103, stp=StpType.CANCEL_OLDEST, time_in_force=FOK)
    assert traded(pit, command) == (["alice canceled: Fill or kill"], MINE)


def test_validate_says_so_and_enters_nothing() -> None:
    pit = opened(BOOK)
    command = place(buy, 7, at=102, validate=True, cl_ord_id="mine")
    assert pit.send(command)[1:] == [OrderValidated(pit.time_ns, command.account, command.terms)]
    assert drawn(pit) == BOOK


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (cancel(cl_ord_id="b"), ["buy 98.0 delete 1, level 0", "alice canceled: User requested"]),
        (
            cancel(userref=5),
            [
                "buy 97.0 delete 1, level 0",
                "alice canceled: User requested",
                "sell 200.0 delete 1, level 0",
                "alice canceled: User requested",
            ],
        ),
        (cancel(userref=0), ["buy 99.0 delete 1, level 0", "alice canceled: User requested"]),
        (cancel(cl_ord_id="c"), ["refused: EOrder:Unknown order"]),
        (cancel(userref=6), ["refused: EOrder:Unknown order"]),
        (cancel("OABCDE-ABCDE-ABCDEF"), ["refused: EOrder:Unknown order"]),
        (cancel(), ["refused: EOrder:Unknown order"]),
        (cancel(cl_ord_id="b", by="bob"), ["refused: EOrder:Unknown order"]),
        (cancel(cl_ord_id="b", by="nobody"), ["refused: EOrder:Unknown order"]),
    ],
)
def test_cancel_by_each_reference(command: CancelOrder, told: list[str]) -> None:
    pit = opened()
    pit.send_all(
        place(buy, 1, at=99),
        place(buy, 1, at=98, cl_ord_id="b"),
        place(buy, 1, at=97, userref=5),
        place(sell, 1, at=200, userref=5),
    )
    assert story(pit.send(command)) == told


def test_nobody_cancels_what_is_not_theirs() -> None:
    pit = opened("| 100.0 x 1")
    (order,) = pit.orders("mia")
    assert story(pit.send(cancel(order.order_id))) == ["refused: EOrder:Unknown order"]
    assert story(pit.send(cancel(order.order_id, by="mia")))[-1] == "mia canceled: User requested"
    assert story(pit.send(cancel(order.order_id, by="mia"))) == ["refused: EOrder:Unknown order"]


def test_a_partly_filled_order_is_canceled_for_what_remains() -> None:
    pit = opened("| 100.0 x 3:alice")
    pit.send(place(sell, 1, at=100, by="bob"))
    (order,) = pit.orders()
    assert story(pit.send(cancel(order.order_id)))[0] == "buy 100.0 delete 2, level 0"


def test_cancel_all_goes_in_order_of_entry_over_all_pairs() -> None:
    pit = opened()
    symbols = ["BTC/USD", "ETH/BTC", "BTC/EUR", "BTC/USD", "EUR/USD"]
    for price, symbol in enumerate(symbols, 5):
        pit.send(place(buy, 1, at=price, symbol=symbol))
    draw(pit, "| 5.0 x 1")
    told = story(pit.send(cancel_all()))
    assert told[::2] == [
        "buy 5.0 delete 1, level 1",
        "buy 6.000000 delete 1, level 0",
        "buy 7.0 delete 1, level 0",
        "buy 8.0 delete 1, level 0",
        "buy 9.00000 delete 1, level 0",
        "alice canceled 5",
    ]
    assert told[1::2] == ["alice canceled: User requested"] * 5
    assert drawn(pit) == "| 5.0 x 1"


def test_cancel_all_of_nothing_is_a_success() -> None:
    pit = opened(BOOK)
    assert story(pit.send(cancel_all())) == ["alice canceled 0"]
    assert story(pit.send(cancel_all("nobody"))) == ["nobody canceled 0"]


def test_a_coarse_instrument_trades_in_its_own_decimals() -> None:
    pit = opened("0.0000003 x 20 | 0.0000001 x 10", "DOGE/USD")
    told = story(pit.send(place(buy, 30, at="0.0000003", symbol="DOGE/USD")))
    assert told[2] == "traded 20 at 0.0000003, taker buys"
    assert drawn(pit, "DOGE/USD") == "| 0.0000003 x 10:alice, 0.0000001 x 10"
    assert drawn(pit, BTC_USD.symbol) == "|"
