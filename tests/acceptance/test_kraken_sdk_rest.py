"""python-kraken-sdk's REST clients, from PyPI, against krakenbox by URL alone."""

from collections.abc import Callable

import pytest
from kraken.exceptions import KrakenInsufficientFundsError, KrakenUnknownOrderError
from kraken.spot import Market, Trade, User

from acceptance.conftest import Served

pytestmark = pytest.mark.filterwarnings("default")


def clients(served: Served, account: str) -> tuple[Trade, User]:
    """Those of one account."""
    key = served.accounts[account]
    access = {"key": key["api_key"], "secret": key["api_secret"], "url": served.http_url}
    return Trade(**access), User(**access)


def test_market_data(serve: Callable[..., Served]) -> None:
    market = Market(url=serve("--market", "busy", "--seed", "6").http_url)
    assert market.get_system_status()["status"] == "online"
    assert market.get_assets(assets="XBT")["XXBT"]["altname"] == "XBT"
    assert market.get_asset_pairs(pair=["XBTUSD"])["XXBTZUSD"]["wsname"] == "XBT/USD"
    assert len(market.get_ticker(pair="XBTUSD")["XXBTZUSD"]["a"]) == 3
    assert len(market.get_ohlc(pair="XBTUSD", interval=240)["XXBTZUSD"]) > 24
    book = market.get_order_book(pair="XBTUSD", count=5)["XXBTZUSD"]
    assert [len(book["bids"]), len(book["asks"])] == [5, 5]
    trades = market.get_recent_trades(pair="BTC/USD", count=7)
    assert (len(trades["BTC/USD"]), len(trades["BTC/USD"][0]), trades["last"].isdigit()) == (7, 7, True)
    spreads = market.get_recent_spreads(pair="XBTUSD")
    assert spreads["last"] == spreads["XXBTZUSD"][-1][0]


def test_trading_and_what_it_comes_to(serve: Callable[..., Served]) -> None:
    served = serve("--market", "off")
    (alice, her), (bob, _) = clients(served, "alice"), clients(served, "bob")
    placed = alice.create_order(
        ordertype="limit", side="sell", pair="XBTUSD", volume=0.02, price=60000.5, oflags=["post"]
    )
    (resting,) = placed["txid"]
    assert placed["descr"]["order"] == "sell 0.02000000 XBTUSD @ limit 60000.5"
    bob.create_order(ordertype="market", side="buy", pair="XBTUSD", volume=0.01)
    (row,) = her.get_open_orders(trades=True)["open"].values()
    assert (row["vol_exec"], row["cost"], row["descr"]["pair"]) == ("0.01000000", "600.00500", "XBTUSD")
    assert her.get_balance("XBT")["balance"] - her.get_balance("XBT")["available_balance"] == pytest.approx(
        0.01
    )

    amended = alice.amend_order(txid=resting, limit_price=61000)
    kinds = [
        (each["amend_type"], each["limit_price"]) for each in her.get_order_amends(order_id=resting)["amends"]
    ]
    assert kinds == [("original", "60000.5"), ("user", "61000.0")]
    assert her.get_order_amends(order_id=resting)["amends"][1]["amend_id"] == amended["amend_id"]
    edited = alice.edit_order(txid=resting, pair="XBTUSD", volume=0.03, price=62000)
    assert edited["originaltxid"] == resting
    assert alice.cancel_order(txid=edited["txid"]) == {"count": 1}
    with pytest.raises(KrakenUnknownOrderError):
        alice.cancel_order(txid=edited["txid"])
    with pytest.raises(KrakenInsufficientFundsError):
        alice.create_order(ordertype="limit", side="sell", pair="XBTUSD", volume=99999, price=60000)

    closed = her.get_closed_orders(trades=True)
    assert [row["reason"] for row in closed["closed"].values()] == ["User requested", "Order replaced"]
    (exec_id,) = closed["closed"][resting]["trades"]
    assert her.get_trades_info(txid=exec_id)[exec_id]["ordertxid"] == resting
    assert list(her.get_trades_history()["trades"]) == [exec_id]
    assert her.get_orders_info(txid=resting)[resting]["status"] == "canceled"
    entries = her.get_ledgers_info(type_="trade")["ledger"]
    assert {entry["refid"] for entry in entries.values()} == {exec_id}
    (first, *_) = entries
    assert her.get_ledgers(id_=first) == {first: entries[first]}
    assert her.get_open_positions() == {}
    assert float(her.get_trade_balance()["eb"]) > 0
    assert her.get_trade_volume(pair="XBTUSD")["volume"] == "600.0050"


def test_batches_and_the_switch(serve: Callable[..., Served]) -> None:
    alice, her = clients(serve("--market", "off"), "alice")
    order = {"ordertype": "limit", "type": "buy", "volume": 0.01}
    batch = alice.create_order_batch(
        orders=[order | {"price": price} for price in (50_000, 49_000, 48_000)], pair="XBTUSD"
    )
    ids = [row["txid"] for row in batch["orders"]]
    assert alice.cancel_order_batch(orders=ids[:2]) == {"count": 2}
    armed = alice.cancel_all_orders_after_x(timeout=60)
    assert armed["triggerTime"] > armed["currentTime"]
    assert alice.cancel_all_orders_after_x(timeout=0)["triggerTime"] == "0"
    assert list(her.get_open_orders()["open"]) == ids[2:]
    assert alice.cancel_all_orders() == {"count": 1}
