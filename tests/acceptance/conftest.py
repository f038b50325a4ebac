"""A krakenbox of its own, started as a user would, for clients that are not ours."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest


class Served(NamedTuple):
    """A running `krakenbox serve`: its ready file's addresses and the default accounts."""

    http_url: str
    ws_url: str
    ws_auth_url: str
    ws_l3_url: str
    accounts: dict[str, dict[str, str]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start `krakenbox serve` in a new directory; it must end within its two seconds and with 0."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Served:
        ready = tmp_path / f"ready-{len(running)}.json"
        krakenbox = [sys.executable, "-m", "krakenbox"]
        where = ["--http-port", "0", "--ws-port", "0", "--ready-file", str(ready)]
        where += ["--data", str(tmp_path / f"data-{len(running)}")]
        process = subprocess.Popen([*krakenbox, "serve", *where, *options], stdout=subprocess.DEVNULL)
        running.append(process)
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert process.poll() is None, f"serve ended with {process.returncode}"
            assert time.monotonic() < deadline, "serve was not ready within 60 s"
            time.sleep(0.02)
        told = json.loads(ready.read_text())
        assert told["pid"] == process.pid
        listed = json.loads(subprocess.check_output([*krakenbox, "accounts", "--json"], env=os.environ))
        accounts = {account["name"]: account for account in listed}
        return Served(told["http_url"], told["ws_url"], told["ws_auth_url"], told["ws_l3_url"], accounts)

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    for process in running:
        assert process.wait(timeout=10) == 0
