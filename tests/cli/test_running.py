"""What commands that serve have in common; `test_serve` sees them end by signals."""

import asyncio
import json
import os
import signal
from pathlib import Path

from krakenbox.cli.running import loop_factory, on_signals, write_ready
from krakenbox.gateway.sockets import Addresses


def test_the_ready_file_is_one_piece(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    write_ready(ready, Addresses(("127.0.0.1",), 80, 81))
    assert json.loads(ready.read_text()) == {
        "http_url": "http://127.0.0.1:80",
        "ws_url": "ws://127.0.0.1:81/v2",
        "ws_auth_url": "ws://127.0.0.1:81/ws-auth/v2",
        "ws_l3_url": "ws://127.0.0.1:81/ws-l3/v2",
        "pid": os.getpid(),
    }
    assert list(tmp_path.iterdir()) == [ready]


def test_a_signal_is_passed_on() -> None:
    async def wait() -> None:
        stop = asyncio.Event()
        on_signals(stop.set)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), 10)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(wait())
