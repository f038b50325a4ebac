"""A past exchange over real sockets: what was, for those whose it was, and not to be changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from gateway.peer import hang_up_all, run
from krakenbox.config import Access, Server, load_default
from krakenbox.durable.archive import Archive
from krakenbox.past import PastExchange
from krakenbox.protocol.rest import sign
from live import Client, Message, token
from test_local_data import ORDER, living, seen, told, traded, trader


@asynccontextmanager
async def past(path: Path, until: int = 0) -> AsyncIterator["Looked"]:
    """What a directory holds, on free ports."""
    archive = Archive(path)
    log = archive.log()
    seq = until or log.seq
    replay = archive.replay(log, seq)
    for _ in replay.outcomes(seq):
        pass
    listening = Server(http_port=0, ws_port=0)
    keys = load_default().keys()
    async with PastExchange(replay, archive.identity().secret, keys, listening) as exchange:
        yield Looked(exchange)
        await hang_up_all()


class Looked:
    """What clients of `live` need of an exchange."""

    ca = None

    def __init__(self, exchange: PastExchange) -> None:
        self.accounts: dict[str, Access] = load_default().accesses()
        self.http_url = exchange.addresses.http_url
        self.ws_url = exchange.addresses.ws_url
        self.ws_auth_url = exchange.addresses.ws_auth_url


def test_it_shows_what_was_and_takes_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange:
            before = await traded(exchange)
        async with past(tmp_path) as looked:
            assert await seen(looked) == before
            alice, key = await trader(looked, "alice")
            for method, params in changes(before[0][0]["order_id"]).items():
                alice.send(method, token=key, **params)
                reply = await alice.receive()
                assert reply["error"] == "EService:Unavailable", method
                assert reply["time_in"] == reply["time_out"]
            book = await Client.connect(looked.ws_url)
            book.send("subscribe", channel="book", symbol=["BTC/USD"], depth=10)
            (_, snapshot) = await book.until(lambda m: m.get("channel") == "book")
            assert snapshot["data"][0]["bids"] == [{"price": 1000.0, "qty": 0.3}]
            # The clock stands still, heartbeats come.
            while (await book.receive()).get("channel") != "heartbeat":
                pass
        async with living(tmp_path) as exchange:
            assert await seen(exchange) == before

    run(test())


def changes(order_id: str) -> dict[str, Message]:
    """A request of each method that trades, about an open order."""
    return {
        "add_order": ORDER,
        "amend_order": {"order_id": order_id, "order_qty": 1},
        "edit_order": {"order_id": order_id, "symbol": "BTC/USD", "order_qty": 1},
        "cancel_order": {"order_id": [order_id]},
        "cancel_all": {},
        "cancel_all_orders_after": {"timeout": 60},
        "batch_add": {
            "symbol": "BTC/USD",
            "orders": [{key: value for key, value in ORDER.items() if key != "symbol"}] * 2,
        },
        "batch_cancel": {"orders": [order_id, "OBBBBB-AAAAA-AAAAAA"]},
    }


def test_at_any_command_while_the_exchange_goes_on(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange:
            alice, key = await trader(exchange, "alice")
            seq = exchange.household.started.sequencer.seq
            alice.send("add_order", token=key, **ORDER)
            assert (await alice.receive())["success"]
            async with past(tmp_path, seq) as looked:
                early, early_key = await trader(looked, "alice")
                assert await told(early, "executions", early_key, snap_orders=True) == []
            # Hanging up ended all connections of this process; the exchange itself goes on.
            late, key = await trader(exchange, "alice")
            assert len(await told(late, "executions", key, snap_orders=True)) == 1

    run(test())


def test_rest_and_the_operator(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path) as exchange:
            await traded(exchange)
            last_ns = exchange.household.started.exchange.venue.time_ns
            seq = exchange.household.started.sequencer.seq
        async with past(tmp_path) as looked, aiohttp.ClientSession() as http:
            time = await (await http.get(f"{looked.http_url}/0/public/Time")).json()
            assert time["result"]["unixtime"] == last_ns // 1_000_000_000
            pairs = await (await http.get(f"{looked.http_url}/0/public/AssetPairs")).json()
            assert pairs["result"]["XXBTZUSD"]["fees"][0] == [0, 0.4]
            assert await token(looked, "alice")
            path, access = "/0/private/CancelAllOrdersAfter", looked.accounts["alice"]
            nonce, body = str(10**18), f"nonce={10**18}&timeout=60"
            headers = {
                "API-Key": access.api_key,
                "API-Sign": sign(access.api_secret, path, nonce, body.encode()),
                "Content-Type": "application/x-www-form-urlencoded",
            }
            refused = await http.post(looked.http_url + path, data=body, headers=headers)
            assert await refused.json() == {"error": ["EService:Unavailable"]}
            for what in ("accounts", "deposit", "keys", "status", "snapshot"):
                reply = await http.post(f"{looked.http_url}/admin/{what}", json={})
                assert (reply.status, await reply.json()) == (503, {"error": "EService:Unavailable"})
            health = await (await http.get(f"{looked.http_url}/health")).json()
            assert (health["ready"], health["sequence"]) == (True, seq)

    run(test())


def test_a_port_in_use_leaves_nothing_open(tmp_path: Path) -> None:
    async def test() -> None:
        async with living(tmp_path):
            pass
        async with past(tmp_path) as looked, past(tmp_path) as other:
            assert looked.http_url != other.http_url
        await asyncio.sleep(0)

    run(test())
