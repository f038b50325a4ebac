"""What commands that serve have in common: the loop, the signals that end it, and the ready file."""

import asyncio
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class Reached(Protocol):
    """Whatever has addresses: `LocalExchange`, `gateway.sockets.Addresses`."""

    @property
    def http_url(self) -> str:
        """Base address of REST."""
        ...

    @property
    def ws_url(self) -> str:
        """WebSocket v2: market data."""
        ...

    @property
    def ws_auth_url(self) -> str:
        """WebSocket v2: trading and private channels."""
        ...

    @property
    def ws_l3_url(self) -> str:
        """WebSocket v2: level3."""
        ...


def write_ready(path: Path, reached: Reached, ca: Path | None = None) -> None:
    """Tell, in one piece, that everything listens, and where; and whom clients are to trust."""
    told = {
        "http_url": reached.http_url,
        "ws_url": reached.ws_url,
        "ws_auth_url": reached.ws_auth_url,
        "ws_l3_url": reached.ws_l3_url,
        "pid": os.getpid(),
    }
    if ca is not None:
        told["ca"] = str(ca)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(told), encoding="utf-8")
    unfinished.replace(path)


def on_signals(stop: Callable[[], None]) -> None:
    """Have SIGINT and SIGTERM call something, within a running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:  # loops on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed; else Python's own."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    return uvloop.new_event_loop
