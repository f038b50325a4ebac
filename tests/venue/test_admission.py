"""How an order begins: holds of what waits, starts that fall due, triggers that are met already."""

import pytest

from builders import (
    DAY_NS,
    SECOND_NS,
    Pit,
    buy,
    cancel,
    cancel_all,
    deposit,
    draw,
    drawn,
    opened,
    place,
    sell,
    story,
)
from krakenbox.model.command import (
    OpenAccount,
    PlaceOrder,
    Tick,
    Tier,
)
from krakenbox.model.event import OrderAccepted, OrderClosed, TriggerChanged
from krakenbox.model.order import AccountId, OrderStatus, Reference, TimeInForce
from krakenbox.venue.state import decode, encode, state_hash
from sleepers import asleep, dormant, index, print_at

IN = ["alice accepted", "alice opened"]
GTD, IOC, FOK = TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK
BOOK = "105.0 x 5, 103.0 x 1 | 97.0 x 1, 95.0 x 5"


def traded(ladder: str = BOOK) -> Pit:
    """A book, and a last price of 100."""
    pit = opened()
    print_at(pit, 100)
    draw(pit, ladder)
    return pit


def whole_second(pit: Pit, seconds: int) -> int:
    return (pit.time_ns // SECOND_NS + seconds) * SECOND_NS


@pytest.mark.parametrize(
    ("command", "asset", "held"),
    [
        # 0.4 % is the taker's fee.
        (dormant(sell, 2, "stop-loss", "95"), "BTC", "2"),
        (dormant(buy, 2, "stop-loss", "110"), "USD", "220.88"),
        (dormant(buy, 2, "stop-loss-limit", "110", "120"), "USD", "240.96"),
        (dormant(buy, 2, "take-profit", "-10%"), "USD", "180.72"),
        (dormant(buy, 2, "trailing-stop", "10q"), "USD", "220.88"),
        (dormant(buy, 2, "trailing-stop-limit", "10q", "5q"), "USD", "230.92"),
        (dormant(sell, 2, "trailing-stop-limit", "10q", "5q"), "BTC", "2"),
    ],
)
def test_a_dormant_order_holds_what_it_may_cost(command: PlaceOrder, asset: str, held: str) -> None:
    pit = traded()
    assert story(pit.send(command)) == IN
    assert pit.hold("alice", asset) == held
    assert story(pit.send(cancel_all())) == ["alice canceled: User requested", "alice canceled 1"]
    assert (pit.hold("alice", asset), asleep(pit)) == ("0", [])


def test_the_acceptance_tells_the_trigger_and_the_peak() -> None:
    told = traded().send(dormant(sell, 1, "trailing-stop", "5q"))
    (accepted,) = (event for event in told if isinstance(event, OrderAccepted))
    assert (accepted.trigger_price, accepted.peak_price, accepted.parent_id) == (950, 1000, "")


def test_funds_are_asked_for_at_entry() -> None:
    pit = traded()
    pit.send_all(OpenAccount(AccountId("poor"), Tier.PRO), deposit("poor", "USD", 100))
    assert story(pit.send(dormant(buy, 1, "stop-loss", "101", by="poor"))) == [
        "refused: EOrder:Insufficient funds"
    ]
    assert story(pit.send(dormant(buy, 1, "take-profit", "99", by="poor")))[0] == "poor accepted"
    assert pit.hold("poor", "USD") == "99.396"


@pytest.mark.parametrize(
    "command",
    [
        dormant(sell, 1, "stop-loss", "100"),
        dormant(buy, 1, "stop-loss", "99"),
        dormant(sell, 1, "take-profit-limit", "100", "100"),
        dormant(buy, 1, "take-profit", "0%"),
        dormant(sell, 1, "stop-loss", "1%"),
    ],
)
def test_a_trigger_that_is_met_already_ends_the_order(command: PlaceOrder) -> None:
    pit = traded()
    told = pit.send(command)
    assert story(told) == ["alice accepted", "alice canceled: Order would trigger immediately"]
    assert isinstance(told[-1], OrderClosed)
    assert told[-1].status is OrderStatus.CANCELED
    assert pit.hold("alice", "USD") == pit.hold("alice", "BTC") == "0"


def test_a_static_trigger_may_wait_for_the_first_price() -> None:
    pit = opened()
    assert story(pit.send(dormant(sell, 1, "stop-loss", "95"))) == IN
    assert story(print_at(pit, 96))[-1] == "carol filled"
    assert "alice fired by 95.0" in story(print_at(pit, 95))


@pytest.mark.parametrize(
    ("command", "price", "told", "book"),
    [
        (
            dormant(sell, 2, "stop-loss", "98"),
            98,
            [
                "alice fired by 98.0",
                "traded 1 at 97.0, taker sells",
                "traded 1 at 95.0, taker sells",
                "alice filled",
            ],
            "105.0 x 5, 103.0 x 1 | 95.0 x 4",
        ),
        (
            dormant(sell, 2, "stop-loss-limit", "98", "96"),
            98,
            ["alice fired by 98.0", "traded 1 at 97.0, taker sells"],
            "105.0 x 5, 103.0 x 1, 96.0 x 1:alice | 95.0 x 5",
        ),
        (
            dormant(sell, 2, "stop-loss-limit", "98", "96", time_in_force=IOC),
            98,
            [
                "alice fired by 98.0",
                "traded 1 at 97.0, taker sells",
                "alice canceled: Immediate or cancel",
            ],
            "105.0 x 5, 103.0 x 1 | 95.0 x 5",
        ),
        (
            dormant(sell, 2, "stop-loss-limit", "98", "96", time_in_force=FOK),
            98,
            ["alice fired by 98.0", "alice canceled: Fill or kill"],
            BOOK,
        ),
        (
            dormant(buy, 2, "stop-loss", "102"),
            102,
            [
                "alice fired by 102.0",
                "traded 1 at 103.0, taker buys",
                "traded 1 at 105.0, taker buys",
                "alice filled",
            ],
            "105.0 x 4 | 97.0 x 1, 95.0 x 5",
        ),
        (
            dormant(buy, 7, "take-profit", "98"),
            98,
            ["alice fired by 98.0", "alice canceled: Market price protection"],
            BOOK,
        ),
        (
            dormant(sell, 1, "take-profit-limit", "102", "104"),
            102,
            ["alice fired by 102.0"],
            "105.0 x 5, 104.0 x 1:alice, 103.0 x 1 | 97.0 x 1, 95.0 x 5",
        ),
    ],
)
def test_firing(command: PlaceOrder, price: int, told: list[str], book: str) -> None:
    pit = traded()
    pit.send(command)
    found = story(print_at(pit, price))
    start = found.index(told[0])
    kept = ("alice fired", "traded", "alice filled", "alice canceled")
    assert [each for each in found[start:] if each.startswith(kept)] == told
    assert drawn(pit) == book
    assert asleep(pit) == []


def test_a_fired_order_is_one_of_the_book_from_then_on() -> None:
    pit = traded()
    pit.send(dormant(sell, 2, "stop-loss-limit", "98", "104"))
    pit.send(place(sell, 1, at=104, by="bob"))
    fired = next(event for event in print_at(pit, 98) if isinstance(event, TriggerChanged))
    assert (fired.triggered, fired.status, fired.trigger_price, fired.last_price) == (True, "new", 980, 980)
    assert drawn(pit) == "105.0 x 5, 104.0 x 1:bob+2:alice, 103.0 x 1 | 97.0 x 1, 95.0 x 5"
    assert pit.hold("alice", "BTC") == "2"
    (order,) = pit.orders()
    assert story(pit.send(cancel(order.order_id))) == [
        "sell 104.0 delete 2, level 1",
        "alice canceled: User requested",
    ]


def test_firing_takes_more_from_what_is_free_and_gives_back_what_it_does_not_need() -> None:
    pit = traded("106.0 x 1, 105.0 x 1, 103.0 x 1 |")
    pit.send(dormant(buy, 2, "stop-loss", "102"))
    assert pit.hold("alice", "USD") == "204.816"
    assert "alice filled" in story(print_at(pit, 102))
    assert (pit.hold("alice", "USD"), pit.balance("alice", "USD")) == ("0", "9999791.168")
    pit.send(dormant(buy, 1, "stop-loss-limit", "106", "110"))
    assert pit.hold("alice", "USD") == "110.44"


def test_firing_without_the_funds_it_then_needs_ends_the_order() -> None:
    pit = traded()
    pit.send_all(OpenAccount(AccountId("poor"), Tier.PRO), deposit("poor", "USD", "102.5"))
    pit.send(dormant(buy, 1, "stop-loss", "102", by="poor"))
    assert story(print_at(pit, 102))[-2:] == ["poor fired by 102.0", "poor canceled: Insufficient funds"]
    assert drawn(pit) == BOOK
    assert (pit.hold("poor", "USD"), pit.balance("poor", "USD")) == ("0", "102.5")


def test_a_dormant_order_expires() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    pit.send(dormant(sell, 1, "stop-loss", "95", time_in_force=GTD, expire_ns=due))
    assert pit.exchange.next_deadline() == due
    told = pit.send(Tick(), at_ns=due + 7)
    assert story(told) == ["alice expired: Expired"]
    assert (told[0].time_ns, asleep(pit), pit.hold("alice", "BTC")) == (due, [], "0")


def test_an_order_that_fired_expires_in_the_book() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    pit.send(dormant(sell, 1, "stop-loss-limit", "98", "99", time_in_force=GTD, expire_ns=due))
    print_at(pit, 98)
    assert story(pit.send(Tick(), at_ns=due)) == ["sell 99.0 delete 1, level 0", "alice expired: Expired"]


def test_a_fired_order_never_trades_with_its_own_account() -> None:
    pit = traded("105.0 x 5 | 97.0 x 1:alice, 95.0 x 5")
    pit.send(dormant(sell, 1, "stop-loss", "98"))
    assert story(print_at(pit, 98))[-2:] == ["alice fired by 98.0", "alice canceled: Cannot trade with self"]


def test_a_scheduled_order_waits_for_its_time_and_then_matches() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    assert story(pit.send(place(buy, 2, at=103, effective_ns=due))) == ["alice accepted"]
    assert (pit.hold("alice", "USD"), drawn(pit)) == ("206.824", BOOK)
    assert pit.send(Tick(), at_ns=due - 1) == []
    told = pit.send(Tick(), at_ns=due + 9)
    assert story(told) == [
        "alice opened",
        "traded 1 at 103.0, taker buys",
        "sell 103.0 delete 1, level 0",
        "mia made 1 at 103.0",
        "mia filled",
        "alice took 1 at 103.0",
        "buy 103.0 add 1, level 1",
    ]
    assert {event.time_ns for event in told} == {due}
    assert pit.orders()[0].time_ns == due


@pytest.mark.parametrize("command", [cancel(userref=9), cancel_all()])
def test_a_scheduled_order_is_canceled_before_its_time(command: PlaceOrder) -> None:
    pit = traded()
    due = whole_second(pit, 5)
    pit.send(place(buy, 1, at=99, userref=9, effective_ns=due))
    assert story(pit.send(command))[0] == "alice canceled: User requested"
    assert (pit.exchange.next_deadline(), pit.hold("alice", "USD")) == (None, "0")
    assert pit.send(Tick(), at_ns=due + 1) == []


def test_a_scheduled_market_order_pays_what_the_book_asks_for_then() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    pit.send(place(buy, 2, effective_ns=due))
    assert pit.hold("alice", "USD") == "208.832"
    pit.send(place(sell, 2, at=102, by="bob"))
    told = story(pit.send(Tick(), at_ns=due))
    assert told[:2] == ["alice opened", "traded 2 at 102.0, taker buys"]
    assert pit.hold("alice", "USD") == "0"


def test_a_scheduled_order_whose_funds_do_not_suffice_any_more_ends() -> None:
    pit = traded("105.0 x 5, 100.0 x 1 |")
    pit.send_all(OpenAccount(AccountId("poor"), Tier.PRO), deposit("poor", "USD", 101))
    due = whole_second(pit, 5)
    assert story(pit.send(place(buy, 1, by="poor", effective_ns=due))) == ["poor accepted"]
    pit.send(place(buy, 1, at=100, by="bob"))
    assert story(pit.send(Tick(), at_ns=due)) == ["poor canceled: Insufficient funds"]
    assert pit.hold("poor", "USD") == "0"


def test_a_scheduled_post_only_order_that_would_take_ends() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    pit.send(place(buy, 1, at=103, post_only=True, effective_ns=due))
    assert story(pit.send(Tick(), at_ns=due)) == ["alice canceled: Post only order"]


def test_a_scheduled_trailing_order_knows_no_price_before_its_start() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    pit.send(dormant(sell, 1, "trailing-stop", "5q", effective_ns=due))
    assert asleep(pit) == []
    print_at(pit, 104)
    print_at(pit, 101)
    assert story(pit.send(Tick(), at_ns=due)) == ["alice trails at 96.0 by 101.0", "alice opened"]
    assert asleep(pit) == ["alice sell 1 at 96.0 from 101.0"]


def test_a_scheduled_stop_whose_trigger_is_met_at_its_start_ends() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    assert story(pit.send(dormant(sell, 1, "stop-loss", "99", effective_ns=due))) == ["alice accepted"]
    print_at(pit, 98)
    assert story(pit.send(Tick(), at_ns=due)) == ["alice canceled: Order would trigger immediately"]


def test_a_scheduled_order_may_expire_soon_after_its_start() -> None:
    pit = traded()
    start, end = whole_second(pit, 5), whole_second(pit, 6)
    pit.send(place(buy, 1, at=99, effective_ns=start, time_in_force=GTD, expire_ns=end))
    assert story(pit.send(Tick(), at_ns=end + DAY_NS)) == [
        "alice opened",
        "buy 99.0 add 1, level 1",
        "buy 99.0 delete 1, level 0",
        "alice expired: Expired",
    ]


def test_peaks_turns_and_starts_survive_a_restore() -> None:
    pit = traded()
    due = whole_second(pit, 5)
    pit.send_all(
        index(101),
        dormant(sell, 1, "trailing-stop-limit", "2q", "-1q"),
        dormant(sell, 1, "stop-loss", "100", by="bob", reference=Reference.INDEX),
        dormant(sell, 1, "stop-loss-limit", "98.5", "98"),
        place(buy, 1, at=96, effective_ns=due),
    )
    print_at(pit, "100.5")
    copy = Pit(decode(encode(pit.exchange)))
    assert (
        asleep(copy)
        == asleep(pit)
        == [
            "alice sell 1 at 98.5 from 100.5",
            "bob sell 1 at 100.0",
            "alice sell 1 at 98.5",
        ]
    )
    told = print_at(copy, "98.5")
    assert told == print_at(pit, "98.5")
    assert story(told)[-3:] == ["sell 97.5 add 1, level 1", "alice fired by 98.5", "sell 98.0 add 1, level 1"]
    assert copy.send(index(100)) == pit.send(index(100)) != []
    assert copy.send(Tick(), at_ns=due) == pit.send(Tick(), at_ns=due) != []
    assert state_hash(copy.exchange) == state_hash(pit.exchange)
