"""A whole exchange back to back: sessions, hub, sequencer, venue; no sockets and no clock but its own.

    venue = Venue()                                        everything listed, alice, bob, carol and mia rich
    alice = venue.connect("ws-auth")
    alice.send(subscribe("executions", token=venue.token("alice")))
    replies = alice.frames()                               whole messages since the last call, as text

Time stands still until `venue.pass_time` is called. Unrealistic in that syncs return at once and every public
frame is flushed with the outcome that made it.
"""

import base64
import json
from collections.abc import Iterable
from typing import Any

from builders import ACCOUNTS, START_NS, VENUE_ID, opening
from krakenbox.clock import ManualClock
from krakenbox.feeds.hub import Hub, Subscriber
from krakenbox.gateway.desk import Api, Desk, Host, Origin
from krakenbox.gateway.keys import ApiKey, Keyring, Permission
from krakenbox.gateway.session import HEARTBEAT_NS, Session
from krakenbox.gateway.tokens import SALT_BYTES, Tokens
from krakenbox.gateway.v1 import V1Session
from krakenbox.journal.log import Header, Log
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.command import Command
from krakenbox.model.event import Outcome, Rejected
from krakenbox.model.order import AccountId, Order
from krakenbox.model.reject import Reject
from krakenbox.sequencer import BATCH_LIMIT, Sequencer
from krakenbox.venue.exchange import Exchange

NOW_NS = START_NS + 3_600 * 1_000_000_000
"""2026-01-01T01:00:00Z: when clients come."""
CONNECTION_ID = 18_125_794_168_470_749_634
"""Above 2**63, as recorded."""
PERMISSIONS = frozenset(Permission)
TIMES = '"time_in":"2026-01-01T01:00:00.000000Z","time_out":"2026-01-01T01:00:00.000000Z"'
"""How a reply ends while time stands still."""
LIMIT = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 1, "limit_price": 5}
"""Parameters of an order that rests."""


def subscribe(channel: str, *symbols: str, req_id: int | None = None, **params: Any) -> dict[str, Any]:
    """A subscribe request."""
    return request("subscribe", req_id, channel=channel, **_listed(symbols), **params)


def unsubscribe(channel: str, *symbols: str, req_id: int | None = None, **params: Any) -> dict[str, Any]:
    """An unsubscribe request."""
    return request("unsubscribe", req_id, channel=channel, **_listed(symbols), **params)


def request(method: str, req_id: int | None = None, **params: Any) -> dict[str, Any]:
    """Any request with parameters."""
    return {"method": method, "params": params} | ({"req_id": req_id} if req_id is not None else {})


def _listed(symbols: tuple[str, ...]) -> dict[str, list[str]]:
    return {"symbol": list(symbols)} if symbols else {}


class Client:
    """One connection."""

    def __init__(self, venue: "Venue", who: Subscriber, session: Session | V1Session) -> None:
        self.venue = venue
        self.who = who
        self.session = session
        self._received = bytearray(session.messages_to_send())

    def send(self, message: dict[str, Any] | str | bytes) -> "Client":
        """Send a message, and let the exchange do what it asks for."""
        if isinstance(message, dict):
            message = json.dumps(message, separators=(",", ":"))
        if isinstance(message, str):
            message = message.encode()
        self.session.receive(message, self.venue.clock.now_ns())
        self.collect(self.session.messages_to_send())
        self.venue.settle()
        return self

    def collect(self, frames: bytes) -> None:
        """Take what the exchange sends."""
        self._received += frames

    def frames(self) -> list[str]:
        """Messages since the last call."""
        self.collect(self.session.messages_to_send())
        texts = [text.decode() for text in unframed(self._received)]
        self._received.clear()
        return texts

    def messages(self) -> list[dict[str, Any]]:
        """Messages since the last call, decoded; numbers keep their text."""
        return [json.loads(text, parse_float=str) for text in self.frames()]

    def hang_up(self) -> None:
        """Close the connection."""
        self.venue.leave(self)


class Venue:
    """An exchange in memory."""

    def __init__(self, commands: Iterable[Command] = (), batch_limit: int = BATCH_LIMIT) -> None:
        self.clock = ManualClock(START_NS)
        self.hub = Hub()
        self.keyring = Keyring()
        salts = iter(range(2**32))
        self.tokens = Tokens(self.keyring, b"secret", lambda: next(salts).to_bytes(SALT_BYTES, "big"))
        self.storage = MemoryStorage()
        self.exchange = Exchange(VENUE_ID)
        self.log = Log(self.storage, Header(rules=1, venue_id=VENUE_ID))
        self.sequencer = Sequencer(self.exchange, self.log, self.clock.now_ns, self._publish, batch_limit)
        self.sequencer.on_unavailable = self._unavailable
        self.desk = Desk(self.hub, self.tokens, self.sequencer.submit, self.clock.now_ns)
        self.outcomes: list[Outcome] = []
        """Everything published since the clients came."""
        self.past: list[Outcome] = []
        """Everything published."""
        self._clients: dict[Subscriber, Client] = {}
        self._last_who = 0
        for account in ACCOUNTS:
            self.add_key(account)
        self.submit(*opening(), *commands)
        self.clock.step_to(NOW_NS)
        self.outcomes.clear()

    def add_key(self, account: str, permissions: frozenset[Permission] = PERMISSIONS) -> None:
        """Give an account an API key, in place of the one it had."""
        secret = base64.b64encode(account.encode()).decode()
        self.keyring.add(
            ApiKey(key_id=account, secret=secret, account=AccountId(account), permissions=permissions)
        )

    def token(self, account: str) -> str:
        """A new WebSocket token."""
        key = self.keyring.get(account)
        assert key is not None, f"{account} has no key"
        return self.tokens.issue(key, self.clock.now_ns())

    def connect(self, host: str = "ws", api: Api = Api.V2) -> Client:
        """Open a connection; its greeting is the first frame."""
        self._last_who += 1
        who = Subscriber(self._last_who)
        kind = V1Session if api is Api.V1 else Session
        session = kind(who, Host(host), self.desk, CONNECTION_ID, self.clock.now_ns())
        client = self._clients[who] = Client(self, who, session)
        return client

    def greeted(self, host: str = "ws", api: Api = Api.V2) -> Client:
        """A connection whose greeting was read."""
        client = self.connect(host, api)
        client.frames()
        return client

    def leave(self, client: Client) -> None:
        """A connection is gone."""
        del self._clients[client.who]
        self.hub.drop(client.who)

    def orders(self, account: str) -> list[Order]:
        """Open orders of an account, in order of entry."""
        return list(self.exchange.venue.accounts[AccountId(account)].orders.values())

    def last_command(self) -> Command:
        """The command journaled last."""
        return self.log.last_batch[-1].command

    def submit(self, *commands: Command) -> list[Outcome]:
        """Run commands of the operator's; what was published."""
        before = len(self.outcomes)
        for command in commands:
            self.sequencer.submit(command)
        self.settle()
        return self.outcomes[before:]

    def settle(self) -> None:
        """Do everything submitted, then flush."""
        while self.sequencer.pending():
            self.sequencer.drain()
        for who in self.hub.dirty():
            frames = self.hub.take(who)
            self._clients[who].collect(frames)

    def pass_time(self, ns: int) -> None:
        """Let time pass: timers fire, and every connection is told the time once a second."""
        end_ns = self.clock.now_ns() + ns
        while self.clock.now_ns() < end_ns:
            self.clock.advance(min(HEARTBEAT_NS, end_ns - self.clock.now_ns()))
            self.sequencer.tick()
            self.settle()
            for client in self._clients.values():
                client.session.on_time(self.clock.now_ns())
                client.collect(client.session.messages_to_send())

    def _publish(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            self.outcomes.append(outcome)
            self.past.append(outcome)
            self._answer(outcome)
            self.hub.apply(outcome)
            for who, frame in self.hub.take_private():
                self._clients[who].collect(frame)

    def _answer(self, outcome: Outcome) -> None:
        origin = outcome.origin
        client = self._clients.get(origin.who) if isinstance(origin, Origin) else None
        if client is not None:
            client.session.complete(outcome, self.clock.now_ns())
            client.collect(client.session.messages_to_send())

    def _unavailable(self, command: Command, origin: object) -> None:
        now_ns = self.clock.now_ns()
        self._answer(Outcome(0, now_ns, [Rejected(now_ns, AccountId(""), Reject.UNAVAILABLE)], origin))


class Trader:
    """Alice on a private connection of her own."""

    def __init__(self, venue: Venue | None = None, account: str = "alice") -> None:
        self.venue = venue or Venue()
        self.token = self.venue.token(account)
        self.client: Client = self.venue.greeted("ws-auth")

    def ask(self, method: str, req_id: int | None = None, **params: Any) -> list[str]:
        """Send a request with the token; the frames it brings."""
        return self.client.send(request(method, req_id, token=self.token, **params)).frames()

    def add(self, **changes: Any) -> dict[str, Any]:
        """Add a limit order; its one reply."""
        (reply,) = self.ask("add_order", **(LIMIT | changes))
        decoded: dict[str, Any] = json.loads(reply)
        return decoded

    def order_id(self, **changes: Any) -> str:
        """Add a limit order; its id."""
        order_id = self.add(**changes)["result"]["order_id"]
        assert isinstance(order_id, str)
        return order_id

    def error(self, **changes: Any) -> str:
        """Add a limit order; what is said against it."""
        error = self.add(**changes).get("error", "")
        assert isinstance(error, str)
        return error


def ack(method: str, result: str, req_id: int | None = None) -> str:
    echo = "" if req_id is None else f'"req_id":{req_id},'
    return f'{{"method":"{method}",{echo}"result":{{{result}}},"success":true,{TIMES}}}'


def refusal(error: str, symbol: str = "") -> str:
    concerned = f'"symbol":"{symbol}",' if symbol else ""
    return f'{{"error":"{error}","method":"subscribe","success":false,{concerned}{TIMES}}}'


def kinds(client: Client) -> list[str]:
    """What each frame is: `ack BTC/USD`, an error, or `book snapshot ETH/BTC`."""
    return [kind(message) for message in client.messages()]


def kind(message: dict[str, Any]) -> str:
    if "error" in message:
        return str(message["error"])
    if "method" in message:
        return f"ack {message['result'].get('symbol', '')}".strip()
    data = message["data"]
    symbol = data[0].get("symbol", "") if isinstance(data, list) and data else ""
    return f"{message['channel']} {message['type']} {symbol}".strip()


def unframed(data: bytes | bytearray) -> list[bytes]:
    """The payloads of whole, unmasked text frames."""
    payloads, at = [], 0
    while at < len(data):
        assert data[at] == 0x81, f"a text frame begins with 0x81; was {data[at]:#x}"
        length, at = data[at + 1], at + 2
        if length > 125:
            width = 2 if length == 126 else 8
            length, at = int.from_bytes(data[at : at + width], "big"), at + width
        payloads.append(bytes(data[at : at + length]))
        at += length
    assert at == len(data), "the last frame is cut"
    return payloads
