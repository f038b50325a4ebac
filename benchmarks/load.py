"""The load: clients that speak to either server in the same way, and what they measure."""

import asyncio
import gc
import multiprocessing
import time
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from benchmarks import subscribers
from benchmarks.requests import is_ack
from benchmarks.servers import Server, cpu_seconds
from benchmarks.subscribers import Counted

REPLY_S = 120.0
"""By when all replies must have come."""


class Load(NamedTuple):
    """One thing to measure."""

    name: str
    orders: int
    in_flight: int
    subscribers: int = 0
    executions: bool = False
    """Whether the client that trades is subscribed to its executions."""


class Figures(NamedTuple):
    """What one load came to."""

    p50_us: float
    """Request to reply."""
    p99_us: float
    orders_per_s: float
    order_cpu_us: float
    """The server's CPU per order."""
    frames_per_s: float
    """To all subscribers together; 0 without."""
    frame_cpu_us: float
    """The server's CPU per delivered frame, all that an order costs included; 0 without subscribers."""
    client_load: float
    """Share of a core the busiest client process used: near 1 it was the bottleneck."""


class Trader(WSListener):
    """A connection that keeps some requests in flight until a number of replies came."""

    def __init__(self, requests: Iterator[bytes], load: Load) -> None:
        self._requests = requests
        self._left = load.orders
        self._in_flight = load.in_flight
        self._sent: deque[int] = deque()
        self.latencies_ns: list[int] = []
        self.done = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport; `start` sends."""
        self.transport = transport

    def start(self) -> None:
        """Fill the window."""
        for _ in range(self._in_flight):
            self._send()

    def _send(self) -> None:
        if self._left:
            self._left -= 1
            request = next(self._requests)
            self._sent.append(time.perf_counter_ns())
            self.transport.send(WSMsgType.TEXT, request)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count a reply and send the next request."""
        if is_ack(frame.get_payload_as_bytes()):
            self.latencies_ns.append(time.perf_counter_ns() - self._sent.popleft())
            self._send()
            if not self._sent:
                self.done.set()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Over, complete or not."""
        self.done.set()


async def measure(server: Server, load: Load, requests: Iterator[bytes], first: bytes = b"") -> Figures:
    """Run one load against a server; `first` is sent before the clock runs."""
    url = server.publish if load.subscribers else server.echo
    _, trader = await ws_connect(lambda: Trader(requests, load), url)
    assert isinstance(trader, Trader)
    if first:
        trader.transport.send(WSMsgType.TEXT, first)
    due = load.orders * load.subscribers
    parent, child = multiprocessing.Pipe()
    arguments = (child, server.feed, server.hello, load.subscribers, due)
    listening = multiprocessing.get_context("spawn").Process(target=subscribers.run, args=arguments)
    listening.start()
    child.close()  # ours: once the process has ended, what is expected from it raises EOFError
    await asyncio.to_thread(parent.recv)
    gc.collect()
    gc.freeze()
    cpu_s, own_cpu_s, began = cpu_seconds(server.pid), time.process_time(), time.perf_counter()
    trader.start()
    await asyncio.wait_for(trader.done.wait(), REPLY_S)
    assert len(trader.latencies_ns) == load.orders, "the server or a refusal ended the run"
    trader_took_s, trader_cpu_s = time.perf_counter() - began, time.process_time() - own_cpu_s
    counted: Counted = await asyncio.to_thread(parent.recv)
    cpu_s = cpu_seconds(server.pid) - cpu_s
    trader.transport.disconnect()
    listening.join()
    assert counted.frames == due, f"{due} frames were due, {counted.frames} came"
    frames_took_s = counted.done_at - began
    by_latency = sorted(trader.latencies_ns[load.orders // 10 :])
    return Figures(
        p50_us=by_latency[len(by_latency) // 2] / 1e3,
        p99_us=by_latency[len(by_latency) * 99 // 100] / 1e3,
        orders_per_s=load.orders / trader_took_s,
        order_cpu_us=cpu_s * 1e6 / load.orders,
        frames_per_s=due / frames_took_s,
        frame_cpu_us=cpu_s * 1e6 / due if due else 0.0,
        client_load=max(trader_cpu_s / trader_took_s, counted.cpu_s / frames_took_s if due else 0.0),
    )
