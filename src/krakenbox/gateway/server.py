"""The WebSocket port: upgrades to sessions, messages to sessions, outcomes to connections.

A tick of the loop reads sockets, and sessions submit; then, once, the inbox is drained, and every connection
with something to say gets one write. Public frames wait for the paced flush, which serves a slice of the
subscribers per tick, so that an order never waits for a fan-out.
"""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

from krakenbox.feeds.hub import Hub, Subscriber
from krakenbox.gateway.connection import GOING_AWAY, INTERNAL_ERROR, MAX_OUTBOX, Connection
from krakenbox.gateway.connects import Connects
from krakenbox.gateway.desk import Api, Host, Origin
from krakenbox.gateway.door import HANDSHAKE_TIMEOUT_S, Door, Refusal
from krakenbox.gateway.routes import NoRoute, route
from krakenbox.gateway.session import Session
from krakenbox.gateway.subscriptions import PRIVATE_HOSTS
from krakenbox.gateway.v1 import V1Session
from krakenbox.model.event import Outcome

MAX_CONNECTIONS = 4_096
MIN_HANDSHAKES = 16
"""Sockets that may be open beside the connections, or an eighth of those: one too many can be told so."""
SLICE = 50
"""Subscribers a flush serves per tick: 0.3 ms of a core at 6 µs a write."""
REST_PER_FLUSH = 1
"""After a flush the fan-out rests so many times as long as that took: half of the core stays for orders."""
HEARTBEAT_S = 1.0
TIMER_GRAIN_S = 0.01
"""Timers due this soon are served together."""
CLOSE_ALL_S = 1.0
"""Who has not answered the close frame by then is cut: a stop takes under two seconds."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """What may be set."""

    flush_ms: int = 10
    """Pace of the public fan-out; 0 = every tick."""
    limit_connects: bool = True
    limit_loopback: bool = False
    max_connections: int = MAX_CONNECTIONS
    max_outbox: int = MAX_OUTBOX


OpenSession = Callable[[Subscriber, Host, Api, int], Session | V1Session]
"""Subscriber, virtual host, API, now: a session that has greeted."""


class Server:
    """The connections of one exchange."""

    def __init__(
        self,
        hub: Hub,
        open_session: OpenSession,
        drain: Callable[[], bool],
        now_ns: Callable[[], int],
        options: ServerOptions,
    ) -> None:
        """Within a running loop. `drain` applies one batch, tells whether more is left, and never raises."""
        self._loop = asyncio.get_running_loop()
        self.options = options
        self.connects_total = 0
        self.messages_total = 0
        self._hub = hub
        self._open_session = open_session
        self._drain = drain
        self._now_ns = now_ns
        self._connects = Connects(loopback_exempt=not options.limit_loopback)
        self._listening: list[asyncio.Server] = []
        self._doors: set[Door] = set()
        self._all_gone: asyncio.Event | None = None
        self._connections: dict[Subscriber, Connection] = {}
        self._last_who = 0
        # Connections with something to write this tick, and whether the end of the tick is planned already.
        self._touched: dict[Connection, None] = {}
        self._awake = False
        # The paced flush: planned or under way, when it began, when the next may begin, whom it still owes.
        self._flushing = False
        self._flush_began = 0.0
        self._flush_due = 0.0
        self._owed: list[Subscriber] = []
        # Who is next to be told the time. Everyone waits equally long, so arrival order is due order.
        self._beats: deque[tuple[float, Connection]] = deque()

    # --- life

    async def start(self, sockets: list[socket.socket], tls: ssl.SSLContext | None = None) -> None:
        """Serve what arrives on listening sockets."""
        # A door hears of a socket once TLS is agreed on: until then this timeout is the only bound.
        handshake_s, goodbye_s = (HANDSHAKE_TIMEOUT_S, CLOSE_ALL_S) if tls else (None, None)
        for sock in sockets:
            self._listening.append(
                await self._loop.create_server(
                    lambda: Door(self),
                    sock=sock,
                    ssl=tls,
                    ssl_handshake_timeout=handshake_s,
                    ssl_shutdown_timeout=goodbye_s,
                )
            )

    async def close(self) -> None:
        """Stop listening, say goodbye to everyone, and be gone within `CLOSE_ALL_S`."""
        for listening in self._listening:
            listening.close()
        for connection in list(self._connections.values()):
            connection.close(GOING_AWAY, "shutting down")
        self._all_gone = asyncio.Event()
        if not self._doors:
            return
        try:
            await asyncio.wait_for(self._all_gone.wait(), CLOSE_ALL_S)
        except TimeoutError:
            for door in list(self._doors):
                door.abort()
            await self._all_gone.wait()

    def close_private(self, reason: str) -> None:
        """End every private connection: what the exchange would tell it can no longer be kept."""
        for connection in list(self._connections.values()):
            if connection.host in PRIVATE_HOSTS:
                connection.close(INTERNAL_ERROR, reason)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._connections)

    # --- the tick

    def wake(self) -> None:
        """Something was submitted or is to be sent: end this tick with a drain and a write each."""
        if not self._awake:
            self._awake = True
            self._loop.call_soon(self._end_tick)

    def publish(self, outcomes: list[Outcome]) -> None:
        """Durable outcomes, in order: acks first, then private rows; public frames with the flush."""
        for outcome in outcomes:
            self.answer(outcome)
            self._hub.apply(outcome)
            for who, frame in self._hub.take_private():
                self._send(who, frame)
        self.wake()
        self._plan_flush()

    def answer(self, outcome: Outcome) -> None:
        """Tell the session that asked, if one did and its connection still stands."""
        origin = outcome.origin
        connection = self._connections.get(origin.who) if isinstance(origin, Origin) else None
        if connection is not None:
            connection.session.complete(outcome, self._now_ns())
            self._collect(connection)

    def _end_tick(self) -> None:
        left = self._drain()
        self._awake = False
        if left:
            self.wake()
        if self.options.flush_ms == 0:
            for who in self._hub.dirty():
                self._send(who, self._hub.take(who))
        touched, self._touched = self._touched, {}
        for connection in touched:
            self._write(connection)

    def _send(self, who: Subscriber, frame: bytes) -> None:
        connection = self._connections.get(who)
        if connection is not None:
            connection.pending.append(frame)
            self._touched[connection] = None

    def _collect(self, connection: Connection) -> None:
        session = connection.session
        frames = session.messages_to_send()
        if frames or session.closing is not None:
            connection.pending.append(frames)
            self._touched[connection] = None
        self.wake()

    def _write(self, connection: Connection) -> None:
        connection.flush()
        closing = connection.session.closing
        if closing is not None:
            connection.close(*closing)

    # --- the paced flush

    def _plan_flush(self) -> None:
        if self.options.flush_ms and self._connections and not self._flushing:
            self._flushing = True
            self._loop.call_at(self._flush_due, self._flush)

    def _flush(self) -> None:
        self._flush_began = self._loop.time()
        self._owed = self._hub.dirty()
        self._owed.reverse()
        self._flush_slice()

    def _flush_slice(self, *, tick_ended: bool = False) -> None:
        if self._awake and not tick_ended:
            # Acks do not wait behind the writes of a slice: the tick that is under way ends first, once.
            self._loop.call_soon(partial(self._flush_slice, tick_ended=True))
            return
        for _ in range(min(SLICE, len(self._owed))):
            who = self._owed.pop()
            connection = self._connections.get(who)
            if connection is not None:
                connection.pending.append(self._hub.take(who))
                self._write(connection)
        if self._owed:
            self._loop.call_soon(self._flush_slice)
            return
        self._flushing = False
        self._flush_due = next_flush(self._flush_began, self._loop.time(), self.options.flush_ms / 1000)
        if self._hub.dirty():
            self._plan_flush()

    # --- the clock of each connection

    def _beat(self) -> None:
        soon = self._loop.time() + TIMER_GRAIN_S
        now_ns = self._now_ns()
        while self._beats and self._beats[0][0] <= soon:
            due, connection = self._beats.popleft()
            if connection.is_open:
                connection.session.on_time(now_ns)
                self._collect(connection)
                self._beats.append((due + HEARTBEAT_S, connection))
        if self._beats:
            self._loop.call_at(self._beats[0][0], self._beat)

    # --- at the door

    def arrived(self, door: Door) -> bool:
        """Whether a socket may stay: there is a bound on them."""
        self._doors.add(door)
        room = self.options.max_connections
        return len(self._doors) <= room + max(room >> 3, MIN_HANDSHAKES) and self._all_gone is None

    def admit(self, address: str, host: str, target: str) -> Connection | Refusal:
        """A connection for an upgrade, or the reason why not."""
        self.connects_total += 1
        if self.options.limit_connects and not self._connects.admit(address, self._now_ns()):
            return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "too many connects; banned for 10 minutes\n")
        where = route(host, target)
        if isinstance(where, NoRoute):
            return Refusal(HTTPStatus.NOT_FOUND, where.text)
        if len(self._connections) >= self.options.max_connections:
            return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections\n")
        return Connection(self, where.host, address, self.options.max_outbox, where.api)

    def left(self, door: Door) -> None:
        """A socket is gone."""
        self._doors.discard(door)
        if not self._doors and self._all_gone is not None:
            self._all_gone.set()

    # --- from connections

    def opened(self, connection: Connection) -> None:
        """An upgrade is done: open its session."""
        self._last_who += 1
        connection.who = Subscriber(self._last_who)
        connection.session = self._open_session(
            connection.who, connection.host, connection.api, self._now_ns()
        )
        self._connections[connection.who] = connection
        self._collect(connection)
        self._beats.append((self._loop.time() + HEARTBEAT_S, connection))
        if len(self._beats) == 1:
            self._loop.call_at(self._beats[0][0], self._beat)

    def received(self, connection: Connection, text: bytes) -> None:
        """A message arrived."""
        self.messages_total += 1
        connection.session.receive(text, self._now_ns())
        self._collect(connection)

    def closed(self, connection: Connection) -> None:
        """A connection ended: it hears nothing more."""
        del self._connections[connection.who]
        self._touched.pop(connection, None)
        self._hub.drop(connection.who)


def next_flush(began_s: float, ended_s: float, pace_s: float) -> float:
    """When the flush after one that began and ended then may begin."""
    return max(began_s + pace_s, ended_s + REST_PER_FLUSH * (ended_s - began_s))
