"""One account's orders: found by their names, and the same again after a snapshot."""

import msgspec

from builders import buy, opened, place, sell
from krakenbox.feeds.orders import SNAPSHOT_FILLS, FillImage, OrderEvent, Orders, OrdersImage
from krakenbox.model.command import OrderRef
from krakenbox.model.event import Event, OrderFilled
from krakenbox.model.order import AccountId
from sleepers import dormant
from streams import run, steps

ALICE = AccountId("alice")


def followed(told: list[Event]) -> Orders:
    """Alice's orders by their events."""
    orders = Orders()
    for event in told:
        if getattr(event, "account", "") == ALICE and isinstance(event, OrderEvent):
            orders.apply(event)
    return orders


def restored(orders: Orders) -> Orders:
    image = msgspec.json.decode(msgspec.json.encode(orders.capture()), type=OrdersImage)
    return Orders.restore(ALICE, image)


def test_a_name_finds_its_order_while_it_is_open() -> None:
    pit = opened("| 100.0 x 1")
    told = pit.send_all(place(buy, 1, at=99, cl_ord_id="mine"), place(sell, 1, at=101, cl_ord_id="other"))
    orders = followed(told)
    for each in (orders, restored(orders)):
        found = each.find(OrderRef(cl_ord_id="mine"))
        assert found is not None
        assert found.entered.order_id == pit.orders()[0].order_id
        assert each.find(OrderRef(found.entered.order_id)) is found
        assert each.find(OrderRef(cl_ord_id="nobody")) is None
        assert each.find(OrderRef()) is None


def test_orders_are_the_same_after_a_snapshot() -> None:
    pit = opened("103.0 x 1 | 100.0 x 1")
    told = pit.send_all(
        place(buy, 2, at=103),
        place(buy, 5, at=98, display=1, cl_ord_id="ice"),
        dormant(sell, 1, "trailing-stop", "3q"),
    )
    told += run(pit, steps(3, 150))
    orders = followed(told)
    orders.counters["BTC/USD"] = 5_000
    copy = restored(orders)
    assert copy.open == orders.open != {}
    assert list(copy.open) == list(orders.open)
    assert (copy.fills, copy.names, copy.counters) == (orders.fills, orders.names, orders.counters)
    assert 0 < len(copy.fills) <= SNAPSHOT_FILLS == copy.fills.maxlen
    # What was never amended is stored once.
    assert any(each.terms is each.entered.terms for each in copy.open.values())


def test_a_fill_in_an_image_is_the_event_without_its_account() -> None:
    fields = [name for name in OrderFilled.__struct_fields__ if name != "account"]
    assert list(FillImage.__struct_fields__) == fields
    assert OrderFilled.__struct_fields__[:2] == ("time_ns", "account")


def test_no_orders_are_no_orders() -> None:
    assert restored(Orders()).open == {}
