"""An exchange with a data directory goes on where it was, and stops acknowledging when it cannot be kept."""

import asyncio
import errno
import logging
import os
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

import krakenbox
from builders import buy, cancel_all, place
from gateway.peer import hang_up_all, run
from krakenbox.config import Config, load_default
from krakenbox.durable.home import Identity
from krakenbox.durable.household import Household
from krakenbox.errors import ConfigError
from krakenbox.journal.disk import Disk
from krakenbox.journal.log import JournalError
from krakenbox.model.command import Tick
from live import Client, Message, token

ORDER = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "limit_price": 1000.0, "order_qty": 0.5}


def configured(**changed: Any) -> Config:
    """The shipped configuration on free ports."""
    config = load_default()
    return replace(config, server=replace(config.server, http_port=0, ws_port=0), **changed)


@asynccontextmanager
async def living(path: Path, config: Config | None = None) -> AsyncIterator[krakenbox.LocalExchange]:
    """An exchange in a directory, without a market."""
    async with krakenbox.LocalExchange(market="off", config=config or configured(), data=path) as exchange:
        yield exchange
        await hang_up_all()


async def trader(exchange: krakenbox.LocalExchange, name: str, key: str = "") -> tuple[Client, str]:
    """A private connection and the token it uses."""
    client = await Client.connect(exchange.ws_auth_url)
    return client, key or await token(exchange, name)


async def told(client: Client, channel: str, key: str, **params: Any) -> list[Message]:
    """Rows of the snapshot of a private channel."""
    client.send("subscribe", channel=channel, token=key, **params)
    messages = await client.until(lambda m: m.get("channel") == channel and m.get("type") == "snapshot")
    rows: list[Message] = messages[-1]["data"]
    return rows


async def traded(exchange: krakenbox.LocalExchange) -> tuple[list[Message], list[Message]]:
    """Alice rests, Bob takes a part of it; what Alice has of orders and balances then."""
    alice, key = await trader(exchange, "alice")
    bob, bobs = await trader(exchange, "bob")
    alice.send("add_order", token=key, **ORDER)
    assert (await alice.receive())["success"]
    bob.send("add_order", token=bobs, **{**ORDER, "side": "sell", "order_qty": 0.2})
    assert (await bob.receive())["success"]
    rows = await told(alice, "executions", key, snap_orders=True, snap_trades=True)
    return rows, await told(alice, "balances", key)


async def seen(exchange: krakenbox.LocalExchange) -> tuple[list[Message], list[Message]]:
    """The same after a restart."""
    alice, key = await trader(exchange, "alice")
    rows = await told(alice, "executions", key, snap_orders=True, snap_trades=True)
    return rows, await told(alice, "balances", key)


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange:
            assert exchange.household.started.recovery.commands == 0
            before = await traded(exchange)
            _, key = await trader(exchange, "alice")
        async with living(tmp_path) as exchange:
            # Stopped cleanly, it starts from its last snapshot alone.
            assert exchange.household.started.image_seq > 0
            assert exchange.household.started.recovery.commands == 0
            assert await seen(exchange) == before
            # A token outlives the restart, and ids never come again.
            alice, _ = await trader(exchange, "alice", key)
            alice.send("add_order", token=key, **ORDER)
            reply = await alice.receive()
            assert reply["success"]
            assert reply["result"]["order_id"] not in {row["order_id"] for row in before[0]}

    run(test())


def test_a_copy_made_while_it_runs_is_what_a_power_cut_leaves(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path / "one") as exchange:
            before = await traded(exchange)
            shutil.copytree(tmp_path / "one", tmp_path / "two")
        async with living(tmp_path / "two") as exchange:
            assert exchange.household.started.image_seq == 0
            assert exchange.household.started.recovery.commands > 80
            assert await seen(exchange) == before

    run(test())


def test_keys_and_nonces_outlive_a_restart(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange, aiohttp.ClientSession() as http:
            headers = {"Content-Type": "application/json"}
            body = '{"name":"dave","balances":{"USD":"7"}}'
            reply = await http.post(f"{exchange.http_url}/admin/accounts", data=body, headers=headers)
            dave = await reply.json()
            assert reply.status == 201
            await token(exchange, "alice")
            nonces = dict(exchange.household.started.hub.nonces)
            assert nonces
        async with living(tmp_path) as exchange:
            assert exchange.household.started.hub.nonces == nonces
            access = replace(
                exchange.accounts["alice"], api_key=dave["api_key"], api_secret=dave["api_secret"]
            )
            exchange.accounts["dave"] = access
            client, key = await trader(exchange, "dave")
            rows = await told(client, "balances", key)
            assert [(row["asset"], row["balance"]) for row in rows] == [("USD", 7.0)]

    run(test())


def test_what_changed_in_the_configuration_is_told_and_what_cannot_refuses(tmp_path: Path) -> None:
    async def test() -> None:
        config = configured()
        async with living(tmp_path, config) as exchange:
            before = exchange.household.started.sequencer.seq
        dave = replace(config.accounts["carol"], name="dave", keys=())
        async with living(tmp_path, replace(config, accounts={**config.accounts, "dave": dave})) as exchange:
            hub = exchange.household.started.hub
            assert "dave" in hub.accounts
            assert exchange.household.started.sequencer.seq == before + 2 + len(dave.balances)
        async with living(tmp_path, config) as exchange:
            assert "dave" in exchange.household.started.hub.accounts
        coarse = replace(config.instruments[0], price_decimals=0)
        with pytest.raises(ConfigError, match=r"price_decimals must stay 1, as in the journal; was 0"):
            async with living(tmp_path, replace(config, instruments=(coarse, *config.instruments[1:]))):
                pass
        async with living(tmp_path, config) as exchange:
            assert exchange.household.started.recovery.commands == 0

    run(test())


def test_an_opening_that_was_cut_short_begins_anew(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange:
            venue_id = exchange.household.started.log.header.venue_id
        identity = (tmp_path / "identity.json").read_text()
        (tmp_path / "identity.json").write_text(identity.replace('"begun":true', '"begun":false'))
        async with living(tmp_path) as exchange:
            assert exchange.household.started.log.header.venue_id == venue_id
            assert (exchange.household.started.image_seq, exchange.household.started.recovery.commands) == (
                0,
                0,
            )

    run(test())


def test_a_directory_in_use_names_who_uses_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path):
            with pytest.raises(ConfigError, match=f"is in use by process {os.getpid()}$"):
                await krakenbox.LocalExchange(market="off", config=configured(), data=tmp_path).start()

    run(test())


def test_damage_refuses_to_start_with_its_place(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange:
            await traded(exchange)
        (segment,) = (tmp_path / "journal").glob("*.log")
        data = bytearray(segment.read_bytes())
        data[1_000] ^= 1
        segment.write_bytes(data)
        with pytest.raises(JournalError, match=r"damaged in segment 0*1 at byte \d+"):
            async with living(tmp_path):
                pass

    run(test())


def test_a_snapshot_is_made_when_asked_for(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange, aiohttp.ClientSession() as http:
            seq = exchange.household.started.sequencer.seq
            reply = await http.post(f"{exchange.http_url}/admin/snapshot", json={})
            assert (reply.status, await reply.json()) == (202, {"sequence": seq})
            while not exchange.household.image_seq:
                exchange.household.step()
                await asyncio.sleep(0)
            metrics = await (await http.get(f"{exchange.http_url}/metrics")).text()
            assert f"krakenbox_snapshot {float(seq)}\n" in metrics
            assert f"krakenbox_journal_bytes {float(exchange.household.journal_bytes)}\n" in metrics
            assert exchange.household.journal_bytes > 1_000
        assert [path.name for path in (tmp_path / "snapshots").iterdir()] == [f"{seq:020}.snap"]
        async with krakenbox.LocalExchange(market="off") as exchange, aiohttp.ClientSession() as http:
            reply = await http.post(f"{exchange.http_url}/admin/snapshot", json={})
            assert reply.status == 409
            assert (exchange.household.journal_bytes, exchange.household.image_seq) == (0, 0)
            await hang_up_all()

    run(test())


class Failing(krakenbox.LocalExchange):
    """An exchange whose disk can be made to fail or to stall: the one that its journal lies on."""

    error: OSError | None = None
    stall_s = 0.0

    async def _move_in(self, fresh: Identity) -> Household:
        def sync(file: int) -> None:
            threading.Event().wait(self.stall_s)
            if self.error is not None:
                raise self.error
            os.fsync(file)

        return await Household.open(self.config.data, fresh, self._clock.now_ns, Disk(sync=sync))


def test_a_disk_that_fails_stops_the_acknowledging(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        exchange = Failing(market="off", config=configured(), data=tmp_path)
        await exchange.start()
        try:
            before = await traded(exchange)
            alice, key = await trader(exchange, "alice")
            public = await Client.connect(exchange.ws_url)
            exchange.error = OSError(errno.ENOSPC, "No space left on device")
            alice.send("add_order", token=key, **ORDER)
            # No acknowledgement: the connection ends.
            assert (await alice.peer.receive()).code == 1011
            public.send("ping")
            assert (await public.receive())["method"] == "pong"
            late, _ = await trader(exchange, "alice", key)
            late.send("add_order", token=key, **ORDER)
            assert (await late.receive())["error"] == "EService:Unavailable"
            async with aiohttp.ClientSession() as http:
                health = await http.get(f"{exchange.http_url}/health")
                assert health.status == 503
                told = await health.json()
                expected = "the journal has stopped: [Errno 28] No space left on device"
                assert (told["ready"], told["trouble"]) == (False, expected)
                made = await http.post(f"{exchange.http_url}/admin/snapshot", json={})
                assert (made.status, await made.json()) == (503, {"error": "EService:Unavailable"})
            await hang_up_all()
        finally:
            await exchange.close()
        async with living(tmp_path) as again:
            # The unacknowledged order may be there or not; here it reached the file.
            rows, _ = await seen(again)
            assert [row for row in rows if row in before[0]] == before[0]

    with caplog.at_level(logging.ERROR):
        run(test())
    assert "the journal failed, nothing is accepted any more: [Errno 28]" in caplog.text


def test_an_end_under_load_shows_no_outcome_twice(tmp_path: Path) -> None:
    async def test() -> None:
        async with Failing(market="off", config=configured(), data=tmp_path) as exchange:
            rested = asyncio.get_running_loop().create_future()
            exchange.submit(place(buy, 1, at=100), rested.set_result)
            await rested
            exchange.stall_s = 0.2
            exchange.submit(cancel_all())
            exchange.submit(Tick(), lambda outcome: published.append(outcome.seq))
        # Its last commands were on their way to the disk: they are published first, and then captured.
        assert published == [exchange.household.started.sequencer.seq]
        assert exchange.household.image_seq == published[0]

    published: list[int] = []
    run(test())
