"""Plans carried out on live orders: icebergs refilled, self-trade prevention by trader, protection."""

import pytest

from builders import ASSETS, buy, drawn, opened, place, plain, postings, sell, story
from krakenbox.model.command import SetProtection
from krakenbox.model.event import BalancePosted
from krakenbox.model.fixed import Price
from krakenbox.model.order import StpType
from krakenbox.venue.execution import planned


def test_an_iceberg_shows_slice_after_slice_from_the_back() -> None:
    pit = opened("| 100.0 x 1(3):alice+2, 99.0 x 1")
    told = pit.send(place(sell, 4, at=99, by="bob"))
    assert story(told) == [
        "bob accepted",
        "bob opened",
        "traded 1 at 100.0, taker sells",
        "buy 100.0 delete 1, level 2",
        "alice made 1 at 100.0",
        "alice shows 1 anew",
        "buy 100.0 add 1, level 3",
        "bob took 1 at 100.0",
        "traded 2 at 100.0, taker sells",
        "buy 100.0 delete 2, level 1",
        "mia made 2 at 100.0",
        "mia filled",
        "bob took 2 at 100.0",
        "traded 1 at 100.0, taker sells",
        "buy 100.0 delete 1, level 0",
        "alice made 1 at 100.0",
        "alice shows 1 anew",
        "buy 100.0 add 1, level 1",
        "bob took 1 at 100.0",
        "bob filled",
    ]
    assert drawn(pit) == "| 100.0 x 1:alice, 99.0 x 1"
    (order,) = pit.orders()
    assert (order.filled, order.shown, order.time_ns) == (2 * 10**8, 10**8, pit.time_ns)


def test_the_last_slice_is_what_is_left() -> None:
    pit = opened("| 100.0 x 2(5):alice")
    pit.send(place(sell, "4.5", at=100, by="bob"))
    assert drawn(pit) == "| 100.0 x 0.5:alice"
    assert story(pit.send(place(sell, 1, at=100, by="bob")))[-2:] == [
        "bob took 0.5 at 100.0",
        "sell 100.0 add 0.5, level 0.5",
    ]


def test_a_part_of_a_slice_keeps_the_place() -> None:
    pit = opened("| 100.0 x 2(5):alice+1")
    told = story(pit.send(place(sell, "0.5", at=100, by="bob")))
    assert "buy 100.0 modify 1.5, level 2.5" in told
    assert drawn(pit) == "| 100.0 x 1.5(4.5):alice+1"


def test_icebergs_take_turns() -> None:
    pit = opened("102.0 x 1(3):alice+2(4):carol |")
    told = story(pit.send(place(buy, 6, at=102, by="bob")))
    assert [line for line in told if " made " in line] == [
        "alice made 1 at 102.0",
        "carol made 2 at 102.0",
        "alice made 1 at 102.0",
        "carol made 2 at 102.0",
    ]
    assert drawn(pit) == "102.0 x 1:alice |"


def test_an_iceberg_takes_with_its_whole_quantity_and_rests_with_a_part() -> None:
    pit = opened("102.0 x 3 |")
    told = story(pit.send(place(buy, 5, at=102, display=1)))
    assert told[-2:] == ["alice took 3 at 102.0", "buy 102.0 add 1, level 1"]
    assert drawn(pit) == "| 102.0 x 1(2):alice"
    assert pit.hold("alice", "USD") == "204.816"


def test_icebergs_of_one_command_stand_in_order() -> None:
    pit = opened("102.0 x 1(2):alice+1(2):carol+1(2):mia |")
    pit.send(place(buy, 3, at=102, by="bob"))
    first, second, third = pit.exchange.venue.markets["BTC/USD"].book.asks.levels[-1020]
    assert (second.time_ns, third.time_ns) == (first.time_ns + 1, first.time_ns + 2)
    assert first.time_ns == pit.time_ns


# --- self-trade prevention by trader


@pytest.mark.parametrize(
    ("resting", "arriving", "ends"),
    [
        ("", "", "alice canceled: Cannot trade with self"),
        ("desk1", "desk1", "alice canceled: Cannot trade with self"),
        ("desk1", "desk2", "alice filled"),
        ("desk1", "", "alice filled"),
        ("", "desk1", "alice filled"),
    ],
)
def test_orders_of_one_account_meet_if_their_traders_differ(resting: str, arriving: str, ends: str) -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, sender_sub_id=resting))
    told = story(pit.send(place(sell, 1, at=100, sender_sub_id=arriving)))
    assert told[-1] == ends


def test_only_the_same_traders_order_is_canceled() -> None:
    pit = opened()
    pit.send_all(place(buy, 1, at=100, sender_sub_id="a"), place(buy, 2, at=100, sender_sub_id="b"))
    pit.send(place(sell, 3, at=100, sender_sub_id="b", stp=StpType.CANCEL_OLDEST))
    assert drawn(pit) == "100.0 x 2:alice |"


def test_trading_with_oneself_costs_both_fees_and_nothing_else() -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, sender_sub_id="a"))
    told = pit.send(place(sell, 1, at=100, sender_sub_id="b"))
    assert postings(told) == [
        "alice BTC 1",
        "alice USD -100 fee 0.25",
        "alice BTC -1",
        "alice USD 100 fee 0.4",
    ]
    assert pit.balance("alice", "BTC") == "1000"
    assert pit.balance("alice", "USD") == "9999999.35"
    assert (pit.hold("alice", "BTC"), pit.hold("alice", "USD")) == ("0", "0")
    entries = [event for event in told if isinstance(event, BalancePosted)]
    # Each entry continues the one before it.
    assert [plain(entry.balance, ASSETS[entry.asset].decimals) for entry in entries] == [
        "1001",
        "9999899.75",
        "1000",
        "9999999.35",
    ]


# --- market price protection


def test_protection_is_what_the_operator_sets() -> None:
    ladder = "104.0 x 1, 103.0 x 1, 100.0 x 1 |"
    for ppm, reached in ((50_000, 3), (39_999, 2), (30_000, 2), (1, 1)):
        pit = opened(ladder)
        pit.send_all(SetProtection(ppm), place(buy, "0.5", at=100, by="bob"))
        told = story(pit.send(place(buy, 9, by="alice")))
        assert len([line for line in told if line.startswith("traded")]) == reached
        assert told[-1] == (
            "alice canceled: Insufficient liquidity"
            if reached == 3
            else "alice canceled: Market price protection"
        )


def test_a_plan_is_made_anew_for_what_remains() -> None:
    pit = opened("102.0 x 5 | 100.0 x 3:alice")
    pit.send(place(sell, 1, at=100, by="bob"))
    (order,) = pit.orders()
    market = pit.exchange.venue.markets["BTC/USD"]
    order.limit_price = Price(1020)
    found = planned(pit.exchange.venue, market, order)
    assert (found.qty, found.remaining) == (2 * 10**8, 0)
    assert planned(pit.exchange.venue, market, order, post_only=False) == found
