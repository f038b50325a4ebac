"""Clients of a simulated world: one connection each that speaks JSON and checks what it is told.

A trader asks for everything an account can do and follows `executions` and `balances`; a watcher keeps books;
both come back after a cut, subscribe anew and compare what they then see with what they knew.
"""

import json
from collections.abc import Iterator
from typing import Any

from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.desk import Host
from krakenbox.model.order import AccountId, OrderId
from krakenbox.model.reject import Reject
from krakenbox.sim.chronicle import Chronicle
from krakenbox.sim.dice import Dice
from krakenbox.sim.faults import Feature, Plan
from krakenbox.sim.links import Link
from krakenbox.sim.replicas import Balances, BookReplica, OrdersReplica, OwnOrders
from krakenbox.sim.requests import Params, Requests, encoded
from krakenbox.sim.stage import Prices

Message = dict[str, Any]
_DEPTHS = (10, 10, 25)
_TEXT, _SMALL_MAX, _TWO_BYTES = 0x81, 125, 126
"""RFC 6455, 5.2: longer payloads say in two bytes behind this mark how long they are, or in eight."""
MAX_IN_FLIGHT = 20
"""A client does not ask further while so many requests wait: a few connections' worth of a deferred sync."""


class Client:
    """What all have in common: a connection, requests in flight, replicas of what is public."""

    def __init__(self, name: str, account: AccountId, host: Host, chronicle: Chronicle) -> None:
        self.name = name
        self.account = account
        self.host = host
        self.link = Link()
        self.link.cut()
        self.who = Subscriber(0)
        self.token = ""
        self.in_flight: dict[int, str] = {}
        """Methods of requests that were not answered yet."""
        self.books: dict[str, BookReplica] = {}
        self.queues: dict[str, OrdersReplica] = {}
        self.greeted = False
        self.weary = False
        """Whether its token came too late: it hangs up and tries again with another."""
        self.answers = 0
        self.refusals = 0
        self.unavailable = 0
        self._chronicle = chronicle
        self._last_id = 0
        self._trades: dict[str, int] = {}

    def connected(self, link: Link, who: Subscriber, token: str) -> None:
        """A new connection stands: nothing of the last one holds."""
        self.link, self.who, self.token = link, who, token
        self.in_flight.clear()
        self.books.clear()
        self.queues.clear()
        self._trades.clear()
        self.greeted = self.weary = False

    def ask(self, method: str, params: Params, now_ns: int) -> None:
        """Send a request."""
        self._last_id += 1
        self.in_flight[self._last_id] = method
        self.link.ask(encoded(method, self._last_id, params), now_ns)

    def subscribe(self, now_ns: int) -> None:
        """Ask for what is followed."""

    def act(self, clock_ns: int, now_ns: int) -> None:
        """Do what comes to mind."""

    def receive(self, frames: bytes) -> None:
        """Take in what arrived."""
        for payload in payloads(frames):
            self.take(json.loads(payload, parse_float=str))

    def take(self, message: Message) -> None:
        """Take in one message."""
        if "method" in message:
            self._answered(message)
            return
        assert self.greeted or message["channel"] == "status", f"{self.name} was not greeted: {message}"
        self.greeted = True
        self.show(message)

    def show(self, message: Message) -> None:
        """Take in data of a channel."""
        kind = message.get("type", "")
        match message["channel"]:
            case "book":
                (row,) = message["data"]
                self.books[row["symbol"]].receive(kind, row)
            case "level3":
                (row,) = message["data"]
                self.queues[row["symbol"]].receive(kind, row)
            case "trade":
                for row in message["data"]:
                    self._trade(row)

    def _trade(self, row: Message) -> None:
        last = self._trades.get(row["symbol"])
        assert last is None or row["trade_id"] == last + 1, f"{self.name} saw trade {last}, then {row}"
        self._trades[row["symbol"]] = row["trade_id"]

    def _answered(self, reply: Message) -> None:
        method = self.in_flight.pop(reply["req_id"], "")
        self.answers += 1
        if not reply["success"]:
            self.refusals += 1
            self.unavailable += reply["error"] == Reject.UNAVAILABLE
            self.weary = self.weary or "session" in reply["error"].lower()
            assert "Internal" not in reply["error"], f"{self.name} was told {reply}"
            return
        # A cancel by userref is answered once for each order.
        assert method in ("", reply["method"]), f"{self.name} asked for {method} and was told {reply}"
        self.acked(method, reply.get("result"))

    def acked(self, method: str, result: Any) -> None:
        """A request did what it asked for."""
        if method == "unsubscribe":
            self.books.pop(result["symbol"], None)
        elif method == "subscribe" and result["channel"] in ("book", "level3"):
            symbol, depth = result["symbol"], result.get("depth", 10)
            if result["channel"] == "book":
                self.books[symbol] = BookReplica(depth)
            else:
                self.queues[symbol] = OrdersReplica(depth)


class Watcher(Client):
    """Follows public channels."""

    def __init__(self, plan: Plan, host: Host, chronicle: Chronicle, dice: Dice, prices: Prices) -> None:
        name = f"watcher on {host}"
        super().__init__(name, AccountId("ann"), host, chronicle)
        self._plan = plan
        self._dice = dice
        self._symbols = [place.instrument.symbol for place in prices.places]

    def subscribe(self, now_ns: int) -> None:
        """Ask for what is watched."""
        depth = self._dice.choice(_DEPTHS)
        if self.host is Host.WS_L3:
            self._subscribe("level3", now_ns, token=self.token)
            return
        if self._plan.has(Feature.BOOKS):
            self._subscribe("book", now_ns, depth=depth)
        if self._plan.has(Feature.TICKS):
            self._subscribe("trade", now_ns, snapshot=False)
            self._subscribe("ticker", now_ns)
            self._subscribe("ohlc", now_ns, interval=1)

    def _subscribe(self, channel: str, now_ns: int, **params: Any) -> None:
        # One request a symbol, so that each is answered once.
        for symbol in self._symbols:
            self.ask("subscribe", {"channel": channel, "symbol": [symbol], **params}, now_ns)

    def act(self, clock_ns: int, now_ns: int) -> None:
        """Now and then look anew."""
        if self.books and not self.in_flight and self._dice.chance(3):
            symbol = self._dice.choice(tuple(self.books))
            depth = self.books[symbol].depth
            self.ask("unsubscribe", {"channel": "book", "symbol": [symbol], "depth": depth}, now_ns)
            other = self._dice.choice(_DEPTHS)
            self.ask("subscribe", {"channel": "book", "symbol": [symbol], "depth": other}, now_ns)


class Trader(Client):
    """Trades an account and keeps its orders and balances."""

    def __init__(self, plan: Plan, account: AccountId, chronicle: Chronicle, prices: Prices) -> None:
        super().__init__(str(account), account, Host.WS_AUTH, chronicle)
        self._plan = plan
        self.orders = OwnOrders()
        self.balances: Balances | None = None
        self.follows = False
        """Whether the snapshot of `executions` has come."""
        self._requests = Requests(plan, prices, self.orders, Dice(plan.seed, "requests", account))
        self._sequences: dict[str, int] = {}
        self._dice = Dice(plan.seed, "trader", account)

    def connected(self, link: Link, who: Subscriber, token: str) -> None:
        """A new connection stands."""
        super().connected(link, who, token)
        self.follows, self.balances = False, None
        self._sequences.clear()

    def subscribe(self, now_ns: int) -> None:
        """Ask for the private channels."""
        fills = self._dice.chance(50)
        params = {"channel": "executions", "token": self.token, "snap_trades": fills}
        self.ask("subscribe", params, now_ns)
        if self._plan.has(Feature.BALANCES):
            self.ask("subscribe", {"channel": "balances", "token": self.token}, now_ns)

    def act(self, clock_ns: int, now_ns: int) -> None:
        """Ask for something."""
        if len(self.in_flight) < MAX_IN_FLIGHT:
            method, params = self._requests.next(clock_ns)
            self.ask(method, params | {"token": self.token}, now_ns)

    def show(self, message: Message) -> None:
        """Take in data of a channel."""
        channel = message["channel"]
        if channel not in ("executions", "balances"):
            super().show(message)
            return
        expected = self._sequences.get(channel, 0) + 1
        assert message["sequence"] == expected, f"{self.name} expected {channel} {expected}: {message}"
        self._sequences[channel] = expected
        if channel == "balances":
            self.balances = self.balances or Balances()
            self.balances.receive(message["type"], message["data"])
            return
        self.follows = True
        self.orders.receive(message["type"], message["data"])
        for row in message["data"]:
            self._check(row)

    def _check(self, row: Message) -> None:
        order_id = OrderId(row["order_id"])
        assert order_id in self._chronicle.accepted, f"{self.name} was told of {row}, which nobody entered"
        if row["exec_type"] == "trade":
            known = self._chronicle.fills.get(order_id, set())
            assert row["exec_id"] in known, f"{self.name} was told of {row}, which never happened"

    def acked(self, method: str, result: Any) -> None:
        """What was asked for has happened."""
        chronicle = self._chronicle
        match method:
            case "add_order":
                self._entered(result)
            case "batch_add":
                for each in result:
                    if "error" not in each:
                        self._entered(each)
            case "edit_order":
                self._entered(result)
                assert result["original_order_id"] in chronicle.closed, f"{result}: the old one lives"
            case "amend_order":
                assert result["amend_id"] in chronicle.amends, f"{result} never happened"
            case "cancel_order" if "order_id" in result:
                assert result["order_id"] in chronicle.closed, f"{result} lives"
            case _:
                super().acked(method, result)

    def _entered(self, result: Message) -> None:
        owner = self._chronicle.accepted.get(OrderId(result["order_id"]))
        assert owner == self.account, f"{self.name} was told {result}; it is of {owner}"


def payloads(frames: bytes) -> Iterator[bytes]:
    """The payloads of whole, unmasked text frames."""
    at = 0
    while at < len(frames):
        assert frames[at] == _TEXT, f"a text frame begins with {_TEXT:#x}; was {frames[at]:#x}"
        length, at = frames[at + 1], at + 2
        if length > _SMALL_MAX:
            width = 2 if length == _TWO_BYTES else 8
            length, at = int.from_bytes(frames[at : at + width], "big"), at + width
        yield frames[at : at + length]
        at += length
