"""Rows and frames of one account, byte for byte as recorded."""

import json

import pytest
from msgspec.structs import replace

from krakenbox.protocol.v2 import private_channels
from krakenbox.protocol.v2.private_channels import FillText, LedgerText, OrderText, Totals
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


def test_an_open_order_has_every_key_of_pending_new() -> None:
    pending = json.loads(private_channels.pending_new(ETH, "0.000000000", "2026-01-12T10:00:00.000001Z"))
    row = json.loads(
        private_channels.open_order(ETH, "partially_filled", NOTHING, "2026-01-12T10:00:00.000001Z")
    )
    assert set(row) - set(pending) == {"cum_qty", "avg_price", "amended"}
    assert set(pending) <= set(row)
    assert (row["exec_type"], row["order_status"], row["amended"]) == ("new", "partially_filled", False)


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
    ],
)
def test_a_key_is_there_only_where_the_order_has_it(changes: dict[str, str], keys: dict[str, object]) -> None:
    row = json.loads(private_channels.pending_new(replace(ETH, **changes), "0.0", "t"))
    assert {key: row.get(key) for key in keys} == keys


def test_balance_snapshot() -> None:
    # Of the recorded rows one has a wallet, edited to another figure by its author; ours holds it all.
    row = private_channels.balance_row("USD", "currency", "160.2405")
    made = private_channels.balances("snapshot", [row], 1).encode()
    recorded = frame("balances_snapshot").replace(b'"balance":1.34', b'"balance":160.2405')
    assert row.encode() in recorded
    assert (made[:50], made[-15:]) == (recorded[:50], recorded[-15:])


def test_ledger_entry() -> None:
    entry = LedgerText(
        ledger_id="DATKX6-PEHL1-HZKND8",
        ref_id="LKAKN2-N0N12-VKQNLN",
        timestamp="2024-05-24T14:01:53.526524Z",
        kind="trade",
        asset="USD",
        asset_class="currency",
        amount="-19.9743",
        fee="0.0499",
        balance="118.0677",
    )
    made = private_channels.balances("update", [private_channels.ledger_row(entry)], 4)
    assert made.encode() == frame("balances_update")


def test_any_row_takes_the_trading_counter_at_its_end() -> None:
    row = private_channels.opened(ADX, "2024-05-18T12:58:51.121515Z")
    assert private_channels.counted(row, "8.000") == row[:-1] + ',"ratecount":8.000}'
