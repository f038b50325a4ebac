"""The HTTP port: REST, admin, health and metrics over aiohttp. `rest` and `admin` decide what to answer."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
from aiohttp import web
from msgspec import Struct
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from krakenbox.errors import HistoryError
from krakenbox.gateway.admin import AdminRequest, Change
from krakenbox.gateway.rest import Request, Rest
from krakenbox.gateway.restmethod import Look, first_refusal
from krakenbox.model.command import Command
from krakenbox.model.event import Event, Outcome
from krakenbox.model.reject import Reject
from krakenbox.protocol.rest import encode_errors

logger = logging.getLogger(__name__)

MAX_BODY = 1 << 20
SHUTDOWN_S = 0.5
"""How long requests under way may take to end at a stop."""

Submit = Callable[[Command, Callable[[Outcome], None]], None]
"""A command, and whom to call with its outcome once that is durable."""


class History(Protocol):
    """What the past is read from."""

    async def read(self, function: Callable[[Connection], Any]) -> Any:
        """What a function finds in tables that hold everything before. Raises HistoryError."""
        ...


class Vitals(Struct, frozen=True, kw_only=True):
    """How an exchange is doing."""

    ready: bool
    sequence: int
    """The last durable one."""
    uptime_ns: int
    connections: int
    connects_total: int
    messages_total: int
    trouble: str = ""
    """What does not work: why the journal cannot be written, or what keeps the history from following."""
    history_lag: int = 0
    """Commands that the history has not passed yet."""
    journal_bytes: int = 0
    """0 where nothing is kept."""
    snapshot: int = 0
    """The command of the newest snapshot; 0 for none."""


class Operator(Protocol):
    """Decides what POSTs below `/admin/` do: `gateway.admin.Admin`."""

    def change(self, request: AdminRequest) -> Change:
        """What is to be submitted and answered."""
        ...


class Http:
    """The HTTP side of one exchange."""

    def __init__(
        self,
        rest: Rest,
        admin: Operator,
        submit: Submit,
        vitals: Callable[[], Vitals],
        now_ns: Callable[[], int],
        history: History | None = None,
    ) -> None:
        """Without a `history` what is over is not told."""
        self._rest = rest
        self._admin = admin
        self._submit = submit
        self._vitals = vitals
        self._now_ns = now_ns
        self._history = history
        # A registry of its own: two exchanges may live in one process.
        self._registry = CollectorRegistry()
        self._registry.register(_VitalsCollector(vitals))
        self.app = web.Application(client_max_size=MAX_BODY)
        self.app.router.add_get("/health", self._health)
        self.app.router.add_get("/metrics", self._metrics)
        for method in ("GET", "POST"):
            self.app.router.add_route(method, "/0/{rest:.*}", self._answer)
        self.app.router.add_post("/admin/{rest:.*}", self._change)
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=SHUTDOWN_S)

    async def start(self, sockets: list[socket.socket], tls: ssl.SSLContext | None = None) -> None:
        """Serve what arrives on listening sockets."""
        await self._runner.setup()
        for sock in sockets:
            await web.SockSite(self._runner, sock, ssl_context=tls).start()

    async def close(self) -> None:
        """Stop listening and end what is under way."""
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        answer = self._rest.answer(
            Request(
                address=request.remote or "",
                path=request.rel_url.raw_path,
                query=request.rel_url.raw_query_string,
                key_id=request.headers.get("API-Key", ""),
                signature=request.headers.get("API-Sign", ""),
                body=await request.read(),
            ),
            self._now_ns(),
        )
        if answer.log:
            logger.warning("%s", answer.log)
        ends = await self._journal(answer.commands)
        if answer.look is None or first_refusal(ends) is not None:
            return _json(answer.told(ends))
        return _json(await self._look_up(answer.look))

    async def _look_up(self, look: Look) -> bytes:
        """The body that tells what a look has found."""
        if self._history is None:
            return encode_errors(Reject.UNAVAILABLE)
        try:
            return look.tell(await self._history.read(look.find))
        except HistoryError as error:
            logger.warning("the history cannot be read: %s", error)
            return encode_errors(Reject.UNAVAILABLE)

    async def _change(self, request: web.Request) -> web.Response:
        change = self._admin.change(
            AdminRequest(
                address=request.remote or "",
                host=request.headers.get("Host", ""),
                origin=request.headers.get("Origin", ""),
                content_type=request.headers.get("Content-Type", ""),
                authorization=request.headers.get("Authorization", ""),
                path=request.rel_url.raw_path,
                body=await request.read(),
            )
        )
        refusal = first_refusal(await self._journal(change.commands))
        if refusal is not None:
            return _json(msgspec.json.encode({"error": refusal.text}), HTTPStatus.SERVICE_UNAVAILABLE)
        return _json(msgspec.json.encode(change.result), change.status)

    async def _journal(self, commands: Sequence[Command]) -> list[list[Event]]:
        """What each of some commands has done, once all are durable."""
        ends = [self._submitted(command) for command in commands]
        return [(await end).events for end in ends]

    def _submitted(self, command: Command) -> asyncio.Future[Outcome]:
        end: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def durable(outcome: Outcome) -> None:
            if not end.done():
                end.set_result(outcome)

        self._submit(command, durable)
        return end

    async def _health(self, _: web.Request) -> web.Response:
        vitals = self._vitals()
        told: dict[str, bool | float | str] = {
            "ready": vitals.ready,
            "sequence": vitals.sequence,
            "uptime_s": vitals.uptime_ns // 1_000_000 / 1_000,
        }
        if vitals.trouble:
            told["trouble"] = vitals.trouble
        return _json(msgspec.json.encode(told), 200 if vitals.ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )


class _VitalsCollector(Collector):
    """Vitals in Prometheus' words, read when asked for."""

    def __init__(self, vitals: Callable[[], Vitals]) -> None:
        self._vitals = vitals

    def collect(self) -> Iterator[Metric]:
        """The present values."""
        vitals = self._vitals()
        yield GaugeMetricFamily("krakenbox_ready", "1 while requests are served.", int(vitals.ready))
        yield GaugeMetricFamily("krakenbox_sequence", "Last durable command.", vitals.sequence)
        yield GaugeMetricFamily("krakenbox_uptime_seconds", "Time since start.", vitals.uptime_ns / 1e9)
        yield GaugeMetricFamily("krakenbox_connections", "Open WebSocket connections.", vitals.connections)
        yield CounterMetricFamily(
            "krakenbox_connects", "WebSocket upgrades asked for.", vitals.connects_total
        )
        yield CounterMetricFamily("krakenbox_messages", "WebSocket messages received.", vitals.messages_total)
        yield GaugeMetricFamily("krakenbox_trouble", "1 while something does not work.", bool(vitals.trouble))
        yield GaugeMetricFamily("krakenbox_history_lag", "Commands the history lacks.", vitals.history_lag)
        yield GaugeMetricFamily("krakenbox_journal_bytes", "Bytes of the journal.", vitals.journal_bytes)
        yield GaugeMetricFamily("krakenbox_snapshot", "Command of the newest snapshot.", vitals.snapshot)


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", charset="utf-8")
