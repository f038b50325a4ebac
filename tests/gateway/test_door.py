"""Sockets before, and instead of, an upgrade."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import pytest

from gateway.peer import TEXT, Frame, Peer, run
from krakenbox.gateway import door
from krakenbox.gateway.connection import Connection
from krakenbox.gateway.desk import Host
from krakenbox.gateway.door import Door, Refusal
from krakenbox.protocol.framing import text_frame


class Porter:
    """Lets everybody in who asks for /v2, up to a number of sockets; greets with the address it was told."""

    def __init__(self, room: int = 100) -> None:
        self.room = room
        self.doors: list[Door] = []
        self.asked: list[tuple[str, str, str]] = []
        self.nobody = asyncio.Event()
        self.port = 0

    def arrived(self, arriving: Door) -> bool:
        self.doors.append(arriving)
        return len(self.doors) <= self.room

    def left(self, leaving: Door) -> None:
        self.doors.remove(leaving)
        if not self.doors:
            self.nobody.set()

    def admit(self, address: str, host: str, target: str) -> Connection | Refusal:
        self.asked.append((address, host, target))
        if target != "/v2":
            return Refusal(HTTPStatus.NOT_FOUND, "go to /v2\n")
        return Connection(self, Host.WS, address)

    def opened(self, connection: Connection) -> None:
        connection.pending.append(text_frame(connection.address.encode()))
        connection.flush()

    def received(self, connection: Connection, text: bytes) -> None:
        raise AssertionError(f"nothing is sent here; was {text!r}")

    def closed(self, connection: Connection) -> None:
        """The socket is what counts here."""


def served(test: Callable[[Porter], Awaitable[None]], room: int = 100) -> Porter:
    """Run a test against a porter; when it ends nobody may be left."""

    async def serve() -> Porter:
        porter = Porter(room)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Door(porter), "127.0.0.1", 0)
        porter.port = server.sockets[0].getsockname()[1]
        await test(porter)
        async with asyncio.timeout(10):
            await porter.nobody.wait()
        server.close()
        await server.wait_closed()
        return porter

    return run(serve())


def test_an_upgrade_knows_its_address_host_and_target() -> None:
    async def test(porter: Porter) -> None:
        peer = await Peer.connect(porter.port, Host="ws-auth.kraken.com")
        assert await peer.receive() == Frame(TEXT, b"127.0.0.1")
        await peer.hang_up()

    assert served(test).asked == [("127.0.0.1", "ws-auth.kraken.com", "/v2")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Connection": "keep-alive, Upgrade"},
        {"Upgrade": "WebSocket"},
        {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
        {"Origin": "https://example.com"},
    ],
)
def test_what_clients_send_is_accepted_and_compression_left_out(headers: dict[str, str]) -> None:
    async def test(porter: Porter) -> None:
        peer = await Peer.open(porter.port)
        status, answer = await peer.upgrade(**headers)
        assert status == 101
        assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
        assert "extensions" not in answer.lower()
        await peer.hang_up()

    served(test)


@pytest.mark.parametrize(
    ("target", "headers", "status", "text"),
    [
        ("/v3", {}, 404, "go to /v2\n"),
        ("/v2", {"Upgrade": "h2c"}, 400, "Can 'Upgrade' only to 'websocket'"),
        ("/v2", {"Sec_WebSocket_Version": "12"}, 400, "unsupported websocket version"),
        ("/v2", {"Sec_WebSocket_Key": "short"}, 400, "invalid key"),
        ("/v2", {"Content_Length": "5"}, 400, "body is not supported"),
    ],
)
def test_refused_upgrades_are_told_why(target: str, headers: dict[str, str], status: int, text: str) -> None:
    async def test(porter: Porter) -> None:
        peer = await Peer.open(porter.port)
        got, answer = await peer.upgrade(target, **headers)
        assert got == status
        assert "Connection: close" in answer
        assert text in answer
        assert await peer.ended()
        await peer.hang_up()

    served(test)


@pytest.mark.parametrize("sent", [b"", b"GET /v2 HTTP/1.1\r\nHost:", b"\x16\x03\x01"])
def test_a_half_open_handshake_times_out_in_silence(
    sent: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door, "HANDSHAKE_TIMEOUT_S", 0.05)

    async def test(porter: Porter) -> None:
        peer = await Peer.open(porter.port)
        peer.writer.write(sent)
        assert await peer.ended()
        await peer.hang_up()

    assert served(test).asked == []
    assert caplog.records == []


def test_an_upgraded_connection_does_not_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "HANDSHAKE_TIMEOUT_S", 0.05)

    async def test(porter: Porter) -> None:
        upgraded = await Peer.connect(porter.port)
        assert (await upgraded.receive()).payload == b"127.0.0.1"
        later = await Peer.open(porter.port)
        assert await later.ended()
        assert len(porter.doors) == 1
        await later.hang_up()
        await upgraded.hang_up()

    served(test)


def test_an_endless_request_is_cut() -> None:
    async def test(porter: Porter) -> None:
        peer = await Peer.open(porter.port)
        peer.writer.write(b"GET /v2 HTTP/1.1\r\nX: " + b"x" * 20_000)
        assert await peer.ended()
        await peer.hang_up()

    assert served(test).asked == []


def test_a_peer_that_leaves_early_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    async def test(porter: Porter) -> None:
        peer = await Peer.open(porter.port)
        peer.writer.write(b"GET /v2 HT")
        await peer.hang_up()

    with caplog.at_level(logging.WARNING):
        assert served(test).asked == []
    assert caplog.records == []


def test_one_socket_too_many_is_cut_and_the_others_stay() -> None:
    async def test(porter: Porter) -> None:
        first = await Peer.connect(porter.port)
        second = await Peer.open(porter.port)
        assert await second.ended()
        assert await first.receive() == Frame(TEXT, b"127.0.0.1")
        await second.hang_up()
        await first.hang_up()

    served(test, room=1)
