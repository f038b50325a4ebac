"""The composition root: a whole exchange in this process.

    async with krakenbox.LocalExchange(seed=7, market="off") as exchange:
        print(exchange.ws_url, exchange.accounts["alice"].api_key)

Everything that steers it enters as a command: what the configuration lists, then the market's past, then what
clients and the market's agents ask for. With a data directory it goes on where it was.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from krakenbox.clock import Clock, SystemClock
from krakenbox.config import Config, Limits, MarketLevel, commands, load_default
from krakenbox.durable.home import KEYS, Identity
from krakenbox.durable.household import Household
from krakenbox.errors import ConfigError
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway import descriptors
from krakenbox.gateway.admin import Admin
from krakenbox.gateway.certificates import Secured, secured
from krakenbox.gateway.desk import Api, Desk, Host
from krakenbox.gateway.http import Http, Vitals
from krakenbox.gateway.keys import Keyring, decode_keys
from krakenbox.gateway.rest import Rest
from krakenbox.gateway.server import MAX_CONNECTIONS, Server, ServerOptions
from krakenbox.gateway.session import Session
from krakenbox.gateway.sockets import Addresses, listen, port_of
from krakenbox.gateway.tokens import SALT_BYTES, Tokens
from krakenbox.gateway.v1 import V1Session
from krakenbox.model.command import Command, Tick
from krakenbox.model.event import Outcome, Rejected
from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject
from krakenbox.sequencer import SequencerCrash
from krakenbox.sim.market import AGENTS, Market
from krakenbox.sim.pair import market_pairs
from krakenbox.sim.picture import picture

logger = logging.getLogger(__name__)

STEP_S = 0.05
"""The market's step, and how late an idle exchange may tell that a timer fell due."""
SECRET_BYTES = 32
TLS = "tls"
"""Folder of its certificates, in the data directory."""


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
        tls: bool = False,
    ) -> None:
        """Without a `config`: the shipped one, on free ports. `seed` and `market` go before its own.

        The same seed gives the same ids, market and salts; without one they are random. `data` is the
        directory it lives in, made if need be; without one it lives in memory and ends with `close`. With
        `tls` it speaks https and wss, to clients that trust `ca`.
        """
        if config is None:
            config = load_default()
            config = replace(config, server=replace(config.server, http_port=0, ws_port=0))
        level = config.market.level if market is None else _level(market)
        seed = config.market.seed if seed is None else seed
        self.config = replace(config, market=replace(config.market, level=level, seed=seed))
        if data is not None:
            self.config = replace(self.config, data=replace(self.config.data, directory=str(data)))
        if tls:
            self.config = replace(self.config, tls=replace(self.config.tls, enabled=True))
        self.accounts = self.config.accesses()
        self.http_port = 0
        self.ws_port = 0
        self._hosts: tuple[str, ...] = ()
        self._ws_hosts: tuple[str, ...] = ()
        self._secured: Secured | None = None
        self._clock = clock or SystemClock()
        self._random = random.SystemRandom() if seed is None else random.Random(seed)
        self.server: Server
        """The connections; there once it was started."""
        self.household: Household
        """The exchange itself and what keeps it; there once it was started."""
        self._closing = AsyncExitStack()
        self._failed = asyncio.Event()
        self._failure: Exception | None = None
        self._house_timer: asyncio.TimerHandle | None = None
        self._started_ns = 0
        self._ready = False

    # --- where it is

    @property
    def hosts(self) -> tuple[str, ...]:
        """Addresses of the HTTP port: those configured that the machine has."""
        return self._hosts

    @property
    def http_url(self) -> str:
        """Base address of REST, health and metrics."""
        return self._addresses.http_url

    @property
    def ws_url(self) -> str:
        """WebSocket v2: market data."""
        return self._addresses.ws_url

    @property
    def ws_auth_url(self) -> str:
        """WebSocket v2: trading and private channels."""
        return self._addresses.ws_auth_url

    @property
    def ws_l3_url(self) -> str:
        """WebSocket v2: level3."""
        return self._addresses.ws_l3_url

    @property
    def ca(self) -> Path | None:
        """File that clients are to trust: of an exchange with TLS that has made its own certificate."""
        return self._secured.ca if self._secured is not None else None

    @property
    def _addresses(self) -> Addresses:
        ports = self.http_port, self.ws_port
        return Addresses(self._hosts, *ports, ws_hosts=self._ws_hosts, secure=self.config.tls.enabled)

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
        """Recover or open the exchange, let the market warm up, then listen.

        Raises ConfigError, and JournalError for a journal that cannot be gone on from.
        """
        async with AsyncExitStack() as closing:
            await self._start(closing)
            self._closing = closing.pop_all()

    async def close(self) -> None:
        """Close every connection with a close frame, within two seconds; then keep the state, if it lasts."""
        self._ready = False
        await self._closing.aclose()

    async def ended(self) -> None:
        """Wait until the exchange cannot go on, and raise why: a command crashed it or its journal failed."""
        await self._failed.wait()
        self._raise_failure()

    # --- the start

    async def _start(self, closing: AsyncExitStack) -> None:
        ws_sockets, http_sockets = self._listen(closing)
        secret, venue_id = self._random.randbytes(SECRET_BYTES), self._random.getrandbits(64)
        fresh = Identity(venue_id=venue_id, secret=secret)
        self.household = await self._move_in(fresh)
        closing.push_async_callback(self._move_out)
        if self.config.tls.enabled:
            # Clients look at their machine's clock, whatever the exchange's own is.
            now_ns, folder = SystemClock().now_ns(), self.household.home.path / TLS
            self._secured = secured(self.config.tls, folder, (*self._hosts, *self._ws_hosts), now_ns)
        self._sequencer = self.household.started.sequencer
        self._build()
        closing.push_async_callback(self._close_doors)
        await self._open()
        tls = self._secured.context if self._secured is not None else None
        await self.server.start(ws_sockets, tls)
        await self._http.start(http_sockets, tls)
        self._started_ns = self._clock.now_ns()
        self._ready = True
        self._house_timer = asyncio.get_running_loop().call_later(STEP_S, self._keep_house)

    def _listen(self, closing: AsyncExitStack) -> tuple[list[socket], list[socket]]:
        server = self.config.server
        found = []
        for hosts, port in (
            (server.ws_hosts or server.hosts, server.ws_port),
            (server.hosts, server.http_port),
        ):
            sockets = listen(hosts, port)
            found.append(sockets)
            for sock in sockets:
                closing.callback(sock.close)
        self.ws_port, self.http_port = (port_of(sockets) for sockets in found)
        self._ws_hosts, self._hosts = (tuple(sock.getsockname()[0] for sock in each) for each in found)
        return found[0], found[1]

    async def _move_in(self, fresh: Identity) -> Household:
        return await Household.open(self.config.data, fresh, self._clock.now_ns)

    async def _move_out(self) -> None:
        await self.household.close(whole=self._failure is None)

    def _build(self) -> None:
        config, clock, chance, hub = self.config, self._clock, self._random, self.household.started.hub
        home = self.household.home
        limited = config.server.limits is Limits.REAL
        keyring = Keyring()
        for key in (*decode_keys(home.read(KEYS) or b"[]"), *config.keys()):
            keyring.add(key)
        keyring.restore(hub.nonces)
        tokens = Tokens(keyring, self.household.identity.secret, lambda: chance.randbytes(SALT_BYTES))
        self._sequencer.publish = self._publish
        self._sequencer.on_unavailable = self._unavailable
        self._sequencer.on_failure = self._stop_keeping
        traded = (each for each in config.instruments if each.symbol in config.traded)
        pairs = market_pairs(traded, config.assets, config.start_prices)
        self._market = Market(pairs, chance.getrandbits(63), config.market.level)
        desk = Desk(hub, tokens, self.submit, clock.now_ns, limited=limited)

        def open_session(who: Subscriber, host: Host, api: Api, now_ns: int) -> Session | V1Session:
            kind = V1Session if api is Api.V1 else Session
            return kind(who, host, desk, chance.getrandbits(64), now_ns)

        options = ServerOptions(
            flush_ms=config.server.flush_ms,
            limit_connects=limited,
            limit_loopback=config.server.limit_loopback,
            max_connections=min(MAX_CONNECTIONS, descriptors.room()),
        )
        self.server = Server(hub, open_session, self._drain, clock.now_ns, options)
        rest = Rest(hub, keyring, tokens, config.fee_schedules, limited=limited)
        admin = Admin(
            hub,
            keyring,
            chance.randbytes,
            config.server.admin_token,
            keep_keys=lambda: home.write(KEYS, keyring.encoded()),
            capture=self.household.capture,
        )
        self._http = Http(rest, admin, self.submit, self._vitals, clock.now_ns, self.household.history)

    async def _open(self) -> None:
        """Tell the exchange what it does not know yet, and remember that it was told."""
        now_ns, identity = self._clock.now_ns(), self.household.identity
        exchange = self.household.started.exchange
        told = commands(self.config, exchange.venue, identity.opened)
        if identity.begun:
            # First what fell due while it was down.
            told = [Tick(), *told, *self._market.resume(now_ns, picture(exchange, AGENTS))]
        else:
            told += self._market.opening(now_ns)
        await self._carry_out(told)
        accounts = {name: dict(account.balances) for name, account in self.config.accounts.items()}
        self.household.opened(replace(identity, begun=True, opened={**identity.opened, **accounts}))

    async def _carry_out(self, told: Sequence[Command]) -> None:
        """Submit commands and wait until the last is durable."""
        done = asyncio.get_running_loop().create_future()
        *others, last = told
        for command in others:
            self._sequencer.submit(command)
        self.submit(last, done.set_result)
        failed = asyncio.ensure_future(self._failed.wait())
        await asyncio.wait((done, failed), return_when=asyncio.FIRST_COMPLETED)
        failed.cancel()
        self._raise_failure()

    async def _close_doors(self) -> None:
        if self._house_timer is not None:
            self._house_timer.cancel()
        await asyncio.gather(self.server.close(), self._http.close())

    # --- at work

    def submit(self, command: Command, origin: object = None) -> None:
        """Hand a command to the sequencer; a callable `origin` is called with its outcome."""
        self._sequencer.submit(command, origin)
        self.server.wake()

    def _drain(self) -> bool:
        if self._failure is not None:
            return False
        try:
            self._sequencer.drain()
        except SequencerCrash as error:
            self._fail(error)
        return not self._failed.is_set() and self._sequencer.pending()

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self._failed.set()

    def _stop_keeping(self, error: Exception) -> None:
        """The journal failed: nothing more is applied or acknowledged, what was shown stays."""
        if not self._ready:
            self._fail(error)
            return
        logger.error("the journal failed, nothing is accepted any more: %s", error)
        self._ready = False
        self.server.close_private(Reject.UNAVAILABLE)

    def _publish(self, outcomes: list[Outcome]) -> None:
        if self._failure is not None:
            return
        try:
            self.household.observe(outcomes)
            self.server.publish(outcomes)
            for outcome in outcomes:
                self._market.observe(outcome)
                if callable(outcome.origin):
                    outcome.origin(outcome)
        except Exception as error:  # noqa: BLE001 - whatever it is, `ended` raises it
            # A view may have stopped halfway: nothing may be shown on top of it.
            self._fail(error)

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
        self.household.step()
        if self._sequencer.failed:
            return
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
            trouble=self.household.trouble,
            history_lag=self.household.history.lag,
            journal_bytes=self.household.journal_bytes,
            snapshot=self.household.image_seq,
        )


def _level(market: str) -> MarketLevel:
    if market not in tuple(MarketLevel):
        raise ConfigError(f"market must be one of {', '.join(MarketLevel)}; was {market}")
    return MarketLevel(market)
