"""A client of v1 written from the documentation alone finds nothing wrong in a busy market, and trades."""

import asyncio
import json
import os
import urllib.parse
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from acceptance.conftest import Served
from acceptance.documentation_client_v1 import Book, Message, Tape
from acceptance.signing import signed

PAIRS = ["XBT/USD", "ETH/USD", "SOL/USD", "XRP/USD", "EUR/USD"]
DEPTHS = [10, 25, 100, 500, 1000]
SECONDS = 60 if os.environ.get("KRAKENBOX_SOAK") else 6
SHADOW = 1_000
"""Past pictures kept of each replica, to find the one a fresh snapshot shows."""
SETTLE_S = 10


class Watcher:
    """One connection and its replicas, each with its last pictures."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, books: dict[str, Book]) -> None:
        self.socket = socket
        self.books = books
        self.tapes: dict[str, Tape] = defaultdict(Tape)
        self.past: dict[str, dict[str, None]] = defaultdict(dict)
        self.shadowing = False
        self.ids: dict[int, str] = {}
        self.heartbeats = 0

    def shadow(self) -> None:
        """Keep pictures from now on, beginning with the present ones."""
        self.shadowing = True
        for pair, book in self.books.items():
            self.past[pair][book.picture()] = None

    async def subscribe(self, name: str, **subscription: Any) -> None:
        """Send one subscribe request for all pairs."""
        message = {"event": "subscribe", "pair": PAIRS, "subscription": {"name": name, **subscription}}
        await self.socket.send_str(json.dumps(message))

    async def run(self) -> None:
        """Apply every frame until cancelled."""
        while True:
            self.take(json.loads(await self.socket.receive_str(timeout=10)))

    def take(self, message: Message) -> None:
        """Apply one frame to whatever it concerns."""
        if isinstance(message, dict):
            assert message.get("status") != "error", message
            if message["event"] == "subscriptionStatus":
                topic = f"{message['channelName'].partition('-')[0]} {message['pair']}"
                assert self.ids.setdefault(message["channelID"], topic) == topic
            self.heartbeats += message == {"event": "heartbeat"}
            return
        number, *payloads, name, pair = message
        assert self.ids[number] == f"{name.partition('-')[0]} {pair}", "an id leads to its channel"
        if name.startswith("book-"):
            book = self.books[pair]
            assert name == f"book-{book.depth}"
            book.apply(payloads)
            if self.shadowing:
                pictures = self.past[pair]
                pictures[book.picture()] = None
                while len(pictures) > SHADOW:
                    del pictures[next(iter(pictures))]
            return
        tape, (payload,) = self.tapes[pair], payloads
        {"trade": tape.trade, "ticker": tape.ticker, "spread": tape.spread, "ohlc-1": tape.candle}[name](
            payload
        )


async def opened(http: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    """A connection whose greeting was read."""
    socket = await http.ws_connect(url, max_msg_size=0)
    greeting = json.loads(await socket.receive_str(timeout=10))
    assert (greeting["event"], greeting["status"]) == ("systemStatus", "online")
    return socket


def v1_url(url: str) -> str:
    """v1 is at the same address without `/v2`."""
    return url.removesuffix("/v2")


async def watch(served: Served) -> list[Watcher]:
    """Watch everything for a while, then hold each replica against a fresh snapshot."""
    url = v1_url(served.ws_url)
    async with aiohttp.ClientSession() as http:
        watchers = [
            Watcher(await opened(http, url), {pair: Book(depth) for pair in PAIRS}) for depth in DEPTHS
        ]
        tape = Watcher(await opened(http, url + "/"), {})
        # Trades first: what ticker and candles say is about trades that were told.
        for name in ("trade", "ticker", "spread", "ohlc"):
            await tape.subscribe(name)
        tasks = [asyncio.create_task(tape.run())]
        for watcher, depth in zip(watchers, DEPTHS, strict=True):
            await watcher.subscribe("book", depth=depth)
            tasks.append(asyncio.create_task(watcher.run()))
        done, _ = await asyncio.wait(tasks, timeout=SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        for watcher, depth in zip(watchers, DEPTHS, strict=True):
            watcher.shadow()
            await compare(await opened(http, url), watcher, depth, tasks)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [error for error in ended if not isinstance(error, asyncio.CancelledError)] == []
        return [*watchers, tape]


async def compare(
    socket: aiohttp.ClientWebSocketResponse, watcher: Watcher, depth: int, tasks: list[asyncio.Task[None]]
) -> None:
    """A fresh snapshot is, level by level and time by time, what the replica was or soon is."""
    fresh = Watcher(socket, {pair: Book(depth) for pair in PAIRS})
    await fresh.subscribe("book", depth=depth)
    pictures: dict[str, str] = {}
    while len(pictures) < len(PAIRS):
        message = json.loads(await socket.receive_str(timeout=10))
        if isinstance(message, list) and message[-1] in pictures:
            continue
        fresh.take(message)
        if isinstance(message, list):
            pictures[message[-1]] = fresh.books[message[-1]].picture()
    await socket.close()
    for pair, picture in pictures.items():
        async with asyncio.timeout(SETTLE_S):
            while picture not in watcher.past[pair]:
                for task in tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)


@pytest.mark.filterwarnings("default")
def test_every_checksum_holds_on_five_depths_of_a_busy_market(serve: Callable[..., Served]) -> None:
    served = serve("--market", "busy", "--seed", "7")
    *watchers, tape = asyncio.run(watch(served))
    for watcher in watchers:
        updates = {pair: book.updates for pair, book in watcher.books.items()}
        assert all(count > SECONDS for count in updates.values()), updates
        assert watcher.heartbeats >= SECONDS - 2
    books = [book for watcher in watchers for book in watcher.books.values()]
    assert sum(book.republished for book in books) > 0
    assert len(watchers[-1].books["XBT/USD"].bids) == len(watchers[-1].books["XBT/USD"].asks) == 1000
    assert {pair: book.decimals for pair, book in watchers[0].books.items()} == {
        "XBT/USD": 5, "ETH/USD": 5, "SOL/USD": 5, "XRP/USD": 8, "EUR/USD": 5
    }  # fmt: skip
    for pair in PAIRS:
        seen = tape.tapes[pair]
        assert min(seen.tickers, seen.spreads, seen.candles, len(seen.trades)) > 0, pair
    total = sum(book.updates for book in books)
    print(f"{total} book messages of v1 verified in {SECONDS} s, 0 mismatches")


async def token_of(http: aiohttp.ClientSession, served: Served, account: str) -> str:
    """A WebSocket token of an account's first key."""
    path = "/0/private/GetWebSocketsToken"
    body = urllib.parse.urlencode({"nonce": "1"})
    key = served.accounts[account]
    headers = signed(key["api_key"], key["api_secret"], path, "1", body)
    async with http.post(served.http_url + path, data=body, headers=headers) as response:
        reply = await response.json()
    assert reply["error"] == [], reply
    token = reply["result"]["token"]
    assert isinstance(token, str)
    return token


async def trade(served: Served) -> list[Message]:
    """Listen to orders and trades, buy at the market, rest an order, edit it and cancel everything."""
    heard: list[Message] = []
    async with aiohttp.ClientSession() as http:
        token = await token_of(http, served, "alice")
        socket = await opened(http, v1_url(served.ws_auth_url))

        async def ask(event: str, until: str, **fields: Any) -> Message:
            request = {"event": event, "reqid": len(heard), **fields}
            await socket.send_str(json.dumps(request))
            while True:
                message = json.loads(await socket.receive_str(timeout=10))
                heard.append(message)
                if isinstance(message, dict) and message["event"] == until:
                    assert message["status"] != "error", message
                    assert message["reqid"] == request["reqid"]
                    return message

        for name in ("openOrders", "ownTrades"):
            await ask("subscribe", "subscriptionStatus", subscription={"name": name, "token": token})
        order = {"token": token, "pair": "XBT/USD", "type": "buy", "volume": "0.01"}
        await ask("addOrder", "addOrderStatus", ordertype="market", **order)
        resting = await ask(
            "addOrder", "addOrderStatus", ordertype="limit", price="-50%", userref="7", **order
        )
        edit = {"token": token, "pair": "XBT/USD", "orderid": resting["txid"], "price": "-51%"}
        edited = await ask("editOrder", "editOrderStatus", **edit)
        amend = {"token": token, "txid": edited["txid"], "volume": "0.02"}
        await ask("amendOrder", "amendOrderStatus", **amend)
        await ask("cancelOrder", "cancelOrderStatus", token=token, txid=[edited["txid"]])
        counted = await ask("cancelAll", "cancelAllStatus", token=token)
        assert counted["count"] == 0
        while not any(isinstance(each, list) and "canceled" in json.dumps(each[0]) for each in heard[-3:]):
            heard.append(json.loads(await socket.receive_str(timeout=10)))
        await socket.close()
    return heard


@pytest.mark.filterwarnings("default")
def test_a_bot_of_v1_places_watches_edits_and_cancels(serve: Callable[..., Served]) -> None:
    heard = asyncio.run(trade(serve("--market", "calm", "--seed", "7")))
    private = [each for each in heard if isinstance(each, list)]
    for channel in ("openOrders", "ownTrades"):
        numbers = [each[2]["sequence"] for each in private if each[1] == channel]
        assert numbers == list(range(1, len(numbers) + 1))
    rows = [
        fields for each in private if each[1] == "openOrders" for row in each[0] for fields in row.values()
    ]
    assert [row["status"] for row in rows if "status" in row] == [
        "pending", "open", "closed", "pending", "open", "canceled", "pending", "open", "canceled"
    ]  # fmt: skip
    assert [row["cancel_reason"] for row in rows if "cancel_reason" in row] == [
        "Order replaced",
        "User requested",
    ]
    (bought,) = [
        fields for each in private if each[1] == "ownTrades" for row in each[0] for fields in row.values()
    ]
    assert (bought["vol"], bought["ordertype"]) == ("0.01000000", "market")
