"""ccxt.pro, from PyPI, against krakenbox by URL alone."""

import asyncio
from collections.abc import Callable
from typing import Any

import ccxt.pro
import pytest

from acceptance.conftest import Served

pytestmark = pytest.mark.filterwarnings("default")


def exchange(served: Served, account: str) -> Any:
    """ccxt's Kraken with every address of its table pointed here."""
    key = served.accounts[account]
    kraken = ccxt.pro.kraken({"apiKey": key["api_key"], "secret": key["api_secret"]})
    api = kraken.urls["api"]
    api["public"] = api["private"] = served.http_url
    api["ws"] = {
        "public": served.ws_url.removesuffix("/v2"),
        "private": served.ws_auth_url.removesuffix("/v2"),
        "publicV2": served.ws_url,
        "privateV2": served.ws_auth_url,
    }
    return kraken


async def trade(served: Served) -> None:
    """Alice quotes, bob's limit order takes a part, the book shows it, alice cancels."""
    alice, bob = exchange(served, "alice"), exchange(served, "bob")
    try:
        async with asyncio.timeout(40):
            resting = await alice.create_order_ws("ETH/USD", "limit", "sell", 1.5, 3000.25)
            book = await bob.watch_order_book("ETH/USD", 10)
            assert [level[:2] for level in book["asks"]] == [[3000.25, 1.5]]
            assert list(book["bids"]) == []

            # A watch tells of what comes after the call.
            update = asyncio.ensure_future(bob.watch_order_book("ETH/USD", 10))
            taking = await bob.create_order_ws("ETH/USD", "limit", "buy", 0.5, 3000.25)
            assert [level[:2] for level in (await update)["asks"]] == [[3000.25, 1.0]]
            update = asyncio.ensure_future(bob.watch_order_book("ETH/USD", 10))
            canceled = await alice.cancel_order_ws(resting["id"])
            assert canceled["result"]["order_id"] == resting["id"]
            assert list((await update)["asks"]) == []

            # ccxt sends in the order it was asked, one request a second: the subscription goes first.
            orders = asyncio.ensure_future(bob.watch_orders("ETH/USD"))
            bid = await bob.create_order_ws("ETH/USD", "limit", "buy", 0.25, 2900)
            rows = await orders
            assert [(row["id"], row["side"], row["amount"]) for row in rows] == [(bid["id"], "buy", 0.25)]
            assert bid["id"] != taking["id"]

            with pytest.raises(ccxt.ExchangeError, match="EOrder:Insufficient funds"):
                await bob.create_order_ws("ETH/USD", "limit", "buy", 5000, 3000.25)
            with pytest.raises(ccxt.ExchangeError, match="EOrder:Unknown order"):
                await alice.cancel_order_ws(resting["id"])
    finally:
        await alice.close()
        await bob.close()


def test_orders_over_websocket_and_the_book(serve: Callable[..., Served]) -> None:
    asyncio.run(trade(serve("--market", "off")))


async def order_types(served: Served) -> None:
    """Alice enters what sleeps and what enters more, amends, and cancels one, several, all."""
    alice, bob = exchange(served, "alice"), exchange(served, "bob")
    try:
        async with asyncio.timeout(55):
            await bob.create_order_ws("ETH/USD", "limit", "sell", 1, 3000)
            taken = {"stopLoss": {"triggerPrice": 2900, "price": 2890}}
            await alice.create_order_ws("ETH/USD", "limit", "buy", 1, 3000, taken)
            stop = await alice.create_order_ws("ETH/USD", "market", "sell", 1, None, {"stopLossPrice": 2800})
            profit = await alice.create_order_ws(
                "ETH/USD", "limit", "sell", 1, 3190, {"takeProfitPrice": 3200}
            )
            trailing = await alice.create_order_ws(
                "ETH/USD", "market", "sell", 1, None, {"trailingPercent": 5}
            )
            resting = await alice.create_order_ws(
                "ETH/USD", "limit", "buy", 2, 2500, {"clientOrderId": "mine"}
            )

            amended = await alice.edit_order_ws(resting["id"], "ETH/USD", "limit", "buy", 1.5, 2600)
            assert amended["id"] == resting["id"]
            moved = await alice.edit_order_ws(
                stop["id"], "ETH/USD", "market", "sell", 0.5, None, {"stopLossPrice": 2850}
            )
            assert moved["id"] == stop["id"]
            book = await bob.watch_order_book("ETH/USD", 10)
            assert [level[:2] for level in book["bids"]] == [[2600, 1.5]]

            canceled = await alice.cancel_order_ws(trailing["id"])
            assert canceled["result"]["order_id"] == trailing["id"]
            several = await alice.cancel_orders_ws([profit["id"], resting["id"]])
            assert several["result"]["order_id"] == profit["id"]
            # The stop, and what the fill of the first order entered.
            everything = await alice.cancel_all_orders_ws()
            assert everything["result"] == {"count": 2}

            with pytest.raises(ccxt.ExchangeError, match="EOrder:Unknown order"):
                await alice.edit_order_ws(resting["id"], "ETH/USD", "limit", "buy", 1, 2600)
            with pytest.raises(ccxt.ExchangeError, match="EOrder:Reduce only:No position exists"):
                await alice.create_order_ws("ETH/USD", "limit", "sell", 1, 3100, {"reduceOnly": True})
    finally:
        await alice.close()
        await bob.close()


async def arm(served: Served) -> None:
    """Alice arms the dead man's switch by REST, as ccxt does, and lets it fire."""
    alice = exchange(served, "alice")
    try:
        async with asyncio.timeout(30):
            last = await alice.create_order_ws("ETH/USD", "limit", "buy", 1, 2500)
            armed = await alice.cancel_all_orders_after(2_000)
            assert armed["result"]["triggerTime"] > armed["result"]["currentTime"]
            rows = await alice.watch_orders()
            while rows[-1]["status"] != "canceled":
                rows = await alice.watch_orders()
            assert rows[-1]["id"] == last["id"]
    finally:
        await alice.close()


def test_the_dead_mans_switch(serve: Callable[..., Served]) -> None:
    asyncio.run(arm(serve("--market", "off")))


def test_every_order_type_it_knows(serve: Callable[..., Served]) -> None:
    asyncio.run(order_types(serve("--market", "off")))


def limit(side: str, amount: float, price: float, **params: Any) -> dict[str, Any]:
    """One order of `create_orders`."""
    pair = {"symbol": "ETH/USD", "type": "limit", "side": side}
    return pair | {"amount": amount, "price": price, "params": params}


async def batch(served: Served) -> None:
    """Alice enters orders together by REST, as ccxt does, and hears of each on her private stream."""
    alice = exchange(served, "alice")
    try:
        async with asyncio.timeout(55):
            # A watch ends with what comes after it.
            first = asyncio.ensure_future(alice.watch_orders("ETH/USD"))
            probe = await alice.create_order_ws("ETH/USD", "limit", "buy", 1, 2000)
            assert [row["id"] for row in await first] == [probe["id"]]

            placed = await alice.create_orders(
                [
                    limit("buy", 1, 2500),
                    limit("buy", 2, 2400.5, clientOrderId="mine", postOnly=True),
                    limit("sell", 0.5, 3100, stopLossPrice=3110.25),
                ]
            )
            described = [(row["side"], row["amount"], row["price"], row["symbol"]) for row in placed[:2]]
            assert described == [("buy", 1, 2500, "ETH/USD"), ("buy", 2, 2400.5, "ETH/USD")]
            assert placed[2]["info"]["descr"]["order"] == (
                "sell 0.50000000 ETHUSD @ stop loss 3110.25 -> limit 3100.00"
            )
            ids = [row["id"] for row in placed]
            assert len(set(ids)) == 3
            # What the stream has told is there before a later reply of the same connection.
            await alice.cancel_order_ws(probe["id"])
            # ccxt keeps rows without a symbol, such as those of `new`, beside the full ones.
            heard = {row["id"]: row for row in alice.orders if row["symbol"] == "ETH/USD"}
            assert list(heard) == [probe["id"], *ids]
            assert [(heard[id]["side"], heard[id]["amount"], heard[id]["price"]) for id in ids[:2]] == [
                ("buy", 1, 2500),
                ("buy", 2, 2400.5),
            ]
            assert heard[ids[1]]["info"]["cl_ord_id"] == "mine"

            with pytest.raises(ccxt.ExchangeError, match="EOrder:Insufficient funds"):
                await alice.create_orders([limit("buy", 1, 2300), limit("buy", 9999, 2300)])
            with pytest.raises(ccxt.ExchangeError, match="EGeneral:Invalid arguments:orders"):
                await alice.create_orders([limit("buy", 1, 2300)])
            # The order beside the one without funds was entered.
            assert (await alice.cancel_all_orders_ws())["result"] == {"count": 4}

            single = await alice.create_order("ETH/USD", "limit", "buy", 1, 2500)
            assert (single["side"], single["amount"], single["price"]) == ("buy", 1, 2500)
            assert (await alice.cancel_all_orders_ws())["result"] == {"count": 1}
    finally:
        await alice.close()


def test_orders_entered_together(serve: Callable[..., Served]) -> None:
    asyncio.run(batch(serve("--market", "off")))


async def watch_market(served: Served) -> None:
    """Books, trades, tickers and candles of a living market arrive in ccxt's own shapes."""
    kraken = exchange(served, "carol")
    try:
        async with asyncio.timeout(45):
            for _ in range(20):
                book = await kraken.watch_order_book("BTC/USD", 25)
                assert book["bids"][0][0] < book["asks"][0][0]
            ticker = await kraken.watch_ticker("BTC/USD")
            assert ticker["low"] <= ticker["last"] <= ticker["high"]
            trades = await kraken.watch_trades("BTC/USD")
            assert trades[-1]["amount"] > 0
            candles = await kraken.watch_ohlcv("BTC/USD", "1m")
            assert candles[-1][3] <= candles[-1][4] <= candles[-1][2]
    finally:
        await kraken.close()


def test_a_living_market(serve: Callable[..., Served]) -> None:
    asyncio.run(watch_market(serve("--market", "busy", "--seed", "5")))
