"""Signed REST calls of alice to an exchange in memory."""

import base64
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp

from builders import SPOT, STABLE, plain
from harness import NOW_NS, Venue
from krakenbox.gateway.keys import Permission
from krakenbox.gateway.rest import Request, Rest
from krakenbox.local import LocalExchange
from krakenbox.protocol.rest import sign

Fields = dict[str, Any]

LIMIT: Fields = {"ordertype": "limit", "type": "buy", "volume": "1", "price": "5"}
MARKET: Fields = {"ordertype": "market", "type": "buy", "volume": "1"}
BTC: Fields = {"pair": "BTCUSD"}


def of(kind: str, side: str = "sell", **fields: Any) -> Fields:
    return {"ordertype": kind, "type": side, "volume": "1", **fields}


class Caller:
    """REST over an exchange in memory, with a signed call of each kind."""

    def __init__(self, *permissions: Permission) -> None:
        self.venue = Venue()
        self.rest = Rest(
            self.venue.hub,
            self.venue.keyring,
            self.venue.tokens,
            {"spot": SPOT, "stable": STABLE},
            limited=True,
        )
        if permissions:
            self.venue.add_key("alice", frozenset(permissions))
        self._nonces = itertools.count(1)

    def call(self, method: str, fields: Fields, as_json: bool = True) -> dict[str, Any]:
        """Call as alice; the envelope."""
        signed = fields | {"nonce": str(next(self._nonces))}
        body = (json.dumps(signed) if as_json else urlencode(signed)).encode()
        path = f"/0/private/{method}"
        secret = base64.b64encode(b"alice").decode()
        answer = self.rest.answer(
            Request(
                address="127.0.0.1",
                path=path,
                key_id="alice",
                signature=sign(secret, path, signed["nonce"], body),
                body=body,
            ),
            NOW_NS,
        )
        outcomes = self.venue.submit(*answer.commands)
        told: dict[str, Any] = json.loads(answer.told([outcome.events for outcome in outcomes]))
        return told

    def add(self, **fields: Any) -> dict[str, Any]:
        """AddOrder of BTC/USD."""
        return self.call("AddOrder", BTC | fields)

    def batch(self, *orders: Fields, **fields: Any) -> dict[str, Any]:
        """AddOrderBatch of BTC/USD."""
        return self.call("AddOrderBatch", BTC | {"orders": list(orders)} | fields)

    def resting(self) -> list[str]:
        """Alice's open orders, as `side quantity price`."""
        return [
            f"{order.terms.side} {plain(order.qty, 8)} {plain(order.limit_price, 1)}"
            for order in self.venue.orders("alice")
        ]


HttpCall = Callable[[str, Fields], Awaitable[dict[str, Any]]]


@asynccontextmanager
async def over_http(
    exchange: LocalExchange, account: str = "alice", first: int = 2**40
) -> AsyncIterator[HttpCall]:
    """Signed calls of an account over HTTP, as JSON; nonces count from `first`."""
    access = exchange.accounts[account]
    nonces = itertools.count(first)
    async with aiohttp.ClientSession() as http:

        async def call(method: str, fields: Fields) -> dict[str, Any]:
            path, nonce = f"/0/private/{method}", str(next(nonces))
            body = json.dumps({"nonce": nonce} | fields).encode()
            signed = sign(access.api_secret, path, nonce, body)
            headers = {"API-Key": access.api_key, "API-Sign": signed, "Content-Type": "application/json"}
            async with http.post(exchange.http_url + path, data=body, headers=headers) as response:
                assert response.status == 200
                told: dict[str, Any] = await response.json()
                return told

        yield call
