"""What carries the wire of a scenario: sessions in this process, or real sockets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from builders import ACCOUNTS as TIERS
from builders import ASSETS, FUNDS, INSTRUMENTS, SECOND_NS, SPOT, STABLE, START_NS, units
from gateway.peer import TEXT
from harness import Client as SessionClient
from harness import Venue, request
from krakenbox.clock import ManualClock
from krakenbox.config import Config, load_default
from krakenbox.config.settings import Account, Key
from krakenbox.local import LocalExchange
from krakenbox.model.command import Command, Tick
from krakenbox.model.event import Outcome
from krakenbox.model.fixed import Amount, Price
from live import Client, hang_up_all, token
from scenarios.script import ACCOUNTS
from scenarios.stages import decoded
from scenarios.wire import SYMBOL, Message, WireStage
from sleepers import index


class SessionLine:
    """Sessions in this process; nothing takes time."""

    def __init__(self) -> None:
        self._venue = Venue([index(100)])
        self._tokens = {account: self._venue.token(account) for account in ACCOUNTS}
        self._clients: dict[str, SessionClient] = {each: self._venue.greeted("ws-auth") for each in ACCOUNTS}

    async def ask(self, account: str, message: Message) -> dict[str, list[Message]]:
        """Send a request; whatever came of it, to whom."""
        self._clients[account].send(message)
        return self._received()

    async def operate(self, command: Command) -> dict[str, list[Message]]:
        """Do what the operator does."""
        self._venue.submit(command)
        return self._received()

    async def wait(self, seconds: int) -> dict[str, list[Message]]:
        """Let time pass."""
        self._venue.pass_time(seconds * SECOND_NS)
        return self._received()

    async def clock_in(self) -> int:
        """A tick; its number."""
        (outcome,) = self._venue.submit(Tick())
        return outcome.seq

    async def level3(self) -> Message:
        """A snapshot of level3."""
        client = self._venue.greeted("ws-l3")
        asked = request("subscribe", channel="level3", symbol=[SYMBOL], depth=10, token=self._tokens["alice"])
        *_, snapshot = client.send(asked).messages()
        client.hang_up()
        return snapshot

    def token(self, account: str) -> str:
        """The token of an account."""
        return self._tokens[account]

    def now_ns(self) -> int:
        """The time."""
        return self._venue.clock.now_ns()

    def _received(self) -> dict[str, list[Message]]:
        return {account: told(client.messages()) for account, client in self._clients.items()}


class SocketLine:
    """Sockets of a running exchange with a clock that stands still unless told to go on."""

    def __init__(self, exchange: LocalExchange, clock: ManualClock) -> None:
        self._exchange = exchange
        self._clock = clock
        self._tokens: dict[str, str] = {}
        self._clients: dict[str, Client] = {}

    async def connect(self) -> None:
        """Open a connection for every account."""
        for account in ACCOUNTS:
            self._tokens[account] = await token(self._exchange, account)
            self._clients[account] = await Client.connect(self._exchange.ws_auth_url)

    async def ask(self, account: str, message: Message) -> dict[str, list[Message]]:
        """Send a request; whatever came of it, to whom."""
        client = self._clients[account]
        client.send(message["method"], **message["params"])
        messages = [await receive(client)]
        while messages[-1].get("method") != message["method"]:
            messages.append(await receive(client))
        received = await self._received()
        received[account] = messages + received[account]
        return {each: told(rows) for each, rows in received.items()}

    async def operate(self, command: Command) -> dict[str, list[Message]]:
        """Do what the operator does."""
        await self._durable(command)
        return {account: told(rows) for account, rows in (await self._received()).items()}

    async def wait(self, seconds: int) -> dict[str, list[Message]]:
        """Let time pass."""
        self._clock.advance(seconds * SECOND_NS)
        return await self.operate(Tick())

    async def clock_in(self) -> int:
        """A tick; its number."""
        return (await self._durable(Tick())).seq

    async def level3(self) -> Message:
        """A snapshot of level3."""
        client = await Client.connect(self._exchange.ws_l3_url)
        client.send("subscribe", channel="level3", symbol=[SYMBOL], depth=10, token=self._tokens["alice"])
        message = await receive(client)
        while message.get("channel") != "level3":
            message = await receive(client)
        await client.hang_up()
        return message

    def token(self, account: str) -> str:
        """The token of an account."""
        return self._tokens[account]

    def now_ns(self) -> int:
        """The time."""
        return self._clock.now_ns()

    async def _durable(self, command: Command) -> Outcome:
        """What became of a command."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._exchange.submit(command, done.set_result)
        return await done

    async def _received(self) -> dict[str, list[Message]]:
        """What every connection was sent up to now: all that was sent before a pong comes before it."""
        received: dict[str, list[Message]] = {}
        for account, client in self._clients.items():
            client.send("ping")
            messages = received[account] = []
            while (message := await receive(client)).get("method") != "pong":
                messages.append(message)
        return received


async def receive(client: Client) -> Message:
    """The next message; numbers keep their text."""
    frame = await client.peer.receive()
    assert frame.opcode == TEXT, frame
    return decoded(frame.payload)


def told(messages: list[Message]) -> list[Message]:
    """Without heartbeats and what is said of the connection."""
    return [message for message in messages if message.get("channel") not in ("heartbeat", "status")]


@asynccontextmanager
async def session_stage() -> AsyncIterator[WireStage]:
    """A stage of sessions back to back."""
    stage = WireStage(SessionLine())
    await stage.open()
    yield stage


@asynccontextmanager
async def socket_stage() -> AsyncIterator[WireStage]:
    """A stage of real sockets."""
    clock = ManualClock(START_NS + 3_600 * SECOND_NS)
    async with LocalExchange(seed=7, market="off", config=_config(), clock=clock) as exchange:
        line = SocketLine(exchange, clock)
        await line.connect()
        stage = WireStage(line)
        await stage.open()
        yield stage
        await hang_up_all()


def _config() -> Config:
    """The assets, pairs and accounts of `builders`, on free ports."""
    accounts = {
        name: Account(
            name=name,
            tier=tier,
            balances={each: Amount(units(funds, ASSETS[each].decimals)) for each, funds in FUNDS.items()},
            keys=(Key(name="all", api_key=name, api_secret="c2VjcmV0"),),
        )
        for name, tier in TIERS.items()
    }
    shipped = load_default()
    return replace(
        shipped,
        server=replace(shipped.server, http_port=0, ws_port=0),
        assets=tuple(ASSETS.values()),
        instruments=tuple(INSTRUMENTS.values()),
        start_prices={symbol: Price(1_000) for symbol in INSTRUMENTS},
        fee_schedules={"spot": SPOT, "stable": STABLE},
        accounts=accounts,
    )
