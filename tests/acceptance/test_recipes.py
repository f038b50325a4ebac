"""The blocks of docs/clients.md that can run here, as they stand, over TLS with krakenbox's own authority."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from krakenbox.cli.serve import TRUST
from krakenbox.config import load_default

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
NODE = shutil.which("node")
RUN: dict[str, Callable[[str], list[str]]] = {
    "python": lambda text: [sys.executable, "-c", text],
    "js": lambda text: [NODE or "node", "--experimental-websocket", "--input-type=module", "-e", text],
    "sh": lambda text: ["sh", "-c", text],
}
PRINTED = {
    "aiohttp": ["online\n", '{"channel":"ticker","type":"snapshot"'],
    "websockets": ['{"channel":"book","type":"snapshot"'],
    "python-kraken-sdk": ["online\n", "{'channel': 'balances', 'type': 'snapshot'"],
    "ccxt": ["ok\n", "O"],
    "krakenex": ["900\n"],
    "Node": ["online\n", '{"channel":"ticker","type":"snapshot"'],
    "curl": ['{"error":[],"result":{"unixtime":'],
}
"""How what each prints begins, one text per print."""
ACCOUNTS = {"python-kraken-sdk": "alice", "ccxt": "bob", "krakenex": "carol"}
"""Clients count their nonces in milliseconds or finer: one key serves one of them."""


def blocks() -> dict[str, tuple[str, str]]:
    """Kind and text of the first block under each heading of the third rank."""
    found = {}
    for section in PAGE.read_text().split("\n### ")[1:]:
        name, _, rest = section.split("\n## ")[0].partition("\n")
        if "```" in rest:
            kind, _, text = rest.split("```")[1].partition("\n")
            found[name] = kind, text
    return found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One `krakenbox serve --tls` for all of them: its ready file."""
    folder = tmp_path_factory.mktemp("recipes")
    ready = folder / "ready.json"
    options = [
        "--tls",
        "--data",
        str(folder / "data"),
        "--market",
        "off",
        "--http-port",
        "0",
        "--ws-port",
        "0",
    ]
    command = [sys.executable, "-m", "krakenbox", "serve", *options, "--ready-file", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not ready.exists():
        assert process.poll() is None, f"serve ended with {process.returncode}"
        assert time.monotonic() < deadline, "serve was not ready within 60 s"
        time.sleep(0.02)
    yield json.loads(ready.read_text())
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def environment(served: dict[str, Any], name: str) -> dict[str, str]:
    """That of a shell with the lines `serve` prints, and the key of an account."""
    access = load_default().accesses()[ACCOUNTS.get(name, "alice")]
    told = {"API_KEY": access.api_key, "API_SECRET": access.api_secret}
    return {**os.environ, **told, **dict.fromkeys(TRUST, served["ca"])}


@pytest.mark.parametrize("name", PRINTED)
def test_a_recipe_runs_as_it_stands(name: str, served: dict[str, Any]) -> None:
    kind, text = blocks()[name]
    command = RUN[kind](at_its_ports(text, served))
    if shutil.which(command[0] if kind != "sh" else text.split()[0]) is None:
        pytest.skip(f"{name} is not installed here")
    done = subprocess.run(
        command, env=environment(served, name), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    begins = done.stdout
    for text in PRINTED[name]:
        assert begins.startswith(text), done.stdout
        begins = begins[len(text) :]


def at_its_ports(text: str, served: dict[str, Any]) -> str:
    """A block with the ports of this exchange instead of the default ones."""
    http, ws = (served[key].split("/")[2] for key in ("http_url", "ws_url"))
    return text.replace("127.0.0.1:8080", http).replace("127.0.0.1:8081", ws)


def test_every_block_that_a_machine_like_this_can_run_is_run() -> None:
    not_run = {"Kraken's own command line"}
    assert set(blocks()) == set(PRINTED) | not_run


def test_the_page_names_what_serve_prints() -> None:
    page = PAGE.read_text()
    assert [name for name in TRUST if f"export {name}=krakenbox-data/tls/ca.pem" not in page] == []
