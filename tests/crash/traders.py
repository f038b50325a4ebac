"""Clients under whom the exchange is killed; nothing here is krakenbox's own.

Each account asks for much on two connections, and knows what it was told on both; the books are replicas that
check every message.
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

import aiohttp

from acceptance.documentation_client import Book, OrderBook, parse
from acceptance.signing import signed
from crash.known import Known, Order, Request

Message = dict[str, Any]
SYMBOLS = ("BTC/USD", "ETH/USD")
DEPTH = 100
IN_FLIGHT = 3
"""Requests of one connection without an answer."""
OPEN_ORDERS = 40
"""From here on a connection rather cancels."""
PATIENCE_S = 0.05
"""How soon somebody who waits for an answer notices that it is over."""
_nonces = itertools.count(time.time_ns())


@dataclass
class Market:
    """What is public: replicas of the books, checked at every message."""

    books: dict[str, Book] = field(default_factory=dict)
    orders: dict[str, OrderBook] = field(default_factory=dict)
    messages: int = 0

    def take(self, message: Message) -> None:
        """A book or level3 message."""
        if message.get("channel") not in ("book", "level3"):
            return
        symbol = message["data"][0]["symbol"]
        if message["channel"] == "book":
            self.books.setdefault(symbol, Book(DEPTH)).apply(message)
        else:
            self.orders.setdefault(symbol, OrderBook(DEPTH)).apply(message)
        self.messages += 1

    def whole(self) -> bool:
        """Whether every book is there."""
        return len(self.books) == len(self.orders) == len(SYMBOLS)

    def mid(self, symbol: str) -> Decimal:
        """The middle of the spread."""
        book = self.books[symbol]
        return (Decimal(next(iter(book.bids))) + Decimal(next(iter(book.asks)))) / 2


class Connection:
    """One WebSocket; whatever comes is handed on until it ends."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, take: Callable[[Message], None]) -> None:
        self._socket = socket
        self._take = take
        self.sequences: dict[str, int] = defaultdict(int)
        self.came = asyncio.Event()
        """Set whenever something came."""

    async def send(self, message: Message) -> None:
        """Send, unless the other side is gone."""
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            await self._socket.send_str(json.dumps(message, default=float))

    async def read(self) -> None:
        """Take messages until there are no more: also those that arrive behind the kill."""
        async for frame in self._socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return
            message = parse(frame.data)
            if "sequence" in message:
                self.sequences[message["channel"]] += 1
                assert int(message["sequence"]) == self.sequences[message["channel"]], message
            self._take(message)
            self.came.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait for what somebody else reads."""
        async with asyncio.timeout(20):
            while not done():
                self.came.clear()
                await self.came.wait()


class Account:
    """One account: two connections that trade, of which the first is told what happens."""

    def __init__(self, account: Mapping[str, str], market: Market, dice: Random) -> None:
        self.known = Known(account["name"])
        self._key, self._secret = account["api_key"], account["api_secret"]
        self._market = market
        self._dice = dice
        self._token = self._next_token = ""
        self._names = itertools.count(1)
        self._req_ids = itertools.count(1)
        self.requests = 0
        self._snapshots: dict[str, list[Message]] = {}

    async def token(self, http: aiohttp.ClientSession, http_url: str) -> str:
        """A WebSocket token."""
        path, nonce = "/0/private/GetWebSocketsToken", str(next(_nonces))
        body = f"nonce={nonce}"
        headers = signed(self._key, self._secret, path, nonce, body)
        async with http.post(http_url + path, data=body, headers=headers) as response:
            reply = await response.json()
        assert reply["error"] == [], reply
        return str(reply["result"]["token"])

    async def come_back(self, http: aiohttp.ClientSession, told: Mapping[str, str]) -> list[Connection]:
        """Connect, and see whether everything is as it was told."""
        # From the process before, where there was one: a restart revokes no token.
        self._token = self._next_token or await self.token(http, told["http_url"])
        self._next_token = await self.token(http, told["http_url"])
        self._snapshots = {}
        sockets = [await http.ws_connect(told["ws_auth_url"], max_msg_size=0) for _ in range(2)]
        first, second = (Connection(socket, self._take) for socket in sockets)
        for channel, options in (
            ("executions", {"snap_orders": True, "snap_trades": True}),
            ("balances", {}),
        ):
            await first.send(
                {"method": "subscribe", "params": {"channel": channel, "token": self._token, **options}}
            )
        return [first, second]

    def settled(self) -> bool:
        """Whether the snapshots have come; then what was told before is held against them."""
        return len(self._snapshots) == 2

    def _take(self, message: Message) -> None:
        if message.get("type") == "snapshot" and message["channel"] in ("executions", "balances"):
            self._snapshots[message["channel"]] = message["data"]
            if message["channel"] == "executions":
                self.known.returned(message["data"])
            else:
                self.known.balances = {row["asset"]: Decimal(row["balance"]) for row in message["data"]}
        elif message.get("method") != "subscribe":
            self.known.take(message)

    # --- load

    async def trade(self, connection: Connection, stop: asyncio.Event) -> None:
        """Ask for one thing after the other, some at a time, until told to stop."""
        mine: set[int] = set()
        while not stop.is_set():
            mine &= self.known.flying.keys()
            if len(mine) < IN_FLIGHT:
                mine.add(await self.ask(connection))
            else:
                connection.came.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(connection.came.wait(), PATIENCE_S)

    async def ask(self, connection: Connection) -> int:
        """Ask for something."""
        req_id = next(self._req_ids)
        request, params = self._draw()
        self.known.flying[req_id] = request
        self.requests += 1
        params["token"] = self._token
        await connection.send({"method": request.method, "req_id": req_id, "params": params})
        return req_id

    def _draw(self) -> tuple[Request, Message]:
        dice, known = self._dice, self.known
        open_orders = [
            order
            for order in known.orders.values()
            if not order.ended and order.order_id not in known.cancels
        ]
        chance = dice.random()
        if open_orders and chance < (0.25 if len(open_orders) < OPEN_ORDERS else 0.8):
            order = dice.choice(open_orders)
            return Request("cancel_order", order.name, order.order_id), {"order_id": [order.order_id]}
        if open_orders and chance < 0.45:
            return self._amend(dice.choice(open_orders))
        return self._add()

    def _add(self) -> tuple[Request, Message]:
        dice = self._dice
        symbol, side = dice.choice(SYMBOLS), dice.choice(("buy", "sell"))
        name = f"{self.known.account}-{next(self._names)}"
        qty, price = Decimal(dice.randrange(5, 60)) / 1_000, self._price(symbol, side)
        params = {"symbol": symbol, "side": side, "order_type": "limit", "cl_ord_id": name}
        return (
            Request("add_order", name, qty=qty, price=price),
            params | {"order_qty": qty, "limit_price": price},
        )

    def _amend(self, order: Order) -> tuple[Request, Message]:
        qty = order.filled + Decimal(self._dice.randrange(5, 60)) / 1_000
        price = self._price(order.symbol, order.side)
        request = Request("amend_order", order.name, order.order_id, qty, price)
        return request, {"order_id": order.order_id, "order_qty": qty, "limit_price": price}

    def _price(self, symbol: str, side: str) -> Decimal:
        """Around the middle: some cross it, most rest, some so far away that nobody else comes there."""
        away = Decimal(self._dice.choice((-4, -1, 1, 3, 10, 60, 900))) / 10_000
        price = self._market.mid(symbol) * (1 + (away if side == "sell" else -away))
        return price.quantize(Decimal("0.1") if symbol == "BTC/USD" else Decimal("0.01"))


async def watch(
    http: aiohttp.ClientSession, told: Mapping[str, str], token: str, market: Market
) -> list[Connection]:
    """Subscribe to the books on connections of their own."""
    book = Connection(await http.ws_connect(told["ws_url"], max_msg_size=0), market.take)
    level3 = Connection(await http.ws_connect(told["ws_l3_url"], max_msg_size=0), market.take)
    params: Message = {"symbol": SYMBOLS, "depth": DEPTH}
    await book.send({"method": "subscribe", "params": params | {"channel": "book"}})
    await level3.send({"method": "subscribe", "params": params | {"channel": "level3", "token": token}})
    return [book, level3]


def same_queues(before: OrderBook, after: OrderBook) -> int:
    """Orders that nobody touched stand where they stood, in their order; how many there are."""
    untouched = 0
    for old, new in ((before.bids, after.bids), (before.asks, after.asks)):
        now = {
            order_id: (price, qty, stamp, place)
            for price, queue in new.items()
            for place, (order_id, (qty, stamp)) in enumerate(queue.items())
        }
        for price, queue in old.items():
            places = []
            for order_id, (qty, stamp) in queue.items():
                found = now.get(order_id)
                # A change that moves an order back gives it a new time.
                if found is not None and found[2] == stamp:
                    assert found[0] == price, f"{order_id} was at {price}; is {found}"
                    assert Decimal(found[1]) <= Decimal(qty), f"{order_id} had {qty}; is {found}"
                    places.append(found[3])
                    untouched += 1
            assert places == sorted(places), f"the queue at {price} has another order now"
    return untouched
