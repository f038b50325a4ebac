"""Costs, fees and ledger amounts of recorded trades, reproduced by trading them."""

from typing import Any, NamedTuple

import pytest

from builders import asset, instrument, units
from harness import Client, Trader, Venue, subscribe
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Command,
    Deposit,
    FeeTier,
    SetFeeSchedule,
)
from krakenbox.model.fixed import Amount
from krakenbox.model.order import AccountId

BASE_DECIMALS = 8
MONEY = 10_000_000_000


class Recorded(NamedTuple):
    """A trade of the venue; `decimals` are of price, quantity and cost; numbers as they were told."""

    symbol: str
    decimals: tuple[int, int, int]
    qty: str
    price: str
    ppm: int
    """Fee rate in millionths: 0.26 % is 2,600."""
    cost: str
    fee: str
    ledger: str
    """What the buyer's USD ledger says, fee apart."""


TRADES = [
    Recorded(
        "USDT/USD", (8, 8, 8), "5954.27026599", "0.99980000", 0, "5953.07941194", "0.00000000", "-5953.0794"
    ),
    Recorded("USDT/USD", (8, 8, 8), "87.34057301", "0.99980000", 0, "87.32310490", "0.00000000", "-87.3231"),
    Recorded(
        "USDT/USD", (8, 8, 8), "3027.82033442", "0.99980000", 0, "3027.21477035", "0.00000000", "-3027.2148"
    ),
    Recorded("XBT/USD", (5, 8, 5), "0.00010000", "26425.20000", 2_600, "2.64252", "0.00687", "-2.6425"),
    Recorded("ETH/USD", (5, 8, 5), "0.01000000", "1967.68000", 1_600, "19.67680", "0.03148", "-19.6768"),
    Recorded("ATOM/USD", (6, 8, 6), "5.00000000", "9.000000", 1_600, "45.000000", "0.072000", "-45.0000"),
    Recorded("XRP/USD", (5, 8, 8), "70.90020000", "0.42313", 1_600, "30.00000163", "0.04800000", "-30.0000"),
    # Documented: exactly 1.45406823 USD.
    Recorded("SHIB/USD", (8, 5, 9), "50123.00000", "0.00002901", 0, "1.454068230", "0.000000000", "-1.4541"),
]


def opening(trade: Recorded) -> list[Command]:
    """List the pair, at the recorded rate for either side, and give its base to bob."""
    pair = instrument(trade.symbol, trade.decimals, fee_schedule="recorded")
    amount = Amount(units(MONEY, BASE_DECIMALS))
    return [
        AddAsset(asset(pair.base, BASE_DECIMALS)),
        SetFeeSchedule("recorded", (FeeTier(0, trade.ppm, trade.ppm),)),
        AddInstrument(pair),
        Deposit(AccountId("bob"), pair.base, amount),
    ]


def listener(trader: Trader) -> Client:
    client = trader.venue.greeted("ws-auth")
    client.send(subscribe("executions", token=trader.token, snap_orders=False))
    client.send(subscribe("balances", token=trader.token, snapshot=False)).frames()
    return client


def rows(client: Client, channel: str) -> list[dict[str, Any]]:
    return [row for told in client.messages() if told.get("channel") == channel for row in told["data"]]


@pytest.mark.parametrize("maker", ["buy", "sell"])
@pytest.mark.parametrize("trade", TRADES, ids=lambda trade: f"{trade.qty} {trade.symbol}")
def test_a_recorded_trade_costs_what_was_recorded(trade: Recorded, maker: str) -> None:
    alice = Trader(Venue(opening(trade)))
    bob = Trader(alice.venue, "bob")
    executions, ledger = listener(alice), listener(alice)
    order = {"symbol": trade.symbol, "order_qty": float(trade.qty), "limit_price": float(trade.price)}
    sides = [(alice, "buy"), (bob, "sell")]
    for trader, side in sides if maker == "buy" else reversed(sides):
        assert trader.error(side=side, **order) == ""

    (fill,) = [row for row in rows(executions, "executions") if row["exec_type"] == "trade"]
    assert (fill["last_qty"], fill["last_price"]) == (trade.qty, trade.price)
    assert (fill["cost"], fill["cum_cost"]) == (trade.cost, trade.cost)
    assert fill["fees"] == [{"asset": "USD", "qty": trade.fee}]
    assert fill["fee_usd_equiv"] == trade.fee
    assert fill["liquidity_ind"] == ("m" if maker == "buy" else "t")

    (paid,) = [row for row in rows(ledger, "balances") if row["asset"] == "USD"]
    assert paid["amount"] == trade.ledger
    assert float(paid["fee"]) == pytest.approx(float(trade.fee), abs=0.5e-4)
    assert [order.hold for order in alice.venue.orders("alice")] == []
