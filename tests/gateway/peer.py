"""A raw WebSocket peer: it sends exactly the bytes it is told to, so that it can misbehave."""

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

import uvloop

T = TypeVar("T")

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0
TIMEOUT_S = 10
"""Only a hanging test ever waits this long."""


class Frame(NamedTuple):
    """One received frame."""

    opcode: int
    payload: bytes

    @property
    def code(self) -> int:
        """Code of a close frame."""
        return int.from_bytes(self.payload[:2], "big")


class Peer:
    """One socket to a server. `run` closes those that a test left open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(
        cls, port: int, host: str = "127.0.0.1", receive_buffer: int = 0, tls: ssl.SSLContext | None = None
    ) -> "Peer":
        """A connected socket; nothing is sent. A small receive buffer makes a peer slow soon."""
        sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, port))
        limit = 4096 if receive_buffer else 2**16
        name = None if tls is None else host
        peer = cls(*await asyncio.open_connection(sock=sock, limit=limit, ssl=tls, server_hostname=name))
        _opened.append(peer)
        return peer

    @classmethod
    async def connect(
        cls,
        port: int,
        target: str = "/v2",
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        **headers: str,
    ) -> "Peer":
        """A connected and upgraded socket."""
        peer = await cls.open(port, host, tls=tls)
        status, _ = await peer.upgrade(target, **headers)
        assert status == 101, status
        return peer

    async def upgrade(self, target: str = "/v2", **headers: str) -> tuple[int, str]:
        """Ask for an upgrade; status and whole answer. `_` in a header's name stands for `-`."""
        asked = {
            "Host": "127.0.0.1",
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in asked.items()), "", ""]
        self.writer.write("\r\n".join(lines).encode())
        async with asyncio.timeout(TIMEOUT_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status = int(head.split()[1])
            rest = "" if status == 101 else (await self.reader.read()).decode()
        return status, head + rest

    def send(self, payload: bytes, opcode: int = TEXT, fin: bool = True, bits: int = 0) -> None:
        """Send one masked frame."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))
        size = len(payload)
        if size < 126:
            length = bytes([0x80 | size])
        elif size < 1 << 16:
            length = bytes([0x80 | 126]) + size.to_bytes(2, "big")
        else:
            length = bytes([0x80 | 127]) + size.to_bytes(8, "big")
        self.writer.write(bytes([fin << 7 | bits | opcode]) + length + mask + masked)

    async def receive(self) -> Frame:
        """The next frame."""
        async with asyncio.timeout(TIMEOUT_S):
            first, second = await self.reader.readexactly(2)
            assert first & 0x80, "a server never sends fragments"
            assert not second & 0x80, "a server never masks"
            size = second
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            return Frame(first & 0xF, await self.reader.readexactly(size))

    async def ended(self) -> bool:
        """Wait for the server to close the socket; whether it sent nothing more before."""
        async with asyncio.timeout(TIMEOUT_S):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True

    async def hang_up(self) -> None:
        """Close the socket without a word."""
        self.writer.transport.abort()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


_opened: list[Peer] = []

NewLoop = Callable[[], asyncio.AbstractEventLoop]
LOOPS: list[NewLoop] = [asyncio.new_event_loop, uvloop.new_event_loop]


def run(test: Coroutine[Any, Any, T], loop: NewLoop = uvloop.new_event_loop) -> T:
    """Run a test to its end on a new loop."""
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(_tidied(test))


async def _tidied(test: Coroutine[Any, Any, T]) -> T:
    try:
        return await test
    finally:
        await hang_up_all()


async def hang_up_all() -> None:
    """Close every socket a test opened, so that no server waits for an answer to its goodbye."""
    while _opened:
        await _opened.pop().hang_up()
