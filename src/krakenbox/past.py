"""An exchange of the past on ports of this machine, to be looked at: nothing in it can be changed.

What it tells is of the moment it stands at: the times in its messages, its candles and tickers, and REST's
Time do not move, and nothing expires. Only heartbeats come by the real time.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from typing import Self

from krakenbox.clock import ManualClock, SystemClock
from krakenbox.config import Server as Listening
from krakenbox.durable.replay import Replay
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway import descriptors
from krakenbox.gateway.admin import AdminRequest, Change, unavailable
from krakenbox.gateway.desk import Api, Desk, Host, Origin
from krakenbox.gateway.http import Http, Vitals
from krakenbox.gateway.keys import ApiKey, Keyring
from krakenbox.gateway.rest import Rest
from krakenbox.gateway.server import MAX_CONNECTIONS, Server, ServerOptions
from krakenbox.gateway.session import Session
from krakenbox.gateway.sockets import Addresses, listen, port_of
from krakenbox.gateway.tokens import SALT_BYTES, Tokens
from krakenbox.gateway.v1 import V1Session
from krakenbox.model.command import Command, UseNonce
from krakenbox.model.event import Event, Outcome, Rejected
from krakenbox.model.order import AccountId
from krakenbox.model.reject import Reject

_CONNECTION_BITS = 64


class PastExchange:
    """A replay on ports, within `async with`; `addresses` are those."""

    def __init__(self, replay: Replay, secret: bytes, keys: Iterable[ApiKey], listening: Listening) -> None:
        """`secret` signs tokens; `keys` may look at what is theirs."""
        venue = replay.exchange.venue
        self._replay = replay
        self._clock = ManualClock(venue.time_ns)
        self._real = SystemClock()
        self._secret = secret
        self._keyring = Keyring()
        for key in keys:
            self._keyring.add(key)
        self._keyring.restore(replay.hub.nonces)
        self._fees = {name: schedule.tiers for name, schedule in venue.schedules.items()}
        self._listening = listening
        self._closing = AsyncExitStack()
        self._server: Server
        self._http: Http
        self.addresses = Addresses()

    async def __aenter__(self) -> Self:
        """Listen. Raises ConfigError."""
        async with AsyncExitStack() as closing:
            found = []
            for port in (self._listening.ws_port, self._listening.http_port):
                sockets = listen(self._listening.hosts, port)
                found.append(sockets)
                for sock in sockets:
                    closing.callback(sock.close)
            ws, http = found
            hosts = tuple(sock.getsockname()[0] for sock in ws)
            self.addresses = Addresses(hosts, port_of(http), port_of(ws))
            self._started_ns = self._real.now_ns()
            self._server, self._http = self._built()
            closing.push_async_callback(self._server.close)
            closing.push_async_callback(self._http.close)
            await self._server.start(ws)
            await self._http.start(http)
            self._closing = closing.pop_all()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._closing.aclose()

    def _built(self) -> tuple[Server, Http]:
        hub, clock = self._replay.hub, self._clock
        tokens = Tokens(self._keyring, self._secret, lambda: secrets.token_bytes(SALT_BYTES))
        desk = Desk(hub, tokens, self._refuse, clock.now_ns, limited=False)

        def open_session(who: Subscriber, host: Host, api: Api, now_ns: int) -> Session | V1Session:
            kind = V1Session if api is Api.V1 else Session
            return kind(who, host, desk, secrets.randbits(_CONNECTION_BITS), now_ns)

        # Counters only fall as time passes: none is counted here.
        options = ServerOptions(
            flush_ms=self._listening.flush_ms,
            limit_connects=False,
            max_connections=min(MAX_CONNECTIONS, descriptors.room()),
        )
        server = Server(hub, open_session, _nothing_to_do, self._real.now_ns, options)
        rest = Rest(hub, self._keyring, tokens, self._fees, limited=False)
        return server, Http(rest, _Closed(), self._note, self._vitals, clock.now_ns)

    def _refuse(self, command: Command, origin: Origin) -> None:
        # Behind what the session is doing now: an outcome never comes at once.
        outcome = self._refused(command, origin)
        asyncio.get_running_loop().call_soon(self._server.answer, outcome)

    def _note(self, command: Command, done: Callable[[Outcome], None]) -> None:
        """A nonce is used up here alone, and only until the end."""
        outcome = self._refused(command)
        done(Outcome(0, outcome.time_ns, []) if isinstance(command, UseNonce) else outcome)

    def _refused(self, command: Command, origin: object = None) -> Outcome:
        now_ns = self._clock.now_ns()
        account = getattr(command, "account", AccountId(""))
        told: list[Event] = [Rejected(now_ns, account, Reject.UNAVAILABLE)]
        return Outcome(0, now_ns, told, origin)

    def _vitals(self) -> Vitals:
        return Vitals(
            ready=True,
            sequence=self._replay.hub.seq,
            uptime_ns=self._real.now_ns() - self._started_ns,
            connections=self._server.connections,
            connects_total=self._server.connects_total,
            messages_total=self._server.messages_total,
        )


class _Closed:
    """An operator's endpoint that changes nothing."""

    def change(self, request: AdminRequest) -> Change:
        """Refuse it."""
        return unavailable()


def _nothing_to_do() -> bool:
    """No command is ever taken in."""
    return False
