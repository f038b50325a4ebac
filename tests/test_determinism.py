"""The same frames bring the same bytes: whatever the batches, the hash seed, and over real sockets too."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.peer import TEXT, run
from krakenbox.clock import Clock, ManualClock, SystemClock
from krakenbox.local import LocalExchange
from live import Client, token

SCRIPT = Path(__file__).with_name("transcript.py")
WALL_CLOCK = re.compile(rb'"connection_id":\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z')
SCRIPTED = 1_767_225_600_000_000_000


def transcript(hash_seed: str, batch_limit: str) -> bytes:
    """What tests/transcript.py prints."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    return subprocess.check_output([sys.executable, str(SCRIPT), batch_limit], env=environment, timeout=60)


def test_neither_batches_nor_hash_seeds_change_a_byte() -> None:
    reference = transcript("0", "1")
    assert reference.count(b'"type":"update"') > 1_000
    assert transcript("1", "7") == reference
    assert transcript("2", "256") == reference


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
