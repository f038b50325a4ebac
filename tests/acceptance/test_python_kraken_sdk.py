"""python-kraken-sdk, from PyPI, against krakenbox by URL alone: its own checksum validation, its own
signing, its own order entry.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from kraken.spot import Market, SpotOrderBookClient, SpotWSClient

from acceptance.conftest import Served

pytestmark = pytest.mark.filterwarnings("default")

Message = dict[str, Any]


class Inbox:
    """Messages of one client in order of arrival, and a way to wait for one."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._came = asyncio.Event()

    async def put(self, message: Message) -> None:
        """Callback the SDK calls with each message."""
        self.messages.append(message)
        self._came.set()

    async def wait(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message, past or future, that is `wanted`."""
        seen = 0
        async with asyncio.timeout(15):
            while True:
                for message in self.messages[seen:]:
                    if wanted(message):
                        return message
                seen = len(self.messages)
                self._came.clear()
                await self._came.wait()

    def executions(self, order_id: str) -> list[str]:
        """`exec_type` of every executions row of one order, in order of arrival."""
        return [
            row["exec_type"]
            for message in self.messages
            if message.get("channel") == "executions"
            for row in message["data"]
            if row["order_id"] == order_id
        ]


def ws_urls(served: Served) -> dict[str, str]:
    """The SDK appends `/v2` to the URLs it is given."""
    return {
        "rest_url": served.http_url,
        "ws_url": served.ws_url.removesuffix("/v2"),
        "auth_ws_url": served.ws_auth_url.removesuffix("/v2"),
    }


def client(served: Served, account: str, inbox: Inbox) -> SpotWSClient:
    """The SDK's client of one account."""
    key = served.accounts[account]
    return SpotWSClient(key=key["api_key"], secret=key["api_secret"], callback=inbox.put, **ws_urls(served))


def ack(req_id: int) -> Callable[[Message], bool]:
    """Matches the reply to one request."""
    return lambda message: message.get("req_id") == req_id and "method" in message


def row(exec_type: str, order_id: str) -> Callable[[Message], bool]:
    """Matches an executions message with this row."""
    return lambda message: (
        message.get("channel") == "executions"
        and any(item["exec_type"] == exec_type and item["order_id"] == order_id for item in message["data"])
    )


async def trade(served: Served) -> None:
    """Alice rests an order, bob takes half of it, alice cancels the rest."""
    alice, bob = Inbox(), Inbox()
    async with client(served, "alice", alice) as maker, client(served, "bob", bob) as taker:
        for sdk in (maker, taker):
            await sdk.subscribe(params={"channel": "executions", "snap_orders": True, "snap_trades": True})
        await maker.subscribe(params={"channel": "balances"})
        await maker.subscribe(params={"channel": "ticker", "symbol": ["BTC/USD"]})
        await maker.subscribe(params={"channel": "trade", "symbol": ["BTC/USD"]})
        for inbox in (alice, bob):
            await inbox.wait(
                lambda message: message.get("channel") == "executions" and message["type"] == "snapshot"
            )
        await alice.wait(lambda message: message.get("channel") == "ticker" and message["type"] == "snapshot")
        await alice.wait(
            lambda message: message.get("channel") == "balances" and message["type"] == "snapshot"
        )

        order = {"order_type": "limit", "symbol": "BTC/USD", "limit_price": 60000.5, "order_qty": 0.02}
        await maker.send_message({"method": "add_order", "params": {**order, "side": "sell"}, "req_id": 1})
        resting = (await alice.wait(ack(1)))["result"]["order_id"]
        await alice.wait(row("new", resting))

        params = {"order_type": "market", "symbol": "BTC/USD", "side": "buy", "order_qty": 0.01}
        await taker.send_message({"method": "add_order", "params": params, "req_id": 2})
        taking = (await bob.wait(ack(2)))["result"]["order_id"]
        await bob.wait(row("filled", taking))
        assert bob.executions(taking) == ["pending_new", "new", "trade", "filled"]

        filled = await alice.wait(row("trade", resting))
        (fill,) = filled["data"]
        assert (fill["last_qty"], fill["last_price"], fill["liquidity_ind"]) == (0.01, 60000.5, "m")
        printed = await alice.wait(lambda m: m.get("channel") == "trade" and m["type"] == "update")
        assert printed["data"][0]["trade_id"] == fill["trade_id"]
        await alice.wait(lambda m: m.get("channel") == "ticker" and m["data"][0]["last"] == 60000.5)
        moved = await alice.wait(lambda m: m.get("channel") == "balances" and m["type"] == "update")
        assert moved["data"][0]["ref_id"] == fill["exec_id"]

        await maker.send_message({"method": "cancel_order", "params": {"order_id": [resting]}, "req_id": 3})
        assert (await alice.wait(ack(3)))["success"] is True
        await alice.wait(row("canceled", resting))
        assert alice.executions(resting) == ["pending_new", "new", "trade", "canceled"]
        sequences = [m["sequence"] for m in alice.messages if m.get("channel") == "executions"]
        assert sequences == list(range(1, len(sequences) + 1))


def test_an_order_is_placed_filled_and_canceled(serve: Callable[..., Served]) -> None:
    asyncio.run(trade(serve("--market", "off")))


async def every_method(served: Served) -> None:
    """Alice amends, edits, enters and cancels batches, and lets the dead man's switch fire."""
    inbox = Inbox()
    async with client(served, "alice", inbox) as sdk:
        await sdk.subscribe(params={"channel": "executions", "snap_orders": True})
        await inbox.wait(lambda message: message.get("channel") == "executions")
        req_ids = iter(range(1, 100))

        async def ask(method: str, **params: Any) -> Message:
            req_id = next(req_ids)
            await sdk.send_message({"method": method, "params": params, "req_id": req_id})
            return await inbox.wait(ack(req_id))

        bid = {"order_type": "limit", "side": "buy", "order_qty": 0.02, "limit_price": 50000.5}
        added = await ask("add_order", symbol="BTC/USD", cl_ord_id="mine", **bid)
        first = added["result"]["order_id"]
        amended = await ask("amend_order", order_id=first, order_qty=0.03, symbol="BTC/USD")
        assert amended["result"]["order_id"] == first
        await inbox.wait(row("amended", first))
        amended = await ask("amend_order", cl_ord_id="mine", limit_price=50001)
        assert amended["result"]["cl_ord_id"] == "mine"

        edited = await ask("edit_order", order_id=first, symbol="BTC/USD", order_qty=0.01)
        second = edited["result"]["order_id"]
        assert edited["result"]["original_order_id"] == first
        await inbox.wait(row("new", second))
        assert inbox.executions(first) == ["pending_new", "new", "amended", "amended", "canceled"]

        iceberg = {**bid, "order_type": "iceberg", "order_qty": 1.5, "display_qty": 0.1}
        stop = {"order_type": "stop-loss-limit", "side": "buy", "order_qty": 0.002, "limit_price": 900001}
        stop["triggers"] = {"reference": "index", "price": 900000.0}
        poor = {**bid, "order_qty": 9_000_000}
        batch = await ask("batch_add", symbol="BTC/USD", orders=[iceberg, stop, poor, bid])
        assert batch["success"] is True
        assert batch["result"][2] == {"error": "EOrder:Insufficient funds"}
        ids = [batch["result"][place]["order_id"] for place in (0, 1, 3)]
        for order_id in ids:
            await inbox.wait(row("new", order_id))
        canceled = await ask("batch_cancel", orders=[ids[0], ids[2]])
        assert (canceled["orders_cancelled"], canceled["result"]) == (2, {"count": 2})
        assert (await ask("cancel_all"))["result"] == {"count": 2}

        armed = await ask("cancel_all_orders_after", timeout=60)
        assert armed["result"]["triggerTime"] > armed["result"]["currentTime"]
        disarmed = await ask("cancel_all_orders_after", timeout=0)
        assert disarmed["result"]["triggerTime"] == "0"
        last = (await ask("add_order", symbol="BTC/USD", **bid))["result"]["order_id"]
        fires = (await ask("cancel_all_orders_after", timeout=1))["result"]["triggerTime"]
        ended = await inbox.wait(row("canceled", last))
        assert ended["data"][0]["timestamp"] == fires.replace("Z", ".000000Z")


def test_its_other_methods(serve: Callable[..., Served]) -> None:
    asyncio.run(every_method(serve("--market", "off")))


async def watch_books(served: Served, monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    """The SDK's order book client, fifty updates per pair, never invalid."""
    monkeypatch.setattr(SpotOrderBookClient, "WS_URL", served.ws_url.removesuffix("/v2"))
    monkeypatch.setattr(Market, "URL", served.http_url)
    updates: dict[str, int] = {"BTC/USD": 0, "EUR/USD": 0}
    enough = asyncio.Event()

    class Books(SpotOrderBookClient):
        async def on_book_update(self, pair: str, message: Message) -> None:
            assert "error" not in message, message
            book = self.get(pair=pair)
            assert book is not None
            assert book["valid"], message
            updates[pair] += 1
            if min(updates.values()) >= 50:
                enough.set()

    books = Books(depth=depth)
    await books.start()
    await books.add_book(pairs=list(updates))
    try:
        async with asyncio.timeout(45):
            await enough.wait()
        assert not books.exception_occur
    finally:
        await books.close()


@pytest.mark.parametrize("depth", [10, 100])
def test_its_book_client_validates_every_checksum(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, depth: int
) -> None:
    asyncio.run(watch_books(serve("--market", "busy", "--seed", "3"), monkeypatch, depth))
