"""Batches: one after the other as if each came alone, but judged by its arguments as a whole."""

from typing import Any

import pytest
from msgspec.structs import replace

from builders import buy, drawn, opened, place, sell, story
from changes import batch
from krakenbox.model.command import CancelOrders, OrderRef, PlaceOrder, SetSystemStatus
from krakenbox.model.event import OrderAccepted, Rejected
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import AccountId, OrderId, OrderType
from sleepers import asleep, dormant, print_at

BAD = "EGeneral:Invalid arguments:"
ALICE = AccountId("alice")


def cancels(*refs: OrderRef, by: str = "alice") -> CancelOrders:
    return CancelOrders(AccountId(by), refs)


def test_orders_enter_in_order_and_queue_in_order() -> None:
    pit = opened("102.0 x 1 |")
    told = pit.send(batch(place(buy, 1, at=100), place(buy, 2, at=102), place(buy, 3, at=100)))
    assert story(told) == [
        "alice accepted",
        "alice opened",
        "buy 100.0 add 1, level 1",
        "alice accepted",
        "alice opened",
        "traded 1 at 102.0, taker buys",
        "sell 102.0 delete 1, level 0",
        "mia made 1 at 102.0",
        "mia filled",
        "alice took 1 at 102.0",
        "buy 102.0 add 1, level 1",
        "alice accepted",
        "alice opened",
        "buy 100.0 add 3, level 4",
    ]
    assert drawn(pit) == "| 102.0 x 1:alice, 100.0 x 1:alice+3:alice"
    ids = [event.order_id for event in told if isinstance(event, OrderAccepted)]
    assert len(set(ids)) == 3
    first, _, third = pit.orders()
    # Of one command, yet each has a time of its own in the queue.
    assert third.time_ns == first.time_ns + 1


def test_a_refusal_of_the_engine_is_that_orders_alone() -> None:
    pit = opened()
    told = pit.send(
        batch(
            place(buy, 1, at=100, cl_ord_id="a"),
            place(buy, 1_000_000, at=100),
            place(sell, 1, at=110),
            place(buy, 1, at=100, cl_ord_id="a"),
        )
    )
    kinds = [type(event) for event in told if isinstance(event, OrderAccepted | Rejected)]
    assert kinds == [OrderAccepted, Rejected, OrderAccepted, Rejected]
    assert [line for line in story(told) if "refused" in line] == [
        "refused: EOrder:Insufficient funds",
        "refused: EGeneral:Invalid arguments:cl_ord_id",
    ]
    assert drawn(pit) == "110.0 x 1:alice | 100.0 x 1:alice"


@pytest.mark.parametrize(
    ("orders", "fields", "text"),
    [
        ([place(buy, 1, at=100), place(buy, 0, at=100)], {}, BAD + "order_qty"),
        ([place(buy, 15, at=100, display="0.9"), place(buy, 1, at=100)], {}, BAD + "display_qty"),
        ([place(buy, 1, at=100), place(buy, 1, at=100, symbol="BTC/EUR")], {}, BAD + "symbol"),
        ([], {}, BAD + "orders"),
        ([place(buy, 1, at=100)], {"by": "nobody"}, "EGeneral:Permission denied"),
    ],
)
def test_one_bad_order_refuses_the_batch(orders: list[PlaceOrder], fields: dict[str, Any], text: str) -> None:
    pit = opened()
    assert story(pit.send(batch(*orders, **fields))) == [f"refused: {text}"]
    assert pit.orders() == []
    counters = pit.exchange.venue.accounts[ALICE].counters
    assert counters == {}


def test_a_pair_that_is_not_listed() -> None:
    pit = opened()
    order = place(buy, 1, at=100)
    stranger = replace(order, terms=replace(order.terms, symbol="XBT/USD"))
    assert story(pit.send(batch(stranger, stranger))) == ["refused: Currency pair not supported XBT/USD"]


def test_a_batch_costs_half_and_over_the_threshold_nothing_enters() -> None:
    pit = opened()
    five = batch(*(place(buy, "0.1", at=100, by="carol") for _ in range(5)), by="carol")
    pit.send(five)
    counters = pit.exchange.venue.accounts[AccountId("carol")].counters
    assert counters["BTC/USD"] == (2_500 * 10**9, pit.time_ns)
    counters.clear()
    four = batch(*(place(buy, 10**6, at=100, by="carol") for _ in range(4)), by="carol")
    for _ in range(30):
        assert story(pit.send(four)) == ["refused: EOrder:Insufficient funds"] * 4
    assert story(pit.send(four)) == ["refused: EOrder:Rate limit exceeded"]


def test_validate_enters_nothing() -> None:
    pit = opened()
    told = story(pit.send(batch(place(buy, 1, at=100), place(buy, 1_000_000, at=100), validate=True)))
    assert told == ["alice validated", "refused: EOrder:Insufficient funds"]
    assert pit.orders() == []


def test_the_deadline_is_every_orders() -> None:
    pit = opened()
    told = story(pit.send(batch(place(buy, 1, at=100), place(buy, 1, at=99), deadline_ns=1)))
    assert told == ["refused: EService:Deadline elapsed"] * 2


def test_what_an_order_wakes_comes_before_the_next_order() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, "stop-loss", "95", by="bob"))
    pit.send_all(place(buy, 1, at=95, by="carol"), place(buy, 1, at=94, by="carol"))
    told = story(pit.send(batch(place(sell, 1, at=95), place(buy, 1, at=90))))
    fired = told.index("bob fired by 95.0")
    assert fired < told.index("alice accepted", 1)
    assert "traded 1 at 94.0, taker sells" in told
    assert asleep(pit) == []


# --- cancels


def test_a_batch_of_cancels_counts_what_it_canceled() -> None:
    pit = opened("| 100.0 x 1:alice+2:alice+3:bob")
    pit.send_all(place(buy, 1, at=99, cl_ord_id="mine"), place(buy, 1, at=98, userref=5))
    pit.send(place(buy, 1, at=97, userref=5))
    first, second, *_ = pit.orders()
    (theirs,) = pit.orders("bob")
    told = story(
        pit.send(
            cancels(
                OrderRef(second.order_id),
                OrderRef(theirs.order_id),
                OrderRef(OrderId("OAAAAA-AAAAA-AAAAAA")),
                OrderRef(cl_ord_id="mine"),
                OrderRef(second.order_id),
                OrderRef(userref=5),
            )
        )
    )
    assert told == [
        "buy 100.0 delete 2, level 4",
        "alice canceled: User requested",
        "buy 99.0 delete 1, level 0",
        "alice canceled: User requested",
        "buy 98.0 delete 1, level 0",
        "alice canceled: User requested",
        "buy 97.0 delete 1, level 0",
        "alice canceled: User requested",
        "alice canceled 4",
    ]
    assert drawn(pit) == "| 100.0 x 1:alice+3:bob"
    assert pit.orders() == [first]


def test_nothing_found_is_a_count_of_nothing() -> None:
    pit = opened("| 100.0 x 1:alice")
    assert story(pit.send(cancels(OrderRef(cl_ord_id="x"), OrderRef(userref=9)))) == ["alice canceled 0"]
    assert story(pit.send(cancels(OrderRef(userref=0), by="nobody"))) == ["nobody canceled 0"]


def test_dormant_orders_are_canceled_too() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, "stop-loss", "95"))
    (order,) = pit.orders()
    assert order.terms.order_type is OrderType.STOP_LOSS
    assert story(pit.send(cancels(OrderRef(order.order_id)))) == [
        "alice canceled: User requested",
        "alice canceled 1",
    ]
    assert asleep(pit) == []


def test_maintenance_lets_no_cancel_through() -> None:
    pit = opened("| 100.0 x 1:alice")
    pit.send(SetSystemStatus(SystemStatus.MAINTENANCE))
    assert story(pit.send(cancels(OrderRef(pit.orders()[0].order_id)))) == ["refused: EService:Unavailable"]
    assert len(pit.orders()) == 1


def test_a_batch_is_the_same_as_its_orders_one_by_one() -> None:
    orders = [place(buy, 1, at=100), place(sell, 2, at=99), place(buy, 3, at=101), place(sell, 1)]
    together, apart = opened("103.0 x 1 |"), opened("103.0 x 1 |")
    together.send(batch(*orders))
    apart.send_all(*orders)
    assert drawn(together) == drawn(apart)
    assert together.balance("mia", "USD") == apart.balance("mia", "USD")
