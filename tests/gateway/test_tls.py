"""Both ports over TLS: what a socket does, a TLS transport must do too, under every loop."""

import asyncio
import logging
import ssl

import aiohttp
import pytest

from gateway.peer import LOOPS, TEXT, NewLoop, Peer, run
from krakenbox.config import Limits
from krakenbox.local import LocalExchange
from live import Client, live, token, trust

loops = pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])


def context(exchange: LocalExchange) -> ssl.SSLContext:
    """A client's, that trusts the exchange and nobody else."""
    return ssl.create_default_context(cafile=exchange.ca)


@loops
def test_an_order_over_wss_with_a_token_over_https(loop: NewLoop) -> None:
    async def test() -> None:
        async with live(tls=True) as exchange:
            assert exchange.http_url.startswith("https://127.0.0.1:")
            assert exchange.ws_auth_url == f"wss://127.0.0.1:{exchange.ws_port}/ws-auth/v2"
            alice = await Client.connect(exchange.ws_auth_url, exchange.ca)
            alice.send("subscribe", channel="executions", token=await token(exchange, "alice"))
            await alice.until(lambda m: m.get("channel") == "executions")
            alice.send("ping", 1)
            assert (await alice.receive())["method"] == "pong"

    run(test(), loop)


@pytest.mark.parametrize("name", ["ws.kraken.com", "ws-auth.kraken.com", "beta-ws.localhost", "localhost"])
def test_a_client_that_was_mapped_here_finds_the_name_it_asked_for(name: str) -> None:
    async def test() -> None:
        async with live(tls=True) as exchange:
            stream = await asyncio.open_connection(
                "127.0.0.1", exchange.ws_port, ssl=context(exchange), server_hostname=name
            )
            peer = Peer(*stream)
            assert (await peer.upgrade("/v2", Host=name))[0] == 101
            assert (await peer.receive()).opcode == TEXT
            await peer.hang_up()

    run(test())


def test_who_does_not_trust_the_authority_or_knows_another_name_is_not_fooled() -> None:
    async def test() -> None:
        async with live(tls=True) as exchange:
            with pytest.raises(ssl.SSLCertVerificationError, match="certificate verify failed"):
                await Peer.open(exchange.ws_port, tls=ssl.create_default_context())
            with pytest.raises(ssl.SSLCertVerificationError, match=r"example\.com"):
                await asyncio.open_connection(
                    "127.0.0.1", exchange.ws_port, ssl=context(exchange), server_hostname="example.com"
                )

    run(test())


def test_without_tls_there_is_nothing_to_trust() -> None:
    async def test() -> None:
        async with live() as exchange:
            assert exchange.ca is None
            assert exchange.ws_url.startswith("ws://")

    run(test())


@loops
def test_a_subscriber_that_does_not_read_is_closed_with_a_code_and_disturbs_nobody(loop: NewLoop) -> None:
    async def test() -> None:
        async with live(tls=True, limits=Limits.OFF, max_outbox=50_000) as exchange:
            alice = await Client.connect(exchange.ws_auth_url, exchange.ca)
            key = await token(exchange, "alice")
            asleep = Client(await Peer.open(exchange.ws_port, receive_buffer=4096, tls=context(exchange)))
            await asleep.peer.upgrade()
            asleep.send("subscribe", channel="book", symbol=["BTC/USD"], depth=1000)
            bid = {"symbol": "BTC/USD", "side": "buy", "order_type": "limit", "order_qty": 0.1}
            orders = 0
            while exchange.server.connections == 2:
                # Snapshots fill its buffers sooner than updates would.
                for method in ("subscribe", "unsubscribe"):
                    asleep.send(method, channel="instrument")
                alice.send("add_order", orders, token=key, limit_price=10_000 + orders, **bid)
                assert (await alice.receive())["req_id"] == orders
                orders += 1
                assert orders < 2_000, "its outbox never fills"
            frame = await asleep.closed()
            assert (frame.code, frame.payload[2:]) == (1008, b"slow consumer")

    run(test(), loop)


@loops
def test_big_snapshots_wait_for_a_slow_reader_and_arrive_whole(loop: NewLoop) -> None:
    """Two hundred snapshots of 8 KiB are far more than the buffers between the two ends hold."""

    async def test() -> None:
        async with live(tls=True) as exchange:
            hasty = Client(await Peer.open(exchange.ws_port, receive_buffer=4096, tls=context(exchange)))
            await hasty.peer.upgrade()
            patient = await Client.connect(exchange.ws_url, exchange.ca)
            for _ in range(200):
                hasty.send("subscribe", channel="instrument")
                hasty.send("unsubscribe", channel="instrument")
            for i in range(5):
                patient.send("ping", i)
                assert (await patient.receive())["req_id"] == i
            snapshots = 0
            while snapshots < 200:
                snapshots += (await hasty.receive()).get("type") == "snapshot"
            assert exchange.server.connections == 2

    run(test(), loop)


@loops
def test_a_stop_says_goodbye_and_waits_for_nobody_long(
    loop: NewLoop, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither for one who does not answer or read nor for one in the midst of a handshake."""

    async def test() -> None:
        async with live(tls=True, goodbye=True) as exchange:
            peer = await Peer.connect(exchange.ws_port, tls=context(exchange))
            asleep = Client(await Peer.open(exchange.ws_port, receive_buffer=4096, tls=context(exchange)))
            await asleep.peer.upgrade()
            for _ in range(200):
                asleep.send("subscribe", channel="instrument")
                asleep.send("unsubscribe", channel="instrument")
            await Peer.open(exchange.ws_port)
            await Peer.open(exchange.http_port)
            assert (await peer.receive()).opcode == TEXT
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 2
        frame = await peer.receive()
        assert (frame.code, frame.payload[2:]) == (1001, b"shutting down")
        assert await peer.ended()

    with caplog.at_level(logging.WARNING):
        run(test(), loop)
    assert caplog.records == []


@loops
def test_nonsense_instead_of_a_handshake_is_nobodys_problem(
    loop: NewLoop, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with live(tls=True) as exchange:
            for port in (exchange.ws_port, exchange.http_port):
                peer = await Peer.open(port)
                peer.writer.write(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                await peer.ended()
            client = await Client.connect(exchange.ws_url, exchange.ca)
            client.send("ping")
            assert (await client.receive())["method"] == "pong"
            async with aiohttp.ClientSession() as http:
                health = await http.get(f"{exchange.http_url}/health", ssl=trust(exchange))
                assert health.status == 200

    with caplog.at_level(logging.WARNING):
        run(test(), loop)
    assert caplog.records == []
