"""Many subscribers in one process of their own. They read as much as a socket has and count frames in it,
without taking them apart, so that the server is the bottleneck and not they.
"""

import selectors
import socket
import time
from multiprocessing.connection import Connection
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.requests import BOOK_UPDATE, SUBSCRIBED, Counter

READ_BYTES = 1 << 20
STALL_S = 20.0
"""Frames that have not come by then are missing."""
QUIET_S = 0.3
"""How long the subscribers listen for frames too many."""


class Counted(NamedTuple):
    """What the subscribers were sent."""

    frames: int
    done_at: float
    """`time.perf_counter` when the last frame that was due arrived."""
    cpu_s: float
    """CPU time it took them."""


def run(parent: Connection, url: str, hello: bytes, count: int, due: int) -> None:
    """Subscribe `count` connections, say that all are, count frames until `due` came and it is quiet."""
    selector = selectors.DefaultSelector()
    counters: dict[socket.socket, Counter] = {}
    for _ in range(count):
        connected = _connect(url, hello)
        selector.register(connected, selectors.EVENT_READ)
        counters[connected] = Counter(BOOK_UPDATE)
    parent.send("subscribed")
    cpu_s = time.process_time()
    frames = _count(selector, counters, due, STALL_S)
    done_at = time.perf_counter()
    cpu_s = time.process_time() - cpu_s
    frames = _count(selector, counters, due + 1, QUIET_S)
    parent.send(Counted(frames, done_at, cpu_s))
    for connected in counters:
        connected.close()


def _connect(url: str, hello: bytes) -> socket.socket:
    """A connection that has been upgraded, and subscribed if it had to say hello."""
    parts = urlsplit(url)
    connected = socket.create_connection((parts.hostname, parts.port or 80))
    request = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: a3Jha2VuYm94IGJlbmNoIQ==\r\n\r\n"
    )
    connected.sendall(request.encode())
    _read_until(connected, b"\r\n\r\n")
    if hello:
        assert len(hello) < 126, "one byte of length"
        # A mask of zeros leaves the text as it is.
        connected.sendall(b"\x81" + bytes((0x80 | len(hello),)) + bytes(4) + hello)
        _read_until(connected, SUBSCRIBED)
    connected.setblocking(False)
    return connected


def _read_until(connected: socket.socket, mark: bytes) -> None:
    seen = b""
    while mark not in seen:
        piece = connected.recv(READ_BYTES)
        assert piece, f"the server closed before it sent {mark!r}"
        seen += piece


def _count(
    selector: selectors.BaseSelector, counters: dict[socket.socket, Counter], due: int, patience_s: float
) -> int:
    """Count until `due` frames came, or none for a while (heartbeats are none); how many came."""
    frames = sum(counter.count for counter in counters.values())
    came = time.perf_counter()
    while frames < due and time.perf_counter() - came < patience_s:
        for key, _ in selector.select(patience_s):
            assert isinstance(key.fileobj, socket.socket)
            piece = key.fileobj.recv(READ_BYTES)
            assert piece, "the server closed a subscriber"
            counter = counters[key.fileobj]
            before = counter.count
            counter.feed(piece)
            if counter.count != before:
                frames += counter.count - before
                came = time.perf_counter()
    return frames
