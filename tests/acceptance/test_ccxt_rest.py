"""ccxt's REST methods, from PyPI, against krakenbox by URL alone."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import ccxt
import pytest

from acceptance.conftest import Served

pytestmark = pytest.mark.filterwarnings("default")


def exchange(served: Served, account: str) -> Any:
    """ccxt's Kraken with every address of its table pointed here, and in no hurry."""
    key = served.accounts[account]
    kraken = ccxt.kraken({"apiKey": key["api_key"], "secret": key["api_secret"], "rateLimit": 20})
    kraken.urls["api"]["public"] = kraken.urls["api"]["private"] = served.http_url
    return kraken


def test_market_data(serve: Callable[..., Served]) -> None:
    kraken = exchange(serve("--market", "busy", "--seed", "5"), "alice")
    assert kraken.fetch_status()["status"] == "ok"
    assert kraken.fetch_time() > 0
    assert "BTC/USD" in kraken.load_markets()

    ticker = kraken.fetch_ticker("BTC/USD")
    assert ticker["bid"] < ticker["ask"]
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert set(kraken.fetch_tickers(["BTC/USD", "ETH/USD"])) == {"BTC/USD", "ETH/USD"}

    book = kraken.fetch_order_book("BTC/USD", 10)
    assert [len(book["bids"]), len(book["asks"])] == [10, 10]
    assert book["bids"][0][0] < book["asks"][0][0]

    candles = kraken.fetch_ohlcv("BTC/USD", "1h")
    assert len(candles) > 24
    assert all(later[0] - former[0] == 3_600_000 for former, later in pairwise(candles))
    recent = kraken.fetch_ohlcv("BTC/USD", "1h", since=candles[-3][0])
    assert [candle[0] for candle in recent] == [candle[0] for candle in candles[-3:]]

    trades = kraken.fetch_trades("BTC/USD")
    assert len(trades) == 1_000
    assert {trade["side"] for trade in trades} == {"buy", "sell"}
    since = trades[500]["timestamp"]
    later = kraken.fetch_trades("BTC/USD", since=since)
    assert len(later) >= 499
    assert later[0]["timestamp"] >= since


def test_orders_and_money(serve: Callable[..., Served]) -> None:
    served = serve("--market", "off")
    alice, bob = exchange(served, "alice"), exchange(served, "bob")
    before = alice.fetch_balance()
    assert before["USD"]["used"] == 0

    resting = alice.create_order("ETH/USD", "limit", "sell", 1.5, 3000.25)
    stop = alice.create_order("ETH/USD", "limit", "buy", 1, 4100, {"stopLossPrice": 4000})
    assert alice.fetch_balance()["ETH"]["used"] == 1.5
    found = {order["id"]: order for order in alice.fetch_open_orders("ETH/USD")}
    assert set(found) == {resting["id"], stop["id"]}
    assert (found[resting["id"]]["price"], found[resting["id"]]["remaining"]) == (3000.25, 1.5)
    assert found[stop["id"]]["stopLossPrice"] == 4000

    bob.create_order("ETH/USD", "limit", "buy", 0.5, 3000.25)
    alice.edit_order(resting["id"], "ETH/USD", "limit", "sell", 1.25, 3100)
    order = alice.fetch_order(resting["id"])
    assert (order["status"], order["filled"], order["average"], order["amount"]) == (
        "open",
        0.5,
        3000.25,
        1.25,
    )
    assert order["fee"]["currency"] == "USD"
    assert len(order["trades"]) == 1

    assert alice.cancel_order(stop["id"])["info"]["result"]["count"] == 1
    with pytest.raises(ccxt.OrderNotFound):
        alice.cancel_order(stop["id"])
    alice.cancel_all_orders()
    assert alice.fetch_open_orders() == []
    look_back(alice, resting["id"], stop["id"])
    after = alice.fetch_balance()
    assert after["ETH"]["total"] == before["ETH"]["total"] - 0.5
    assert after["ETH"]["used"] == 0


def look_back(alice: Any, resting: str, stop: str) -> None:
    """What has become of two orders, and of the trade of one."""
    closed = {order["id"]: order for order in alice.fetch_closed_orders("ETH/USD")}
    assert {id: order["status"] for id, order in closed.items()} == {
        resting: "canceled",
        stop: "canceled",
    }
    (trade,) = alice.fetch_my_trades("ETH/USD")
    assert (trade["order"], trade["side"], trade["price"], trade["amount"]) == (
        resting,
        "sell",
        3000.25,
        0.5,
    )
    assert trade["takerOrMaker"] == "maker"
    entries = alice.fetch_ledger("USD")
    assert [entry["type"] for entry in entries] == ["transaction", "trade"]
    fee = alice.fetch_trading_fee("ETH/USD")
    assert fee["taker"] > fee["maker"] > 0


def test_several_at_once(serve: Callable[..., Served]) -> None:
    alice = exchange(serve("--market", "off"), "alice")
    pair = {"symbol": "BTC/USD", "type": "limit", "side": "buy", "amount": 0.01}
    placed = alice.create_orders([pair | {"price": price} for price in (50_000, 49_000, 48_000)])
    ids = [order["id"] for order in placed]
    found = alice.fetch_orders_by_ids(ids)
    assert [order["id"] for order in found] == ids
    alice.cancel_orders(ids[:2])
    assert [order["id"] for order in alice.fetch_open_orders()] == ids[2:]
