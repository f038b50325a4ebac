"""The composition root: a whole exchange in this process.

    async with krakenbox.LocalExchange(seed=7, market="off") as exchange:
        print(exchange.ws_url, exchange.accounts["alice"].api_key)

Everything that steers it enters as a command: what the configuration lists, then the market's past, then what
clients and the market's agents ask for.
"""

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from krakenbox.clock import Clock, SystemClock
from krakenbox.config import Config, Limits, MarketLevel, commands, load_default
from krakenbox.errors import ConfigError
from krakenbox.feeds.hub import Hub, Subscriber
from krakenbox.gateway import descriptors
from krakenbox.gateway.admin import Admin
from krakenbox.gateway.desk import Api, Desk, Host
from krakenbox.gateway.http import Http, Vitals
from krakenbox.gateway.keys import ApiKey, Keyring
from krakenbox.gateway.rest import Rest
from krakenbox.gateway.server import MAX_CONNECTIONS, Server, ServerOptions
from krakenbox.gateway.session import Session
from krakenbox.gateway.sockets import listen, port_of
from krakenbox.gateway.tokens import SALT_BYTES, Tokens
from krakenbox.gateway.v1 import V1Session
from krakenbox.journal.log import Header, Log
from krakenbox.journal.storage import NoStorage
from krakenbox.model.command import Command
from krakenbox.model.event import Outcome, Rejected
from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject
from krakenbox.sequencer import Sequencer
from krakenbox.sim.market import Market
from krakenbox.sim.pair import market_pairs
from krakenbox.venue.exchange import Exchange

RULES = 1
"""Raised by every change of what `Exchange.apply` does."""
STEP_S = 0.05
"""The market's step, and how late an idle exchange may tell that a timer fell due."""
SECRET_BYTES = 32

_REACHED_BY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class LocalExchange:
    """An exchange on ports of this machine, from `start` to `close` or within `async with`."""

    def __init__(
        self,
        *,
        seed: int | None = None,
        market: str | None = None,
        config: Config | None = None,
        data: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Without a `config`: the shipped one, on free ports. `seed` and `market` go before its own.

        The same seed gives the same ids, market and salts; without one they are random. `data` is where the
        exchange will live; for now it lives in memory either way.
        """
        if config is None:
            config = load_default()
            config = replace(config, server=replace(config.server, http_port=0, ws_port=0))
        level = config.market.level if market is None else _level(market)
        seed = config.market.seed if seed is None else seed
        self.config = replace(config, market=replace(config.market, level=level, seed=seed))
        self.data = data
        self.accounts = self.config.accesses()
        self.http_port = 0
        self.ws_port = 0
        self._hosts: tuple[str, ...] = ()
        self._clock = clock or SystemClock()
        self._random = random.SystemRandom() if seed is None else random.Random(seed)
        self.server: Server
        """The connections; there once it was started."""
        self._failed = asyncio.Event()
        self._failure: Exception | None = None
        self._house_timer: asyncio.TimerHandle | None = None
        self._started_ns = 0
        self._ready = False

    # --- where it is

    @property
    def hosts(self) -> tuple[str, ...]:
        """Addresses listened on: those configured that the machine has."""
        return self._hosts

    @property
    def http_url(self) -> str:
        """Base address of REST, health and metrics."""
        return f"http://{self._authority(self.http_port)}"

    @property
    def ws_url(self) -> str:
        """WebSocket v2: market data."""
        return f"ws://{self._authority(self.ws_port)}/v2"

    @property
    def ws_auth_url(self) -> str:
        """WebSocket v2: trading and private channels."""
        return f"ws://{self._authority(self.ws_port)}/ws-auth/v2"

    @property
    def ws_l3_url(self) -> str:
        """WebSocket v2: level3."""
        return f"ws://{self._authority(self.ws_port)}/ws-l3/v2"

    def _authority(self, port: int) -> str:
        assert self.hosts, "an exchange has addresses once it was started"
        host = _REACHED_BY.get(self.hosts[0], self.hosts[0])
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    # --- life

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        if error is None:
            self._raise_failure()

    async def start(self) -> None:
        """Open the exchange, let the market warm up, then listen. Raises ConfigError."""
        server = self.config.server
        ws_sockets = listen(server.hosts, server.ws_port)
        try:
            http_sockets = listen(server.hosts, server.http_port)
        except ConfigError:
            for sock in ws_sockets:
                sock.close()
            raise
        self.ws_port, self.http_port = port_of(ws_sockets), port_of(http_sockets)
        self._hosts = tuple(sock.getsockname()[0] for sock in ws_sockets)
        self._build()
        self._open()
        await self.server.start(ws_sockets)
        await self._http.start(http_sockets)
        self._started_ns = self._clock.now_ns()
        self._ready = True
        self._house_timer = asyncio.get_running_loop().call_later(STEP_S, self._keep_house)

    async def close(self) -> None:
        """Close every connection with a close frame, within two seconds."""
        self._ready = False
        if self._house_timer is not None:
            self._house_timer.cancel()
        await asyncio.gather(self.server.close(), self._http.close())

    async def ended(self) -> None:
        """Wait until the exchange cannot go on, and raise why: a command crashed it or its journal failed."""
        await self._failed.wait()
        self._raise_failure()

    # --- inside

    def _build(self) -> None:
        config, clock, chance = self.config, self._clock, self._random
        limited = config.server.limits is Limits.REAL
        keyring = Keyring()
        for key in _keys(config):
            keyring.add(key)
        tokens = Tokens(keyring, chance.randbytes(SECRET_BYTES), lambda: chance.randbytes(SALT_BYTES))
        venue_id = chance.getrandbits(64)
        self._hub = Hub()
        log = Log(NoStorage(), Header(rules=RULES, venue_id=venue_id))
        self._sequencer = Sequencer(Exchange(venue_id), log, clock.now_ns, self._publish)
        self._sequencer.on_unavailable = self._unavailable
        pairs = market_pairs(config.instruments, config.assets, config.start_prices)
        self._market = Market(pairs, chance.getrandbits(63), config.market.level)
        desk = Desk(self._hub, tokens, self.submit, clock.now_ns, limited=limited)

        def open_session(who: Subscriber, host: Host, api: Api, now_ns: int) -> Session | V1Session:
            kind = V1Session if api is Api.V1 else Session
            return kind(who, host, desk, chance.getrandbits(64), now_ns)

        options = ServerOptions(
            flush_ms=config.server.flush_ms,
            limit_connects=limited,
            limit_loopback=config.server.limit_loopback,
            max_connections=min(MAX_CONNECTIONS, descriptors.room()),
        )
        self.server = Server(self._hub, open_session, self._drain, clock.now_ns, options)
        rest = Rest(self._hub, keyring, tokens, config.fee_schedules, limited=limited)
        admin = Admin(self._hub, keyring, chance.randbytes, config.server.admin_token)
        self._http = Http(rest, admin, self.submit, self._vitals, clock.now_ns)

    def _open(self) -> None:
        for command in (*commands(self.config), *self._market.opening(self._clock.now_ns())):
            self._sequencer.submit(command)
        while self._sequencer.pending():
            self._sequencer.drain()

    def submit(self, command: Command, origin: object = None) -> None:
        """Hand a command to the sequencer; a callable `origin` is called with its outcome."""
        self._sequencer.submit(command, origin)
        self.server.wake()

    def _drain(self) -> bool:
        try:
            self._sequencer.drain()
        except Exception as error:  # noqa: BLE001 - whatever it is, `ended` raises it
            # A view may have stopped halfway: nothing may be applied or shown on top of it.
            self._fail(error)
        if self._sequencer.failure is not None:
            self._fail(self._sequencer.failure)
        return self._failure is None and self._sequencer.pending()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._failed.set()

    def _publish(self, outcomes: list[Outcome]) -> None:
        self.server.publish(outcomes)
        for outcome in outcomes:
            self._market.observe(outcome)
            if callable(outcome.origin):
                outcome.origin(outcome)

    def _unavailable(self, command: Command, origin: object) -> None:
        """Answer a command that was not taken in."""
        now_ns = self._clock.now_ns()
        refusal = Rejected(now_ns, getattr(command, "account", AccountId("")), Reject.UNAVAILABLE)
        outcome = Outcome(0, now_ns, [refusal], origin)
        if callable(origin):
            origin(outcome)
        else:
            self.server.answer(outcome)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _keep_house(self) -> None:
        """What nobody asks for: the market's step, and timers that fall due in silence."""
        if self._failure is not None:
            return
        self._house_timer = asyncio.get_running_loop().call_later(STEP_S, self._keep_house)
        for command in self._market.step(self._clock.now_ns()):
            self._sequencer.submit(command)
        self._sequencer.tick()
        if self._sequencer.pending():
            self.server.wake()

    def _vitals(self) -> Vitals:
        return Vitals(
            ready=self._ready and self._failure is None,
            sequence=self._sequencer.durable_seq,
            uptime_ns=self._clock.now_ns() - self._started_ns,
            connections=self.server.connections,
            connects_total=self.server.connects_total,
            messages_total=self.server.messages_total,
        )


def _level(market: str) -> MarketLevel:
    if market not in tuple(MarketLevel):
        raise ConfigError(f"market must be one of {', '.join(MarketLevel)}; was {market}")
    return MarketLevel(market)


def _keys(config: Config) -> Iterator[ApiKey]:
    for account in config.accounts.values():
        for key in account.keys:
            yield ApiKey(
                key_id=key.api_key,
                secret=key.api_secret,
                account=AccountId(account.name),
                permissions=key.permissions,
                nonce_window=key.nonce_window,
            )
