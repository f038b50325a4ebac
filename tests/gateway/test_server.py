"""The WebSocket port over real sockets: what leaves when, for whom, and what happens at each bound."""

import asyncio
import logging
from typing import Any

import pytest

from gateway.peer import CLOSE, LOOPS, TEXT, NewLoop, Peer, run
from krakenbox.config import Limits
from krakenbox.gateway.connects import MAX_CONNECTS
from krakenbox.gateway.server import SLICE, next_flush
from live import Client, Message, live, token


def sell(price: str, qty: str = "0.1") -> dict[str, Any]:
    """A limit order's parameters."""
    return {
        "symbol": "BTC/USD",
        "side": "sell",
        "order_type": "limit",
        "limit_price": float(price),
        "order_qty": float(qty),
    }


def buy(price: str, qty: str = "0.1") -> dict[str, Any]:
    """The other side's."""
    return {**sell(price, qty), "side": "buy"}


def kinds(messages: list[Message]) -> list[str]:
    """What messages are, in short: method, or channel and what happened."""
    short = []
    for message in messages:
        if "method" in message:
            short.append(message["method"])
        elif message["channel"] == "executions":
            short += [f"executions {row['exec_type']}" for row in message["data"]] or ["executions"]
        else:
            short.append(f"{message['channel']} {message['type']}")
    return short


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("flush_ms", [0, 10])
def test_one_limit_order_end_to_end(loop: NewLoop, flush_ms: int) -> None:
    async def test() -> None:
        async with live(flush_ms=flush_ms) as exchange:
            public = await Client.connect(exchange.ws_url)
            alice = await Client.connect(exchange.ws_auth_url)
            bob = await Client.connect(exchange.ws_auth_url)
            tokens = {"alice": await token(exchange, "alice"), "bob": await token(exchange, "bob")}
            public.send("subscribe", channel="book", symbol=["BTC/USD"])
            public.send("subscribe", channel="trade", symbol=["BTC/USD"])
            opening = await public.until(lambda m: m.get("result", {}).get("channel") == "trade")
            assert kinds(opening) == ["subscribe", "book snapshot", "subscribe"]
            for client, name in ((alice, "alice"), (bob, "bob")):
                client.send("subscribe", channel="executions", token=tokens[name])
                await client.until(lambda m: m.get("channel") == "executions")

            alice.send("add_order", 1, token=tokens["alice"], **sell("90000.0", "0.5"))
            rested = await alice.until(lambda m: kinds([m]) == ["executions new"])
            assert kinds(rested) == ["add_order", "executions pending_new", "executions new"]
            bob.send("add_order", 2, token=tokens["bob"], **buy("90000.0", "0.2"))
            filled = await bob.until(lambda m: kinds([m]) == ["executions filled"])
            assert kinds(filled) == [
                "add_order",
                "executions pending_new",
                "executions new",
                "executions trade",
                "executions filled",
            ]
            seen = await alice.until(lambda m: m.get("channel") == "executions")
            assert kinds(seen) == ["executions trade"]

            market = await public.until(
                lambda m: m["data"][0].get("asks") == [{"price": 90000.0, "qty": 0.3}]
            )
            assert kinds(market) == ["book update", "trade update", "book update"]

    run(test(), loop)


def test_requests_of_one_read_are_answered_in_order_and_at_once() -> None:
    async def test() -> None:
        async with live() as exchange:
            alice = await Client.connect(exchange.ws_auth_url)
            key = await token(exchange, "alice")
            for req_id in range(20):
                alice.send("add_order", req_id, token=key, **buy(f"{10_000 + req_id}.0"))
            alice.send("ping", 99)
            answers = [await alice.receive() for _ in range(21)]
            assert [answer["req_id"] for answer in answers] == [99, *range(20)]

    run(test())


def test_every_subscriber_gets_the_same_bytes_in_the_same_order() -> None:
    """More subscribers than one slice of the flush serves, some of two views."""

    async def test() -> None:
        async with live() as exchange:
            alice = await Client.connect(exchange.ws_auth_url)
            key = await token(exchange, "alice")
            watchers = [await Client.connect(exchange.ws_url) for _ in range(2 * SLICE + 5)]
            for number, watcher in enumerate(watchers):
                watcher.send("subscribe", channel="book", symbol=["BTC/USD"])
                if number % 2:
                    watcher.send("subscribe", channel="trade", symbol=["BTC/USD"])
                await watcher.until(lambda m: m.get("type") == "snapshot")
            for i in range(30):
                alice.send("add_order", i, token=key, **sell(f"{90_000 + i}.0"))

            def last(message: Message) -> bool:
                return any(ask["price"] == 90_009.0 for ask in message.get("data", [{}])[0].get("asks", ()))

            seen = [
                [m["data"][0] for m in await watcher.until(last) if m.get("channel") == "book"]
                for watcher in watchers
            ]
            assert len(seen[0]) == 10
            assert all(books == seen[0] for books in seen)

    run(test())


@pytest.mark.parametrize(
    ("host", "target", "status", "text"),
    [
        ("ws-auth.kraken.com", "/v2", 101, ""),
        ("127.0.0.1", "/beta-ws/v2/", 101, ""),
        ("127.0.0.1", "/", 101, ""),
        ("127.0.0.1", "/beta-ws-auth/", 101, ""),
        ("127.0.0.1", "/v3", 404, "there is no /v3; v1 is at /,"),
    ],
)
def test_upgrades(host: str, target: str, status: int, text: str) -> None:
    async def test() -> None:
        async with live() as exchange:
            peer = await Peer.open(exchange.ws_port)
            got, answer = await peer.upgrade(target, Host=host)
            assert got == status
            assert text in answer

    run(test())


def test_the_virtual_host_decides_what_is_served() -> None:
    async def test() -> None:
        async with live() as exchange:
            for url, refused in ((exchange.ws_url, True), (exchange.ws_auth_url, False)):
                client = await Client.connect(url)
                client.send("subscribe", channel="executions", token=await token(exchange, "alice"))
                (answer,) = await client.until("subscribe")
                assert answer["success"] is not refused

    run(test())


def test_both_families_serve_the_same_port() -> None:
    async def test() -> None:
        async with live() as exchange:
            for host in exchange.hosts:
                peer = await Peer.connect(exchange.ws_port, host=host)
                assert (await peer.receive()).opcode == TEXT
                await peer.hang_up()

    run(test())


def test_heartbeats_come_about_once_a_second_once_subscribed() -> None:
    async def test() -> None:
        async with live() as exchange:
            loop = asyncio.get_running_loop()
            client = await Client.connect(exchange.ws_url)
            client.send("subscribe", channel="instrument", snapshot=False)
            assert kinds([await client.receive()]) == ["subscribe"]
            beats = []
            for _ in range(3):
                assert await client.receive() == {"channel": "heartbeat"}
                beats.append(loop.time())
            # Never in bursts; how late one may be is up to the machine.
            assert min(beats[1] - beats[0], beats[2] - beats[1]) > 0.5
            assert 1.8 < beats[2] - beats[0] < 5

    run(test())


def test_connects_beyond_the_bound_are_refused() -> None:
    async def test() -> None:
        async with live(limit_loopback=True) as exchange:
            for _ in range(MAX_CONNECTS):
                await Peer.connect(exchange.ws_port)
            late = await Peer.open(exchange.ws_port)
            status, answer = await late.upgrade()
            assert (status, answer.endswith("too many connects; banned for 10 minutes\n")) == (429, True)

    run(test())


def test_this_machine_may_connect_as_often_as_it_likes() -> None:
    async def test() -> None:
        async with live() as exchange:
            for _ in range(MAX_CONNECTS + 1):
                peer = await Peer.connect(exchange.ws_port)
                await peer.hang_up()

    run(test())


def test_one_connection_too_many_is_told_so() -> None:
    async def test() -> None:
        async with live(max_connections=2) as exchange:
            peers = [await Peer.connect(exchange.ws_port) for _ in range(2)]
            late = await Peer.open(exchange.ws_port)
            status, answer = await late.upgrade()
            assert (status, answer.endswith("too many connections\n")) == (503, True)
            peers[0].send((1000).to_bytes(2, "big"), CLOSE)
            assert (await peers[0].receive()).opcode == TEXT
            assert (await peers[0].receive()).opcode == CLOSE
            peers.append(await Peer.connect(exchange.ws_port))

    run(test())


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_subscriber_that_does_not_read_is_closed_and_disturbs_nobody(loop: NewLoop) -> None:
    async def test() -> None:
        async with live(limits=Limits.OFF, max_outbox=50_000) as exchange:
            alice = await Client.connect(exchange.ws_auth_url)
            key = await token(exchange, "alice")
            asleep = Client(await Peer.open(exchange.ws_port, receive_buffer=4096))
            await asleep.peer.upgrade()
            awake = await Client.connect(exchange.ws_url)
            for watcher in (asleep, awake):
                watcher.send("subscribe", channel="book", symbol=["BTC/USD"], depth=1000)
            await awake.until(lambda m: m.get("type") == "snapshot")
            orders = 0
            while exchange.server.connections == 3:
                # Snapshots fill its buffers sooner than updates would.
                for method in ("subscribe", "unsubscribe"):
                    asleep.send(method, channel="instrument")
                alice.send("add_order", orders, token=key, **buy(f"{10_000 + orders}.0"))
                assert (await alice.receive())["req_id"] == orders
                orders += 1
                assert orders < 2_000, "its outbox never fills"
            for i in range(orders):
                (message,) = await awake.until(lambda m: m.get("channel") == "book")
                assert message["data"][0]["bids"] == [{"price": 10_000.0 + i, "qty": 0.1}]
            frame = await asleep.closed()
            assert (frame.code, frame.payload[2:]) == (1008, b"slow consumer")

    run(test(), loop)


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_burst_of_requests_holds_up_nobody_and_piles_up_nothing(loop: NewLoop) -> None:
    """A snapshot is short to ask for: two thousand of them are asked for in one write, and not read."""

    async def test() -> None:
        async with live() as exchange:
            hasty = Client(await Peer.open(exchange.ws_port, receive_buffer=4096))
            await hasty.peer.upgrade()
            patient = await Client.connect(exchange.ws_url)
            for _ in range(2_000):
                hasty.send("subscribe", channel="instrument")
                hasty.send("unsubscribe", channel="instrument")
            before = exchange.server.messages_total
            for i in range(5):
                patient.send("ping", i)
                assert (await patient.receive())["req_id"] == i
            assert exchange.server.messages_total - before < 1_000
            snapshots = 0
            while snapshots < 2_000:
                snapshots += (await hasty.receive()).get("type") == "snapshot"
            assert exchange.server.connections == 2

    run(test(), loop)


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_a_stop_says_goodbye_to_everyone_and_waits_for_nobody_long(
    loop: NewLoop, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        peers: list[Peer] = []
        async with live(goodbye=True) as exchange:
            peers = [await Peer.connect(exchange.ws_port) for _ in range(3)]
            half_open = await Peer.open(exchange.ws_port)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 2
        for peer in peers:
            assert (await peer.receive()).opcode == TEXT
            frame = await peer.receive()
            assert (frame.code, frame.payload[2:]) == (1001, b"shutting down")
            assert await peer.ended()
        assert await half_open.ended()

    with caplog.at_level(logging.WARNING):
        run(test(), loop)
    assert caplog.records == []


def test_only_private_connections_end_when_nothing_can_be_kept() -> None:
    async def test() -> None:
        async with live() as exchange:
            public = await Client.connect(exchange.ws_url)
            private = await Peer.connect(exchange.ws_port, "/ws-auth/v2")
            assert (await private.receive()).opcode == TEXT
            exchange.server.close_private("unavailable")
            frame = await private.receive()
            assert (frame.opcode, frame.code, frame.payload[2:]) == (CLOSE, 1011, b"unavailable")
            public.send("ping")
            assert (await public.receive())["method"] == "pong"

    run(test())


BAD = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"{}",
    b'{"method":1}',
    b'{"method":"subscribe"}',
    b'{"method":"subscribe","params":{"channel":"book","symbol":"BTC/USD"}}',
    b'{"method":"add_order","params":{"order_qty":1e400}}',
    b'{"method":"add_order","params":{"order_qty":NaN}}',
    b"[" * 100_000,
    b'{"method":"ping","req_id":' + b"9" * 400 + b"}",
    b'{"a":' * 5_000,
    b" " * 1_000_000,
]


@pytest.mark.parametrize("loop", LOOPS, ids=["asyncio", "uvloop"])
def test_bad_messages_are_answered_and_the_connection_stays(
    loop: NewLoop, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with live() as exchange:
            client = await Client.connect(exchange.ws_auth_url)
            for text in BAD:
                client.peer.send(text)
                answer = await client.receive()
                assert answer["success"] is False
                assert answer["error"]
            client.peer.send(b"\x00\x01", 0x2)
            assert (await client.receive())["error"] == "Malformed request"
            client.send("ping", 1)
            assert (await client.receive())["method"] == "pong"

    with caplog.at_level(logging.WARNING):
        run(test(), loop)
    assert caplog.records == []


def test_a_reply_to_someone_who_left_goes_nowhere() -> None:
    async def test() -> None:
        async with live() as exchange:
            alice = await Client.connect(exchange.ws_auth_url)
            key = await token(exchange, "alice")
            alice.send("add_order", 1, token=key, **sell("90000.0"))
            await alice.peer.writer.drain()
            await alice.hang_up()
            watcher = await Client.connect(exchange.ws_url)
            watcher.send("subscribe", channel="book", symbol=["BTC/USD"])

            def rested(message: Message) -> bool:
                return bool(message.get("data") and message["data"][0].get("asks"))

            assert (await watcher.until(rested))[-1]["data"][0]["asks"] == [{"price": 90000.0, "qty": 0.1}]

    run(test())


@pytest.mark.parametrize(
    ("began_s", "ended_s", "next_s"),
    [
        (5.0, 5.001, 5.010),  # in time: the pace is kept
        (5.0, 5.005, 5.010),
        (5.0, 5.008, 5.016),  # it took most of its pace: as long a rest follows
        (5.0, 5.030, 5.060),
    ],
)
def test_a_fan_out_takes_at_most_half_of_the_time(began_s: float, ended_s: float, next_s: float) -> None:
    assert next_flush(began_s, ended_s, 0.010) == pytest.approx(next_s)
