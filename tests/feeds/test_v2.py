"""Values to text: each number at the precision of its instrument or asset."""

import msgspec
import pytest

from builders import BTC_USD, START_NS, buy
from krakenbox.feeds import v2
from krakenbox.model.event import OrderClosed, OrderFilled
from krakenbox.model.fixed import Amount, Cost, Price, Qty
from krakenbox.model.instrument import Asset
from krakenbox.model.order import (
    AccountId,
    FeePreference,
    OrderId,
    OrderStatus,
    OrderTerms,
    OrderType,
    TimeInForce,
)
from krakenbox.model.reject import Reason
from screens import read

TERMS = OrderTerms(
    symbol="BTC/USD", side=buy, order_type=OrderType.LIMIT, qty=Qty(500_000), limit_price=Price(265_999)
)
ORDER = OrderId("OK4GJX-KSTLS-7DZZO5")
ALICE = AccountId("alice")
FILL = OrderFilled(
    START_NS,
    ALICE,
    ORDER,
    TERMS,
    "TGBB7L-HT5LX-J3BZ4A",
    7,
    Price(265_999),
    Qty(500_000),
    Cost(13_299_950),
    True,
    Cost(34_580),
    "USD",
    Cost(34_580),
    Qty(500_000),
    Cost(13_299_950),
    Price(265_999),
)


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({}, "order_qty", "0.00500000"),
        ({}, "limit_price", "26599.9"),
        ({}, "stop_price", "0.0"),
        ({}, "fee_ccy_pref", "fciq"),
        ({"fee_preference": FeePreference.BASE}, "fee_ccy_pref", "fcib"),
        ({"time_in_force": TimeInForce.IOC}, "time_in_force", "IOC"),
        ({"order_type": OrderType.MARKET, "limit_price": Price(0)}, "limit_price", ""),
        ({"cash_qty": Cost(25_000_000)}, "cash_order_qty", "250.00000"),
        ({}, "expire_time", ""),
        ({"expire_ns": START_NS}, "expire_time", "2026-01-01T00:00:00.000000Z"),
        ({}, "identity", '"order_userref":0'),
        ({"userref": 3}, "identity", '"order_userref":3'),
        ({"userref": 3, "cl_ord_id": 'a"b'}, "identity", '"cl_ord_id":"a\\"b"'),
    ],
)
def test_what_every_row_of_an_order_repeats(changes: dict[str, object], field: str, text: str) -> None:
    terms = msgspec.structs.replace(TERMS, **changes)
    assert getattr(v2.order(ORDER, terms, BTC_USD), field) == text


def test_a_fee_has_the_precision_of_costs() -> None:
    fill = msgspec.structs.replace(FILL, fee=Cost(1300))
    row = read(v2.filled(v2.order(ORDER, TERMS, BTC_USD), fill, BTC_USD))
    assert row["fees"] == [{"asset": "USD", "qty": "0.01300"}]
    assert row["liquidity_ind"] == "m"


def test_a_fee_in_the_base_asset_has_the_precision_of_quantities() -> None:
    fill = msgspec.structs.replace(FILL, fee=1300, fee_asset="BTC")
    row = read(v2.filled(v2.order(ORDER, TERMS, BTC_USD), fill, BTC_USD))
    assert row["fees"] == [{"asset": "BTC", "qty": "0.00001300"}]


def test_a_fill_that_completes_the_order_still_reads_partially_filled() -> None:
    row = read(v2.filled(v2.order(ORDER, TERMS, BTC_USD), FILL, BTC_USD))
    assert (row["order_status"], row["cum_qty"], row["cost"]) == (
        "partially_filled",
        "0.00500000",
        "132.99950",
    )
    assert read(v2.past_fill(FILL, BTC_USD))["order_status"] == "filled"


def test_the_end_of_a_filled_order_has_no_reason() -> None:
    end = OrderClosed(
        START_NS,
        ALICE,
        ORDER,
        msgspec.structs.replace(TERMS, userref=3),
        OrderStatus.FILLED,
        Reason.NONE,
        Qty(500_000),
        Cost(13_299_950),
        Price(265_999),
        Cost(34_580),
    )
    assert v2.closed(v2.order(ORDER, end.terms, BTC_USD), end, BTC_USD) == (
        '{"timestamp":"2026-01-01T00:00:00.000000Z","order_status":"filled","exec_type":"filled",'
        '"cum_qty":0.00500000,"cum_cost":132.99950,"fee_usd_equiv":0.34580,"avg_price":26599.9,'
        '"order_userref":3,"order_id":"OK4GJX-KSTLS-7DZZO5"}'
    )


def test_a_balance_has_the_precision_of_its_ledger() -> None:
    adx = Asset(asset="ADX", rest_id="ADX", altname="ADX", decimals=10, display_decimals=5)
    assert v2.held(adx, Amount(1_471_906_006_900)) == (
        '{"asset":"ADX","asset_class":"currency","balance":147.1906006900,'
        '"wallets":[{"type":"spot","id":"main","balance":147.1906006900}]}'
    )
