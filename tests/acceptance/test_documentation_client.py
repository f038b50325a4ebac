"""A client written from the documentation alone finds nothing wrong in a busy market."""

import asyncio
import copy
import json
import os
import urllib.parse
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from acceptance.conftest import Served
from acceptance.documentation_client import Book, Message, OrderBook, Tape, parse
from acceptance.signing import signed

SYMBOLS = ["BTC/USD", "ETH/USD", "SOL/USD", "XRP/USD", "EUR/USD"]
SOAK = bool(os.environ.get("KRAKENBOX_SOAK"))
# A client in Python verifies some thousand messages a second: fewer depths where the machine may be busy.
DEPTHS = [10, 25, 100, 500, 1000] if SOAK else [10, 100, 1000]
L3_DEPTHS = [10, 100, 1000] if SOAK else [10, 1000]
SECONDS = 60 if SOAK else 6
CATCH_UP_S = 60
"""How far behind the fresh snapshot a client on a busy machine may be."""
Replica = Book | OrderBook


class Shadow:
    """A replica as it was, and what came since: to find the moment that a fresh snapshot shows."""

    def __init__(self, replica: Replica) -> None:
        self.replica = copy.deepcopy(replica)
        self.messages: deque[Message] = deque()

    def showed(self, fresh: Replica) -> bool:
        """Go on, message by message, until it is what a fresh snapshot shows; whether it has been."""
        moment, picture = (fresh.timestamp, fresh.checksum), fresh.picture()
        # Commands of one batch may share a timestamp, and a deep change leaves the checksum as it was.
        while (self.replica.timestamp, self.replica.checksum) != moment or self.replica.picture() != picture:
            if not self.messages:
                return False
            self.replica.apply(self.messages.popleft())
        return True


class Watcher:
    """One connection and its replicas, each with a shadow once that is asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, replicas: dict[str, Replica]) -> None:
        self.socket = socket
        self.replicas = replicas
        self.tapes: dict[str, Tape] = defaultdict(Tape)
        self.shadows: dict[str, Shadow] = {}

    def shadow(self) -> None:
        """Remember every moment from the present one on."""
        self.shadows = {symbol: Shadow(replica) for symbol, replica in self.replicas.items()}

    async def subscribe(self, **params: Any) -> None:
        """Send one subscribe request."""
        await self.socket.send_str(json.dumps({"method": "subscribe", "params": params}))

    async def run(self) -> None:
        """Apply every frame until cancelled."""
        while True:
            self.take(parse(await self.socket.receive_str(timeout=10)))

    def take(self, message: Message) -> None:
        """Apply one frame to whatever it concerns."""
        channel = message.get("channel")
        if "method" in message:
            assert message["success"], message
        elif channel in ("book", "level3"):
            symbol = message["data"][0]["symbol"]
            self.replicas[symbol].apply(message)
            if symbol in self.shadows:
                self.shadows[symbol].messages.append(message)
        elif channel in ("trade", "ticker", "ohlc"):
            tape = self.tapes[message["data"][-1]["symbol"]]
            {"trade": tape.trade, "ticker": tape.ticker, "ohlc": tape.candle}[channel](message)


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


async def watch(served: Served) -> list[Watcher]:
    """Watch everything for a while, then hold each replica against a fresh snapshot."""
    async with aiohttp.ClientSession() as http:
        token = await token_of(http, served, "alice")
        limits = {"max_msg_size": 0}
        watchers: list[tuple[Watcher, dict[str, Any]]] = []
        for depth in DEPTHS:
            socket = await http.ws_connect(served.ws_url, **limits)
            replicas: dict[str, Replica] = {symbol: Book(depth) for symbol in SYMBOLS}
            watchers.append(
                (Watcher(socket, replicas), {"channel": "book", "symbol": SYMBOLS, "depth": depth})
            )
        for depth in L3_DEPTHS:
            socket = await http.ws_connect(served.ws_l3_url, **limits)
            replicas = {symbol: OrderBook(depth) for symbol in SYMBOLS}
            params = {"channel": "level3", "symbol": SYMBOLS, "depth": depth, "token": token}
            watchers.append((Watcher(socket, replicas), params))
        tape = Watcher(await http.ws_connect(served.ws_url, **limits), {})
        await tape.subscribe(channel="trade", symbol=SYMBOLS, snapshot=True)
        await tape.subscribe(channel="ticker", symbol=SYMBOLS)
        await tape.subscribe(channel="ohlc", symbol=SYMBOLS, interval=1)

        tasks = [asyncio.create_task(tape.run())]
        for watcher, params in watchers:
            # A symbol per second and depth 1000 keeps under the level3 subscription counter of a pro account
            # (500/s).
            await watcher.subscribe(**params)
            tasks.append(asyncio.create_task(watcher.run()))
            if params["channel"] == "level3":
                await asyncio.sleep(1.1)
        done, _ = await asyncio.wait(tasks, timeout=SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()

        for watcher, params in watchers:
            watcher.shadow()
            await compare(http, served, watcher, params, tasks)
            watcher.shadows = {}
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [error for error in ended if not isinstance(error, asyncio.CancelledError)] == []
        return [watcher for watcher, _ in watchers] + [tape]


async def compare(
    http: aiohttp.ClientSession, served: Served, watcher: Watcher, params: dict[str, Any], tasks: list[Any]
) -> None:
    """A fresh snapshot equals the replica that had the same checksum and timestamp, level by level."""
    await asyncio.sleep(1.1)
    url = served.ws_url if params["channel"] == "book" else served.ws_l3_url
    fresh = Watcher(
        await http.ws_connect(url, max_msg_size=0),
        {symbol: type(replica)(replica.depth) for symbol, replica in watcher.replicas.items()},
    )
    await fresh.subscribe(**params)
    shown: set[str] = set()
    while len(shown) < len(SYMBOLS):
        message = parse(await fresh.socket.receive_str(timeout=10))
        if message.get("type") == "snapshot" and message["channel"] == params["channel"]:
            fresh.take(message)
            shown.add(message["data"][0]["symbol"])
        elif "method" in message:
            fresh.take(message)
    await fresh.socket.close()
    for symbol in SYMBOLS:
        end = asyncio.get_running_loop().time() + CATCH_UP_S
        while not watcher.shadows[symbol].showed(fresh.replicas[symbol]):
            for task in tasks:
                if task.done():
                    task.result()
            assert asyncio.get_running_loop().time() < end, f"{symbol} {params}: never what a snapshot shows"
            await asyncio.sleep(0.01)


@pytest.mark.filterwarnings("default")
def test_every_checksum_holds_in_a_busy_market(serve: Callable[..., Served]) -> None:
    served = serve("--market", "busy", "--seed", "7")
    *books, tape = asyncio.run(watch(served))

    for watcher in books:
        updates = {symbol: replica.updates for symbol, replica in watcher.replicas.items()}
        assert all(count > SECONDS for count in updates.values()), updates
    deep = [books[DEPTHS.index(1000)], books[-1]]
    for watcher in deep:
        assert len(watcher.replicas["BTC/USD"].bids) == 1000
        assert len(watcher.replicas["BTC/USD"].asks) == 1000
    for symbol in SYMBOLS:
        assert tape.tapes[symbol].tickers > 0
        assert tape.tapes[symbol].candles > 0
    total = sum(replica.updates for watcher in books for replica in watcher.replicas.values())
    print(f"{total} book and level3 messages verified in {SECONDS} s, 0 mismatches")
