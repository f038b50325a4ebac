"""Rows and frames of one account, byte for byte as recorded."""

import json

import pytest
from msgspec.structs import replace

from krakenbox.protocol.v2 import private_channels
from krakenbox.protocol.v2.private_channels import FillText, OrderText, StandingText, Totals, TriggerText
from wire.corpus import frame

ADX = OrderText(
    order_id="AHOJQ8-1E72C-8M2VQH",
    identity=private_channels.identity("", 0),
    symbol="ADX/USD",
    side="buy",
    order_type="limit",
    order_qty="81.36256082",
    time_in_force="GTC",
    limit_price="0.18328",
    stop_price="0.00000",
)
ETH = OrderText(
    order_id="OK4GJX-KSTLS-7DZZO5",
    identity=private_channels.identity('"6d1b345e-2821-40e2-ad83-4ecb18a06876"', 0),
    symbol="ETH/USDC",
    side="buy",
    order_type="limit",
    order_qty="0.00200000",
    time_in_force="GTC",
    limit_price="2500.00",
    stop_price="0.00",
    post_only=True,
)
NOTHING = Totals("0.00000000", "0.000000000", "0.00", "0.000000000")


def update(row: str, sequence: int) -> bytes:
    return private_channels.executions("update", [row], sequence).encode()


def test_empty_snapshot() -> None:
    assert private_channels.executions("snapshot", [], 1).encode() == frame("executions_empty")


def test_pending_new() -> None:
    row = private_channels.pending_new(ADX, "0.0000000", "2024-05-18T12:01:56.165888Z")
    assert update(row, 120) == frame("executions_pending_new")


def test_pending_new_with_client_id_and_post_only() -> None:
    row = private_channels.pending_new(ETH, "0.000000000", "2026-01-12T10:00:00.000001Z")
    assert update(row, 2) == frame("executions_pending_new_client_id")


def test_opened() -> None:
    order = replace(ADX, order_id="7J91XK-XMFEL-348VPM")
    assert update(private_channels.opened(order, "2024-05-18T12:58:51.121515Z"), 148) == frame(
        "executions_new"
    )
    assert update(private_channels.opened(ETH, "2026-01-12T10:00:00.000001Z"), 3) == frame(
        "executions_new_client_id"
    )


def test_canceled() -> None:
    order = replace(ADX, order_id="KIUEL4-G3PWU-HOJTYU")
    totals = Totals("0.00000000", "0.000000", "0.00000", "0.000000")
    row = private_channels.closed(order, "canceled", totals, "User requested", "2024-05-18T12:58:40.165132Z")
    assert update(row, 143) == frame("executions_canceled")
    row = private_channels.closed(ETH, "canceled", NOTHING, "User requested", "2026-01-12T10:00:09.000001Z")
    assert update(row, 5) == frame("executions_canceled_client_id")


def test_fill() -> None:
    order = replace(
        ADX,
        order_id="OK4GJX-KSTLS-7DZZO5",
        identity=private_channels.identity("", 3),
        symbol="BTC/USD",
        side="sell",
    )
    fill = FillText(
        exec_id="TGBB7L-HT5LX-J3BZ4A",
        trade_id=62887576,
        last_qty="0.005",
        last_price="26599.9",
        liquidity="t",
        cost="132.9995",
        fee_asset="USD",
        fee="0.3458",
        fee_usd="0.3458",
        timestamp="2023-09-22T10:33:05.709993Z",
    )
    totals = Totals("0.005", "132.9995", "26599.9", "0.3458")
    assert update(private_channels.fill(order, fill, totals), 10) == frame("executions_trade")


def test_fill_in_a_snapshot() -> None:
    order = replace(ADX, order_id="NG6PUE-C7MXN-CFCAMC", symbol="BTC/USD", side="sell")
    fill = FillText(
        exec_id="B1Y0D9-6JIJG-W1IB7L",
        trade_id=37496584,
        last_qty="0.00016000",
        last_price="63377.2",
        liquidity="t",
        cost="10.12445",
        fee_asset="USD",
        fee="0.04051",
        fee_usd="0.04050",
        timestamp="2024-04-16T10:54:38.243302Z",
    )
    row = private_channels.past_fill(order, fill)
    assert private_channels.executions("snapshot", [row], 1).encode() == frame("executions_past_trade")


def test_a_filled_row_gives_no_reason() -> None:
    totals = Totals("0.00500000", "132.99950", "26599.9", "0.34580")
    order = replace(ADX, order_id="OK4GJX-KSTLS-7DZZO5", identity=private_channels.identity("", 3))
    assert private_channels.closed(order, "filled", totals, "", "2026-01-01T00:00:00.000000Z") == (
        '{"timestamp":"2026-01-01T00:00:00.000000Z","order_status":"filled","exec_type":"filled",'
        '"cum_qty":0.00500000,"cum_cost":132.99950,"fee_usd_equiv":0.34580,"avg_price":26599.9,'
        '"order_userref":3,"order_id":"OK4GJX-KSTLS-7DZZO5"}'
    )


STANDING = StandingText(
    order_status="partially_filled", totals=NOTHING, amended=False, timestamp="2026-01-12T10:00:00.000001Z"
)


def test_an_open_order_has_every_key_of_pending_new() -> None:
    pending = json.loads(private_channels.pending_new(ETH, "0.000000000", "2026-01-12T10:00:00.000001Z"))
    row = json.loads(private_channels.open_order(ETH, STANDING))
    assert set(row) - set(pending) == {"cum_qty", "avg_price", "amended"}
    assert set(pending) <= set(row)
    assert (row["exec_type"], row["order_status"], row["amended"]) == ("new", "partially_filled", False)


def test_an_order_that_begins_later_is_pending_in_a_snapshot() -> None:
    text = replace(ETH, effective_time="2026-07-01T00:00:00.000000Z")
    row = json.loads(private_channels.open_order(text, replace(STANDING, order_status="pending_new")))
    assert (row["exec_type"], row["order_status"]) == ("pending_new", "pending_new")
    assert row["effective_time"] == "2026-07-01T00:00:00.000000Z"


def test_an_amended_order_in_a_snapshot_says_so() -> None:
    row = json.loads(
        private_channels.open_order(ETH, replace(STANDING, amended=True, display_qty_remain="1.5"))
    )
    assert (row["amended"], row["display_qty_remain"]) == (True, 1.5)


def test_amended() -> None:
    order = replace(
        ADX, order_id="6LYQGW-FH922-U6JTUM", order_qty="5.10000000", limit_price="0.9600", post_only=True
    )
    standing = StandingText(
        order_status="new",
        totals=Totals("0.00000000", "0.0", "0.0", "0.0"),
        amended=True,
        timestamp="2024-10-13T13:38:39.273886Z",
    )
    row = private_channels.amended(order, "amended", standing, "User requested")
    assert update(row, 20) == frame("executions_amended")
    order = replace(ETH, order_qty="0.00300000")
    standing = replace(standing, timestamp="2026-01-12T10:00:05.000001Z")
    row = private_channels.amended(order, "amended", standing, "User requested")
    assert update(row, 4) == frame("executions_amended_client_id")


TRIGGER = TriggerText(reference="index", price="0.2", price_type="static")
STOP = replace(ADX, order_type="stop-loss-limit", trigger=TRIGGER, stop_price="0.2", limit_price="0.2")


def test_pending_new_with_a_trigger() -> None:
    row = private_channels.pending_new(STOP, "0", "2024-05-18T12:01:56.165888Z")
    assert update(row, 120) == frame("executions_pending_new_stop")


def test_a_dormant_order_goes_live_with_its_trigger() -> None:
    assert private_channels.opened(STOP, "t") == (
        '{"timestamp":"t","order_status":"new","exec_type":"new","order_userref":0,'
        '"triggers":{"price":0.2,"price_type":"static","reference":"index","status":"untriggered"},'
        '"order_id":"AHOJQ8-1E72C-8M2VQH"}'
    )


def test_a_trigger_that_moves_and_one_that_fires() -> None:
    trailing = replace(
        TRIGGER, price="5.0", price_type="quote", actual_price="98.0", peak_price="103.0", last_price="103.0"
    )
    moved = private_channels.status(replace(STOP, trigger=trailing, stop_price="98.0"), "new", "t")
    assert moved == (
        '{"timestamp":"t","exec_type":"status","order_status":"new",'
        '"triggers":{"actual_price":98.0,"last_price":103.0,"peak_price":103.0,"price":5.0,'
        '"price_type":"quote","reference":"index","status":"untriggered"},"stop_price":98.0,"trigger":"index",'
        '"order_userref":0,"order_id":"AHOJQ8-1E72C-8M2VQH"}'
    )
    fired = replace(trailing, last_price="97.9", timestamp="f")
    assert private_channels.status(replace(STOP, trigger=fired, stop_price="98.0"), "new", "f") == (
        '{"timestamp":"f","exec_type":"status","order_status":"new",'
        '"triggers":{"actual_price":98.0,"last_price":97.9,"peak_price":103.0,"price":5.0,'
        '"price_type":"quote","reference":"index","status":"triggered","timestamp":"f"},"stop_price":98.0,'
        '"trigger":"index","triggered_price":97.9,"order_userref":0,"order_id":"AHOJQ8-1E72C-8M2VQH"}'
    )


def test_an_iceberg_shows_its_next_part() -> None:
    assert private_channels.iceberg_refill(ADX, "partially_filled", "1.00000000", "t") == (
        '{"timestamp":"t","exec_type":"iceberg_refill","order_status":"partially_filled",'
        '"display_qty_remain":1.00000000,"order_userref":0,"order_id":"AHOJQ8-1E72C-8M2VQH"}'
    )


def test_what_each_fill_enters() -> None:
    assert private_channels.contingent("stop-loss-limit", ("28410.0", "static"), ("28400.0", "static")) == (
        '{"order_type":"stop-loss-limit","trigger_price":28410.0,"trigger_price_type":"static",'
        '"limit_price":28400.0,"limit_price_type":"static"}'
    )
    assert private_channels.contingent("limit", None, ("5.0", "static")) == (
        '{"order_type":"limit","limit_price":5.0,"limit_price_type":"static"}'
    )


@pytest.mark.parametrize(
    ("changes", "keys"),
    [
        ({"limit_price": ""}, {"limit_price": None, "limit_price_type": None}),
        ({"cash_order_qty": "250.00000"}, {"cash_order_qty": 250.0}),
        (
            {"time_in_force": "GTD", "expire_time": "2026-07-01T00:00:00.000000Z"},
            {"expire_time": "2026-07-01T00:00:00.000000Z"},
        ),
        ({"post_only": False}, {"post_only": None}),
        (
            {},
            {"triggers": None, "trigger": None, "display_qty": None, "ord_ref_id": None, "contingent": None},
        ),
        ({"display_qty": "1.0"}, {"display_qty": 1.0}),
        ({"effective_time": "t"}, {"effective_time": "t"}),
        ({"parent_id": "O"}, {"ord_ref_id": "O"}),
        ({"sender_sub_id": '"desk"'}, {"sender_sub_id": "desk"}),
        ({"contingent": '{"order_type":"limit"}'}, {"contingent": {"order_type": "limit"}}),
    ],
)
def test_a_key_is_there_only_where_the_order_has_it(changes: dict[str, str], keys: dict[str, object]) -> None:
    row = json.loads(private_channels.pending_new(replace(ETH, **changes), "0.0", "t"))
    assert {key: row.get(key) for key in keys} == keys


def test_any_row_takes_the_trading_counter_at_its_end() -> None:
    row = private_channels.opened(ADX, "2024-05-18T12:58:51.121515Z")
    assert private_channels.counted(row, "8.000") == row[:-1] + ',"ratecount":8.000}'
