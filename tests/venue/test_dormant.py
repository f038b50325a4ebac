"""What is asked of the terms of orders that wait, and of those that others enter."""

import pytest
from msgspec.structs import replace

from builders import BTC_USD, SECOND_NS, Pit, buy, opened, place, sell, story
from krakenbox.model.command import AddInstrument, PlaceOrder
from krakenbox.model.fixed import Qty
from krakenbox.model.order import OrderType, Reference, TimeInForce
from krakenbox.model.reject import Reject
from sleepers import dormant, index, oto, print_at

FOK, IOC, GTD = TimeInForce.FOK, TimeInForce.IOC, TimeInForce.GTD
INDEX = Reference.INDEX
FAR = 2**61


def arguments(field: str) -> list[str]:
    return [f"refused: EGeneral:Invalid arguments:{field}"]


def traded() -> Pit:
    pit = opened()
    print_at(pit, 100)
    return pit


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (dormant(sell, 0, "stop-loss", "95"), "order_qty"),
        (dormant(sell, 1, "stop-loss", "0"), "trigger_price"),
        (dormant(sell, 1, "stop-loss", "95", "94"), "limit_price"),
        (dormant(sell, 1, "stop-loss-limit", "95"), "limit_price"),
        (dormant(sell, 1, "take-profit-limit", "105", "1q"), "limit_price_type"),
        (dormant(sell, 1, "stop-loss", "95", "0q"), "limit_price_type"),
        (dormant(sell, 1, "trailing-stop", "95"), "trigger_price_type"),
        (dormant(sell, 1, "trailing-stop", "-5q"), "trigger_price"),
        (dormant(sell, 1, "trailing-stop", "0%"), "trigger_price"),
        (dormant(sell, 1, "trailing-stop", "5q", "0q"), "limit_price_type"),
        (dormant(sell, 1, "trailing-stop-limit", "5q", "0"), "limit_price"),
        (dormant(sell, 1, "stop-loss-limit", "95", "94", post_only=True), "post_only"),
        (dormant(sell, 1, "stop-loss", "95", display_qty=Qty(10**7)), "display_qty"),
        (dormant(sell, 1, "stop-loss", "95", time_in_force=FOK), "time_in_force"),
        (dormant(sell, 1, "stop-loss", "95", time_in_force=GTD), "expire_time"),
        (dormant(sell, 1, "stop-loss", "95", effective_ns=-1), "effective_time"),
        (place(buy, cash=100, effective_ns=FAR), "effective_time"),
        (place(buy, 1, at=90, time_in_force=GTD, expire_ns=FAR, effective_ns=FAR), "expire_time"),
        (place(buy, 1, at=90, trigger=dormant(sell, 1, "stop-loss", "95").terms.trigger), "triggers"),
        (place(buy, 1, at=90, conditional=oto("market")), "conditional"),
        (place(buy, 1, at=90, conditional=oto("iceberg", at="95")), "conditional"),
        (place(buy, 1, at=90, conditional=oto("limit")), "conditional"),
        (place(buy, 1, at=90, conditional=oto("limit", "95", "95")), "conditional"),
        (place(buy, 1, at=90, conditional=oto("stop-loss")), "triggers"),
        (place(buy, 1, at=90, conditional=oto("trailing-stop", "95")), "trigger_price_type"),
        (place(buy, 1, at=90, conditional=oto("stop-loss-limit", "85")), "limit_price"),
    ],
)
def test_terms_that_contradict_themselves(command: PlaceOrder, field: str) -> None:
    pit = traded()
    assert story(pit.send(command)) == arguments(field)
    assert pit.orders() == []


def test_a_triggered_type_needs_its_trigger_and_settling_a_position_is_none() -> None:
    command = dormant(sell, 1, "stop-loss", "95")
    bare = replace(command, terms=replace(command.terms, trigger=None))
    assert story(traded().send(bare)) == arguments("triggers")
    settling = replace(
        command, terms=replace(command.terms, trigger=None, order_type=OrderType.SETTLE_POSITION)
    )
    assert story(traded().send(settling)) == arguments("ordertype")


@pytest.mark.parametrize(
    "command",
    [
        dormant(sell, 1, "stop-loss", "95.5"),
        dormant(sell, 1, "stop-loss-limit", "95", "94.5"),
        place(buy, 1, at="95.5"),
        place(buy, 1, at=95, conditional=oto("limit", at="99.5")),
        place(buy, 1, at=95, conditional=oto("stop-loss", "90.5")),
    ],
)
def test_a_price_between_two_ticks(command: PlaceOrder) -> None:
    pit = traded()
    pit.send(AddInstrument(replace(BTC_USD, price_increment=10)))
    assert story(pit.send(command)) == [f"refused: {Reject.TICK_SIZE.text()}"]


@pytest.mark.parametrize(
    "command",
    [
        dormant(sell, 1, "stop-loss", "-5%"),
        dormant(sell, 1, "take-profit", "5q"),
        dormant(buy, 1, "trailing-stop", "5%"),
        dormant(buy, 1, "trailing-stop-limit", "5%", "0q", reference=INDEX),
    ],
)
def test_an_offset_needs_a_price_to_stand_beside(command: PlaceOrder) -> None:
    assert story(opened().send(command)) == ["refused: EOrder:Invalid price"]
    assert story(traded().send(command)) == ["alice accepted", "alice opened"]


@pytest.mark.parametrize(
    "command",
    [
        dormant(sell, 1, "stop-loss", "-100%"),
        dormant(sell, 1, "stop-loss", "-100q"),
        dormant(sell, 1, "trailing-stop", "100%"),
        dormant(sell, 1, "trailing-stop-limit", "5%", "-95q"),
    ],
)
def test_an_offset_that_comes_to_nothing(command: PlaceOrder) -> None:
    assert story(traded().send(command)) == ["refused: EOrder:Invalid price"]


def test_an_index_must_exist_and_falls_back_to_the_last_price_until_it_is_set() -> None:
    command = dormant(sell, 1, "stop-loss", "-5%", reference=INDEX)
    primary = place(buy, 1, at=90, conditional=oto("stop-loss", "80", reference=INDEX))
    pit = traded()
    pit.send_all(AddInstrument(replace(BTC_USD, has_index=False)))
    for refused in (command, primary):
        assert story(pit.send(refused)) == ["refused: EGeneral:Invalid arguments:Index unavailable"]
    pit = traded()
    pit.send_all(command, index(200), command, primary)
    assert [order.trigger_price for order in pit.orders()] == [950, 1900, 0]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (dormant(sell, "0.00004", "stop-loss", "95"), "EGeneral:Invalid arguments:volume minimum not met"),
        (dormant(sell, "0.005", "stop-loss", "95"), "EOrder:Cost minimum not met"),
        (dormant(sell, "0.005", "stop-loss-limit", "95", "99"), "EOrder:Cost minimum not met"),
        (dormant(sell, "0.0051", "stop-loss-limit", "95", "99"), ""),
        (dormant(buy, "0.0049", "trailing-stop", "5q"), ""),
    ],
)
def test_minimums_count_the_limit_or_the_trigger(command: PlaceOrder, told: str) -> None:
    assert story(traded().send(command))[0] == (f"refused: {told}" if told else "alice accepted")


def test_a_start_in_the_past_is_now() -> None:
    pit = traded()
    past = pit.time_ns // SECOND_NS * SECOND_NS
    assert story(pit.send(place(buy, 1, at=90, effective_ns=past))) == [
        "alice accepted",
        "alice opened",
        "buy 90.0 add 1, level 1",
    ]
