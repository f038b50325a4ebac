"""The two servers under test, each in a process of its own, and what they cost."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.acceptance.signing import signed

START_S = 60.0
STOP_S = 10.0


class Server(NamedTuple):
    """A server process: where orders go, where subscribers listen, and how these say what they want."""

    pid: int
    echo: str
    """URL of requests nobody else hears of."""
    publish: str
    """URL of requests that make an update for every subscriber."""
    feed: str
    hello: bytes
    """What a subscriber has to send first; nothing: it is subscribed by connecting."""
    tokens: tuple[str, str]
    """Of two accounts."""


def cpu_seconds(pid: int) -> float:
    """CPU time a process has used; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def bare() -> Iterator[Server]:
    """The bare picows server."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        base = f"ws://127.0.0.1:{int(process.stdout.readline())}"
        yield Server(
            process.pid, f"{base}/echo", f"{base}/publish", f"{base}/feed", b"", ("s" * 43, "b" * 43)
        )
    finally:
        process.kill()
        process.wait()


@contextmanager
def krakenbox(hello: bytes) -> Iterator[Server]:
    """krakenbox as a user serves it, but without a market and trading limits: all load is ours."""
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready.json"
        options = ["--ephemeral", "--market", "off", "--limits", "off", "--http-port", "0", "--ws-port", "0"]
        command = [sys.executable, "-m", "krakenbox", "serve", *options, "--ready-file", str(ready)]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + START_S
            while not ready.exists():
                assert process.poll() is None, "krakenbox did not start"
                assert time.monotonic() < deadline, f"krakenbox was not ready within {START_S} s"
                time.sleep(0.02)
            told = json.loads(ready.read_text())
            tokens = _token(told["http_url"], "alice"), _token(told["http_url"], "bob")
            yield Server(process.pid, told["ws_auth_url"], told["ws_auth_url"], told["ws_url"], hello, tokens)
        finally:
            process.terminate()
            process.wait(STOP_S)


def _token(http_url: str, account: str) -> str:
    """A WebSocket token of a default account."""
    listed = json.loads(subprocess.check_output([sys.executable, "-m", "krakenbox", "accounts", "--json"]))
    key = next(entry for entry in listed if entry["name"] == account)
    path, nonce = "/0/private/GetWebSocketsToken", str(time.time_ns())
    body = f"nonce={nonce}"
    headers = signed(key["api_key"], key["api_secret"], path, nonce, body)
    request = urllib.request.Request(http_url + path, body.encode(), headers)
    with urllib.request.urlopen(request) as response:
        reply = json.load(response)
    assert not reply["error"], reply
    return str(reply["result"]["token"])
