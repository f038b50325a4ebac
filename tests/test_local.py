"""An exchange in this process: where it is, who may trade, what a seed fixes, and how it ends."""

import asyncio
import json
import socket
from typing import Any

import aiohttp
import pytest
from msgspec.structs import replace

import krakenbox
from gateway.peer import Peer, hang_up_all, run
from krakenbox.clock import ManualClock
from krakenbox.config import Limits, load_default
from krakenbox.errors import ConfigError
from krakenbox.gateway import door
from krakenbox.model.command import Deposit
from krakenbox.model.order import AccountId
from krakenbox.sequencer import SequencerCrash
from live import Client, live, token

T0 = 1_790_000_000_000_000_000
SECOND = 1_000_000_000


def test_it_tells_where_it_is_and_who_may_trade() -> None:
    async def test() -> None:
        async with krakenbox.LocalExchange(seed=7, market="off") as exchange:
            ws, http = exchange.ws_port, exchange.http_port
            assert 0 not in (ws, http)
            assert exchange.http_url == f"http://127.0.0.1:{http}"
            assert exchange.ws_url == f"ws://127.0.0.1:{ws}/v2"
            assert exchange.ws_auth_url == f"ws://127.0.0.1:{ws}/ws-auth/v2"
            assert exchange.ws_l3_url == f"ws://127.0.0.1:{ws}/ws-l3/v2"
            assert {name: a.tier for name, a in exchange.accounts.items()} == {
                "alice": "pro",
                "bob": "intermediate",
                "carol": "starter",
            }
            assert len(exchange.accounts["alice"].api_key) == 56
            assert len(exchange.accounts["alice"].api_secret) == 88
            async with aiohttp.ClientSession() as http_client:
                response = await http_client.get(f"{exchange.http_url}/health")
                health = await response.json()
                assert (health["ready"], health["sequence"]) == (True, 85)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", ws)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", http)

    run(test())


def test_agents_trade_in_the_pairs_they_are_given_alone() -> None:
    async def test() -> None:
        config = load_default()
        free = replace(config.server, http_port=0, ws_port=0)
        config = replace(config, server=free, traded=frozenset(("SOL/USD",)))
        async with krakenbox.LocalExchange(seed=7, market="calm", config=config) as exchange:
            markets = exchange.household.started.exchange.venue.markets
            assert len(markets) == 15
            assert [symbol for symbol, market in markets.items() if market.book.bids.best()] == ["SOL/USD"]

    run(test())


def test_two_live_in_one_process_and_know_nothing_of_each_other() -> None:
    async def test() -> None:
        async with live() as one, live() as other:
            assert one.ws_port != other.ws_port
            alice = await Client.connect(one.ws_auth_url)
            bought = {
                "symbol": "BTC/USD",
                "side": "buy",
                "order_type": "limit",
                "limit_price": 1,
                "order_qty": 1,
            }
            alice.send("add_order", token=await token(one, "alice"), **bought)
            assert (await alice.receive())["success"]
            watcher = await Client.connect(other.ws_url)
            watcher.send("subscribe", channel="book", symbol=["BTC/USD"])
            assert (await watcher.until(lambda m: m.get("channel") == "book"))[-1]["data"][0]["bids"] == []
            # Both have the same keys, but neither knows the other's tokens.
            alice.send("add_order", token=await token(other, "alice"), **bought)

    run(test())


async def traded(seed: int | None, flush_ms: int = 10) -> list[bytes]:
    """What two clients are told of a few trades, byte for byte."""
    config = load_default()
    server = replace(config.server, http_port=0, ws_port=0, flush_ms=flush_ms)
    clock = ManualClock(T0)
    exchange = krakenbox.LocalExchange(
        seed=seed, market="off", config=replace(config, server=server), clock=clock
    )
    told: list[bytes] = []
    async with exchange:
        alice = await Peer.connect(exchange.ws_port, "/ws-auth/v2")
        watcher = await Peer.connect(exchange.ws_port)
        told += [(await peer.receive()).payload for peer in (alice, watcher)]
        key = await token(exchange, "alice")

        def ask(peer: Peer, method: str, **params: Any) -> None:
            peer.send(json.dumps({"method": method, "params": params}).encode())

        ask(watcher, "subscribe", channel="book", symbol=["BTC/USD"])
        ask(alice, "subscribe", channel="executions", token=key)
        told += [(await watcher.receive()).payload for _ in range(2)]
        told += [(await alice.receive()).payload for _ in range(2)]
        order = {"symbol": "BTC/USD", "order_type": "limit", "order_qty": 0.5, "token": key}
        for i in range(5):
            clock.advance(SECOND)
            ask(alice, "add_order", side="sell", limit_price=90_000.0 + i, **order)
            told += [(await alice.receive()).payload for _ in range(3)]
            told.append((await watcher.receive()).payload)
        await hang_up_all()
    return told


def test_the_same_seed_and_clock_give_the_same_bytes() -> None:
    first = run(traded(7))
    assert len(first) == 26
    assert run(traded(7, flush_ms=0)) == first
    assert run(traded(8)) != first


def test_without_a_seed_no_two_starts_have_the_same_ids() -> None:
    one, other = (run(traded(None)) for _ in range(2))
    orders = [
        {json.loads(text)["result"]["order_id"] for text in told if b'"method":"add_order"' in text}
        for told in (one, other)
    ]
    assert [len(ids) for ids in orders] == [5, 5]
    assert not orders[0] & orders[1]


def test_a_market_starts_warm() -> None:
    async def test() -> None:
        async with krakenbox.LocalExchange(seed=7, market="calm") as exchange:
            client = await Client.connect(exchange.ws_url)
            client.send("subscribe", channel="book", symbol=["BTC/USD"], depth=1000)
            book = (await client.until(lambda m: m.get("channel") == "book"))[-1]["data"][0]
            assert (len(book["bids"]), len(book["asks"])) == (1000, 1000)
            client.send("subscribe", channel="ohlc", symbol=["BTC/USD"], interval=60)
            candles = (await client.until(lambda m: m.get("channel") == "ohlc"))[-1]["data"]
            assert len(candles) > 1
            client.send("subscribe", channel="trade", symbol=["BTC/USD"], snapshot=True)
            trades = (await client.until(lambda m: m.get("channel") == "trade"))[-1]["data"]
            assert (len(trades), trades[-1]["trade_id"]) == (50, 1000)
            # And it goes on by itself.
            client.send("subscribe", channel="ticker", symbol=["BTC/USD"], event_trigger="bbo")
            updates = await client.until(lambda m: m.get("type") == "update" and m["channel"] == "book")
            assert updates
            await hang_up_all()

    run(test())


def test_an_order_expires_though_nobody_asks() -> None:
    async def test() -> None:
        clock = ManualClock(T0)
        config = load_default()
        config = replace(config, server=replace(config.server, http_port=0, ws_port=0))
        async with krakenbox.LocalExchange(seed=7, market="off", config=config, clock=clock) as exchange:
            alice = await Client.connect(exchange.ws_auth_url)
            key = await token(exchange, "alice")
            alice.send("subscribe", channel="executions", token=key)
            await alice.until("subscribe")
            alice.send(
                "add_order",
                token=key,
                symbol="BTC/USD",
                side="buy",
                order_type="limit",
                limit_price=1000.0,
                order_qty=1,
                time_in_force="gtd",
                expire_time="2026-09-21T14:13:30Z",
            )
            await alice.until("add_order")
            clock.advance(60 * SECOND)

            def ended(message: dict[str, Any]) -> bool:
                return any(row.get("order_status") == "expired" for row in message.get("data", ()))

            assert await alice.until(ended)
            await hang_up_all()

    run(test())


def test_a_crash_of_apply_ends_it() -> None:
    async def test() -> None:
        exchange = krakenbox.LocalExchange(seed=7, market="off")
        await exchange.start()
        exchange.submit(Deposit(AccountId("alice"), "USD", "no amount"))  # type: ignore[arg-type]
        try:
            with pytest.raises(SequencerCrash, match="command 86 crashed and is voided: Deposit"):
                async with asyncio.timeout(10):
                    await exchange.ended()
            async with aiohttp.ClientSession() as client:
                response = await client.get(f"{exchange.http_url}/health")
                assert response.status == 503
        finally:
            await exchange.close()

    run(test())


def test_a_port_in_use_is_named_and_nothing_left_open() -> None:
    async def test() -> None:
        config = load_default()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            server = replace(config.server, ws_port=0, http_port=port)
            exchange = krakenbox.LocalExchange(config=replace(config, server=server))
            with pytest.raises(ConfigError, match=f"^port {port} of 127.0.0.1 is in use by another program$"):
                await exchange.start()

    run(test())


def test_a_market_that_is_none() -> None:
    with pytest.raises(ConfigError, match=r"^market must be one of off, calm, busy; was wild$"):
        krakenbox.LocalExchange(market="wild")


def test_a_half_open_handshake_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HANDSHAKE_TIMEOUT_S", 60)

    async def test() -> None:
        async with live(goodbye=True) as exchange:
            peer = await Peer.open(exchange.ws_port)
            peer.writer.write(b"GET /v2 HTTP/1.1\r\n")
            await peer.writer.drain()
        assert await peer.ended()

    run(test())


@pytest.mark.parametrize(
    ("limits", "texts"), [(Limits.OFF, set()), (Limits.REAL, {"EOrder:Rate limit exceeded"})]
)
def test_trading_limits_are_lifted_by_the_configuration(limits: Limits, texts: set[str]) -> None:
    async def test() -> None:
        async with live(limits=limits) as exchange:
            # A starter: 60 transactions at once, 60 open orders.
            carol = await Client.connect(exchange.ws_auth_url)
            secret = await token(exchange, "carol")
            order = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 0.0001}
            replies = []
            for _ in range(100):
                carol.send("add_order", token=secret, limit_price=10_000, **order)
                replies += await carol.until("add_order")
            assert {reply["error"] for reply in replies if not reply["success"]} == texts

    run(test())
