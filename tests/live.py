"""Clients of a running exchange over real sockets, as raw as their tests need them.

async with live() as exchange:
    alice = await Client.connect(exchange.ws_auth_url)
    alice.send("subscribe", channel="executions", token=await token(exchange, "alice"))
    await alice.until("subscribe")
"""

import asyncio
import itertools
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace as changed
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from msgspec.structs import replace

from gateway.peer import CLOSE, TEXT, TIMEOUT_S, Frame, Peer, hang_up_all
from krakenbox.config import load_default
from krakenbox.local import LocalExchange
from krakenbox.protocol.rest import sign

Message = dict[str, Any]

TOKEN_PATH = "/0/private/GetWebSocketsToken"
_nonces = itertools.count(1)


@asynccontextmanager
async def live(
    *, max_outbox: int = 0, max_connections: int = 0, goodbye: bool = False, tls: bool = False, **server: Any
) -> AsyncIterator[LocalExchange]:
    """A running exchange without a market; `server` changes its `[server]` table.

    All peers hang up before it ends, unless they wait for its `goodbye`.
    """
    config = load_default()
    told = replace(config.server, http_port=0, ws_port=0, **server)
    told_all = replace(config, server=told)
    async with LocalExchange(seed=7, market="off", config=told_all, tls=tls) as exchange:
        bounds = {"max_outbox": max_outbox, "max_connections": max_connections}
        gate = exchange.server
        gate.options = changed(gate.options, **{name: bound for name, bound in bounds.items() if bound})
        yield exchange
        if not goodbye:
            await hang_up_all()


async def token(exchange: LocalExchange, account: str) -> str:
    """A WebSocket token of an account's first key."""
    access = exchange.accounts[account]
    nonce = str(next(_nonces))
    body = f"nonce={nonce}"
    headers = {
        "API-Key": access.api_key,
        "API-Sign": sign(access.api_secret, TOKEN_PATH, nonce, body.encode()),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    async with (
        aiohttp.ClientSession() as http,
        http.post(
            exchange.http_url + TOKEN_PATH, data=body, headers=headers, ssl=trust(exchange)
        ) as response,
    ):
        told = await response.json()
    assert told["error"] == [], told
    text = told["result"]["token"]
    assert isinstance(text, str)
    return text


def trust(exchange: LocalExchange) -> ssl.SSLContext | bool:
    """What a client of its HTTP port is to be told of certificates."""
    return True if exchange.ca is None else ssl.create_default_context(cafile=exchange.ca)


class Client:
    """One connection that speaks v2."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    @classmethod
    async def connect(cls, url: str, ca: Path | None = None, **headers: str) -> "Client":
        """Connect, trusting `ca`, and take the greeting."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        tls = None if ca is None else ssl.create_default_context(cafile=ca)
        client = cls(await Peer.connect(parts.port, parts.path, parts.hostname, tls, **headers))
        greeting = await client.receive()
        assert greeting["channel"] == "status", greeting
        return client

    def send(self, method: str, req_id: int | None = None, **params: Any) -> None:
        """Send one request."""
        message: Message = {"method": method}
        if params:
            message["params"] = params
        if req_id is not None:
            message["req_id"] = req_id
        self.peer.send(json.dumps(message).encode())

    async def receive(self) -> Message:
        """The next message."""
        frame = await self.peer.receive()
        assert frame.opcode == TEXT, frame
        message = json.loads(frame.payload)
        assert isinstance(message, dict)
        return message

    async def until(self, wanted: Callable[[Message], bool] | str) -> list[Message]:
        """Every message up to the first that is wanted, or answers that method; heartbeats left out."""
        method = wanted if isinstance(wanted, str) else ""
        messages: list[Message] = []
        async with asyncio.timeout(TIMEOUT_S):
            while True:
                message = await self.receive()
                if message.get("channel") != "heartbeat":
                    messages.append(message)
                if message.get("method") == method if method else wanted(message):  # type: ignore[operator]
                    return messages

    async def closed(self) -> Frame:
        """Whatever comes, up to the close frame."""
        frame = await self.peer.receive()
        while frame.opcode != CLOSE:
            frame = await self.peer.receive()
        return frame

    async def hang_up(self) -> None:
        """Close the socket without a word."""
        await self.peer.hang_up()
