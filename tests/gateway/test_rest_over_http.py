"""Private methods the whole way: signed, over HTTP, from views and history, the same after a restart."""

import itertools
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

import krakenbox
from gateway.peer import run
from gateway.restcaller import Fields
from krakenbox.config import Limits, load_default
from krakenbox.protocol.rest import sign

Told = dict[str, Any]
HttpCall = Callable[[str, str, Fields], Awaitable[Told]]
_NONCES = itertools.count(2**40)
LIMIT: Fields = {"pair": "XBTUSD", "ordertype": "limit"}


@asynccontextmanager
async def living(path: Path) -> AsyncIterator[tuple[krakenbox.LocalExchange, HttpCall]]:
    """An exchange in a directory without a market and limits, and calls of an account to its methods."""
    config = load_default()
    config = replace(config, server=replace(config.server, http_port=0, ws_port=0, limits=Limits.OFF))
    async with (
        krakenbox.LocalExchange(seed=7, market="off", config=config, data=path) as exchange,
        aiohttp.ClientSession() as http,
    ):

        async def call(account: str, method: str, fields: Fields) -> Told:
            access, nonce = exchange.accounts[account], str(next(_NONCES))
            url = f"/0/private/{method}"
            body = json.dumps({"nonce": nonce} | fields).encode()
            headers = {
                "API-Key": access.api_key,
                "API-Sign": sign(access.api_secret, url, nonce, body),
                "Content-Type": "application/json",
            }
            async with http.post(exchange.http_url + url, data=body, headers=headers) as response:
                assert response.status == 200
                told: Told = await response.json()
                return told

        yield exchange, call


async def entered(call: HttpCall, account: str, side: str, volume: str, price: str, **fields: Any) -> str:
    """A limit order's id."""
    order = LIMIT | {"type": side, "volume": volume, "price": price} | fields
    told = await call(account, "AddOrder", order)
    assert told["error"] == []
    (txid,) = told["result"]["txid"]
    return str(txid)


async def trade(call: HttpCall) -> dict[str, str]:
    """Alice's orders by what they are: one amended after a part was filled, one edited, one canceled."""
    partly = await entered(call, "alice", "buy", "0.5", "40000.0", userref=7)
    await entered(call, "bob", "sell", "0.2", "40000.0")
    amended = await call("alice", "AmendOrder", {"txid": partly, "order_qty": "0.6"})
    assert list(amended["result"]) == ["amend_id"]
    replaced = await entered(call, "alice", "buy", "0.1", "39000.0", oflags="post")
    edited = await call("alice", "EditOrder", {"pair": "XBTUSD", "txid": replaced, "price": "38000"})
    assert edited["result"]["descr"] == {"order": "buy 0.10000000 XBTUSD @ limit 38000.0"}
    canceled = await entered(call, "alice", "sell", "0.3", "50000.0", cl_ord_id="mine")
    told = await call("alice", "CancelOrder", {"cl_ord_id": "mine"})
    assert told == {"error": [], "result": {"count": 1}}
    return {"partly": partly, "replaced": replaced, "edited": edited["result"]["txid"], "canceled": canceled}


async def seen(call: HttpCall, orders: dict[str, str]) -> dict[str, Any]:
    """All that alice may read, by method."""
    trades = (await call("alice", "TradesHistory", {"ledgers": True}))["result"]["trades"]
    entries = [entry for row in trades.values() for entry in row["ledgers"]]
    asked: dict[str, Fields] = {
        "Balance": {},
        "BalanceEx": {},
        "TradeBalance": {},
        "TradeVolume": {"pair": "XBTUSD"},
        "OpenPositions": {},
        "OpenOrders": {"trades": True},
        "ClosedOrders": {},
        "QueryOrders": {"txid": ",".join(orders.values()), "trades": True},
        "OrderAmends": {"order_id": orders["partly"]},
        "TradesHistory": {"ledgers": True},
        "QueryTrades": {"txid": ",".join(trades)},
        "Ledgers": {"asset": "XBT,ZUSD"},
        "QueryLedgers": {"id": ",".join(entries)},
    }
    found = {}
    for method, fields in asked.items():
        told = await call("alice", method, fields)
        assert told["error"] == [], f"{method}: {told}"
        found[method] = told["result"]
    return found


def check(found: dict[str, Any], orders: dict[str, str]) -> None:
    """What they say, method by method."""
    partly, edited = orders["partly"], orders["edited"]
    (exec_id,) = found["TradesHistory"]["trades"]
    fill = found["QueryTrades"][exec_id]
    assert (fill["ordertxid"], fill["pair"], fill["cost"], fill["fee"], fill["maker"]) == (
        partly,
        "XXBTZUSD",
        "8000.00000",
        "20.00000",
        True,
    )
    # What still costs 0.4 at 40,000 and 0.1 at 38,000, each with the taker's 0.4 percent on top.
    assert found["BalanceEx"]["ZUSD"] == {"balance": "991980.0000", "hold_trade": "19879.2000"}
    assert found["Balance"]["XXBT"] == found["BalanceEx"]["XXBT"]["balance"] == "100.2000000000"
    assert found["TradeBalance"]["uv"] == "19800.0000"
    assert found["TradeVolume"]["volume"] == "8000.0000"
    assert found["TradeVolume"]["fees"]["XXBTZUSD"]["fee"] == "0.4000"
    assert list(found["OpenOrders"]["open"]) == [partly, edited]
    row = found["OpenOrders"]["open"][partly]
    assert (row["userref"], row["vol"], row["vol_exec"], row["fee"]) == (
        7,
        "0.60000000",
        "0.20000000",
        "20.00000",
    )
    assert (row["misc"], row["trades"]) == ("partial,amended", [exec_id])
    assert found["QueryOrders"][partly] == row, "views and history tell the same"
    assert found["QueryOrders"][edited] == found["OpenOrders"]["open"][edited]
    closed = found["ClosedOrders"]
    assert closed["count"] == 2
    assert [(txid, order["reason"]) for txid, order in closed["closed"].items()] == [
        (orders["canceled"], "User requested"),
        (orders["replaced"], "Order replaced"),
    ]
    assert [amend["amend_type"] for amend in found["OrderAmends"]["amends"]] == ["original", "user"]
    assert found["Ledgers"]["count"] == 4, "two deposits, and both sides of a trade"
    assert found["QueryLedgers"] == {
        entry: row for entry, row in found["Ledgers"]["ledger"].items() if row["refid"] == exec_id
    }


@pytest.mark.parametrize("copied", [False, True], ids=["stopped", "copied while it ran"])
def test_all_that_can_be_read_outlives_a_restart(copied: bool, tmp_path: Path) -> None:
    """A clean stop leaves a snapshot of the views; what a copy has is replayed."""

    async def test() -> None:
        async with living(tmp_path / "one") as (_, call):
            orders = await trade(call)
            before = await seen(call, orders)
            check(before, orders)
            if copied:
                shutil.copytree(tmp_path / "one", tmp_path / "two")
        async with living(tmp_path / ("two" if copied else "one")) as (exchange, call):
            assert (exchange.household.started.image_seq == 0) is copied
            assert await seen(call, orders) == before
            assert (await call("alice", "CancelAll", {}))["result"] == {"count": 2}
            assert (await call("alice", "OpenOrders", {}))["result"] == {"open": {}}
            # What was canceled just now is in the history too.
            assert (await call("alice", "ClosedOrders", {}))["result"]["count"] == 4

    run(test())


def test_a_signature_is_asked_of_every_method(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as (exchange, _), aiohttp.ClientSession() as http:
            for method in ("Balance", "OpenOrders", "ClosedOrders", "Ledgers", "CancelAll"):
                headers = {"API-Key": exchange.accounts["alice"].api_key, "API-Sign": "AAAA"}
                url = f"{exchange.http_url}/0/private/{method}"
                async with http.post(url, data={"nonce": str(next(_NONCES))}, headers=headers) as response:
                    assert await response.json() == {"error": ["EAPI:Invalid signature"]}

    run(test())


def test_times_beyond_all_are_no_trouble(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as (_, call):
            for method, name in (
                ("ClosedOrders", "closed"),
                ("TradesHistory", "trades"),
                ("Ledgers", "ledger"),
            ):
                told = await call("alice", method, {"start": "9223372036854775808"})
                assert told == {"error": [], "result": {name: {}, "count": 0}}

    run(test())
