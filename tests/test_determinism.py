"""The same commands bring the same bytes: whatever the hash seed, batches or a restore, over sockets too."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from gateway.peer import TEXT, run
from krakenbox.clock import Clock, ManualClock, SystemClock
from krakenbox.local import LocalExchange
from live import Client, token

SCRIPT = Path(__file__).with_name("transcript.py")
WALL_CLOCK = re.compile(rb'"connection_id":\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z')
SCRIPTED = 1_767_225_600_000_000_000


RUNS = (
    ("0", "--batch-limit", "256"),
    ("1", "--batch-limit", "1"),
    ("random", "--batch-limit", "7", "--restore"),
)
"""Each a hash seed and what tests/transcript.py is told besides; two more for a long run."""
SOAK_RUNS = (("0", "--batch-limit", "256", "--restore"), ("random", "--batch-limit", "256"))
KINDS = {
    *("add_order", "amend_order", "batch_add", "batch_cancel", "cancel_all", "cancel_all_orders_after"),
    *("cancel_order", "edit_order", "heartbeat", "subscribe", "status update", "instrument update"),
    *(f"{channel} snapshot" for channel in ("balances", "book", "executions", "instrument", "level3")),
    *(f"{channel} update" for channel in ("balances", "book", "executions", "level3", "ohlc", "ticker")),
    *("trade update", "amended", "canceled", "expired", "filled", "iceberg_refill", "new", "pending_new"),
}


def transcripts(commands: int, runs: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """What tests/transcript.py prints in each run, all at the same time."""

    def start(hash_seed: str, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(SCRIPT), "--commands", str(commands), *options]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    started = [start(*run) for run in runs]
    told = [process.communicate()[0].splitlines() for process in started]
    assert [process.returncode for process in started] == [0] * len(runs)
    return told


def test_neither_hash_seed_nor_batch_nor_restore_changes_a_byte(soak: bool) -> None:
    commands, runs = (100_000, (*RUNS, *SOAK_RUNS)) if soak else (10_000, RUNS)
    reference, *others = transcripts(commands, runs)
    *thousands, total, kinds = reference
    assert len(thousands) == commands // 1_000
    assert json.loads(kinds).keys() >= KINDS
    for options, told in zip(runs[1:], others, strict=True):
        apart = [expected for expected, found in zip(thousands, told, strict=False) if expected != found]
        assert not apart, f"{options}: differs from {runs[0]} before command {apart[0]}"
        assert told == reference
    print(f"{len(runs)} runs: {total}")


async def session(clock: Clock) -> bytes:
    """One client's frames over sockets, from an exchange of seed 7: one request at a time."""
    async with LocalExchange(seed=7, market="off", clock=clock) as exchange:
        received: list[bytes] = []

        class Recorder(Client):
            """Keeps the payloads, heartbeats apart: they come with the seconds."""

            async def receive(self) -> dict[str, object]:
                frame = await self.peer.receive()
                assert frame.opcode == TEXT
                if frame.payload != b'{"channel":"heartbeat"}':
                    received.append(frame.payload)
                message = json.loads(frame.payload)
                assert isinstance(message, dict)
                return message

        tokens = {name: await token(exchange, name) for name in ("alice", "bob")}
        client = await Recorder.connect(exchange.ws_auth_url)
        client.send("subscribe", channel="executions", token=tokens["alice"])
        await client.until(lambda message: message.get("type") == "snapshot")
        client.send("subscribe", channel="balances", token=tokens["alice"])
        await client.until(lambda message: message.get("type") == "snapshot")
        order = {"symbol": "BTC/USD", "order_type": "limit", "limit_price": 60000, "order_qty": 0.01}
        for number in range(20):
            client.send("add_order", number, side="sell", token=tokens["alice"], **order)
            await client.until(lambda message: _exec_type(message) == "new")
            client.send("add_order", number, side="buy", token=tokens["bob"], **order)
            await client.until(
                lambda message: message.get("channel") == "balances" and _asset(message) == "USD"
            )
        client.send("cancel_all", token=tokens["alice"])
        await client.until("cancel_all")
        await client.hang_up()
    return b"\n".join(received)


def _exec_type(message: dict[str, object]) -> str:
    data = message.get("data")
    return str(data[0].get("exec_type")) if message.get("channel") == "executions" and data else ""


def _asset(message: dict[str, object]) -> str:
    data = message.get("data")
    return str(data[0].get("asset")) if isinstance(data, list) and data else ""


@pytest.mark.parametrize(
    ("clock", "blind"),
    [(SystemClock, True), (lambda: ManualClock(SCRIPTED), False)],
    ids=["wall clock, its stamps left out", "manual clock, every byte"],
)
def test_two_runs_over_sockets_are_equal(clock: type[Clock], blind: bool) -> None:
    first, second = run(session(clock())), run(session(clock()))
    assert first.count(b'"exec_type":"trade"') == 20
    if blind:
        assert first != second
        first, second = (WALL_CLOCK.sub(b"", told) for told in (first, second))
    assert first == second
