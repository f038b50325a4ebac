"""Commands in words: decimals, times, and nothing that says nothing."""

import json

import pytest

from builders import ASSETS, BTC_USD, START_NS, buy, cancel, deposit, place
from krakenbox.durable.readable import line, named, note, readable
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    AmendOrder,
    CancelOrders,
    Command,
    OrderRef,
    PlaceOrder,
    PlaceOrders,
    SeedHistory,
    SetCancelTimer,
    SetIndexPrice,
    SetLimits,
    Stamped,
    Tick,
    Void,
)
from krakenbox.model.event import Rejected
from krakenbox.model.instrument import InstrumentTable
from krakenbox.model.order import OrderTerms, OrderType, PriceType, Side, Trigger

AT = "2026-01-01T00:00:00.000000000Z"


def listed() -> InstrumentTable:
    table = InstrumentTable()
    for asset in ASSETS.values():
        note(AddAsset(asset), table)
    note(AddInstrument(BTC_USD), table)
    return table


def told(command: Command) -> str:
    """The line of a command behind its number and time."""
    text = line(readable(Stamped(7, START_NS, command), listed()))
    assert text.startswith(f"        7 {AT} "), text
    return " ".join(text.split()[2:])


TRAILING = OrderTerms(
    symbol="BTC/USD",
    side=Side.SELL,
    order_type=OrderType.TRAILING_STOP_LIMIT,
    qty=100_000_000,
    limit_price=-2_500_000,
    limit_price_type=PriceType.PCT,
    trigger=Trigger(1_000_000, PriceType.PCT),
    cl_ord_id="my id",
)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Tick(), "Tick"),
        (Void(5), "Void voids=5"),
        (SetLimits(False), "SetLimits enforced=false"),
        (SetIndexPrice("BTC/USD", 840_001), "SetIndexPrice symbol=BTC/USD price=84000.1"),
        (deposit("alice", "USD", "1.5"), "Deposit account=alice asset=USD amount=1.5000"),
        (
            place(buy, "0.5", at="100.5"),
            "PlaceOrder account=alice symbol=BTC/USD side=buy order_type=limit qty=0.50000000 "
            "limit_price=100.5",
        ),
        (
            PlaceOrder("bob", TRAILING, deadline_ns=START_NS),
            "PlaceOrder account=bob symbol=BTC/USD side=sell order_type=trailing-stop-limit qty=1.00000000 "
            'limit_price=-2.5% cl_ord_id="my id" trigger=(price=1% price_type=pct) limit_price_type=pct '
            f"deadline_ns={AT}",
        ),
        (
            PlaceOrders("bob", (TRAILING, TRAILING)),
            "PlaceOrders account=bob orders=[(symbol=BTC/USD side=sell order_type=trailing-stop-limit "
            "qty=1.00000000 "
            'limit_price=-2.5% cl_ord_id="my id" trigger=(price=1% price_type=pct) limit_price_type=pct), '
            "(symbol=BTC/USD side=sell order_type=trailing-stop-limit qty=1.00000000 "
            'limit_price=-2.5% cl_ord_id="my id" trigger=(price=1% price_type=pct) limit_price_type=pct)]',
        ),
        (cancel("O1"), "CancelOrder account=alice order_id=O1"),
        (
            CancelOrders("bob", (OrderRef("O1"), OrderRef(userref=0))),
            "CancelOrders account=bob refs=[(order_id=O1), (userref=0)]",
        ),
        (
            AmendOrder("bob", OrderRef("O1"), qty=5, limit_price=7),
            "AmendOrder account=bob order_id=O1 qty=5 limit_price=7",
        ),
        (SetCancelTimer("bob", 0), "SetCancelTimer account=bob trigger_ns=0"),
        (SeedHistory("BTC/USD", (), ()), "SeedHistory symbol=BTC/USD bars=0 trades=0"),
        (SetIndexPrice("DOGE/USD", 5), "SetIndexPrice symbol=DOGE/USD price=5"),
    ],
    ids=lambda value: value.split()[0] if isinstance(value, str) else "",
)
def test_a_command_in_one_line(command: Command, text: str) -> None:
    assert told(command) == text


def test_an_instrument_is_told_in_its_own_decimals() -> None:
    assert "price_increment=0.1 qty_increment=0.00000001" in told(AddInstrument(BTC_USD))


def test_what_is_no_instrument_yet_is_left_out() -> None:
    table = InstrumentTable()
    note(AddInstrument(BTC_USD), table)
    note(Tick(), table)
    assert (table.assets, table.instruments) == ({}, {})


def test_programs_get_every_field_by_its_name() -> None:
    found = named(place(buy, "0.5", at="100.5"))
    assert list(found) == ["type", "account", "terms", "deadline_ns", "validate"]
    assert (found["type"], found["terms"]["side"], found["terms"]["qty"]) == ("PlaceOrder", "buy", 50_000_000)
    assert found["terms"]["trigger"] is None
    assert named([Rejected(1, "alice", "no")]) == [
        {"type": "Rejected", "time_ns": 1, "account": "alice", "text": "no"}
    ]
    assert json.loads(json.dumps(found)) == found
