"""Signed REST calls of alice to an exchange in memory, and a history that has kept all of it."""

import base64
import itertools
import json
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode

from builders import SPOT, STABLE, plain
from harness import Venue
from history.pasts import recording
from krakenbox.gateway.keys import Permission
from krakenbox.gateway.rest import Request, Rest
from krakenbox.gateway.restmethod import Look
from krakenbox.protocol.rest import sign

Fields = dict[str, Any]

LIMIT: Fields = {"ordertype": "limit", "type": "buy", "volume": "1", "price": "5"}
MARKET: Fields = {"ordertype": "market", "type": "buy", "volume": "1"}
BTC: Fields = {"pair": "BTCUSD"}


def of(kind: str, side: str = "sell", **fields: Any) -> Fields:
    return {"ordertype": kind, "type": side, "volume": "1", **fields}


def decoded(body: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(body, parse_float=str)
    return told


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

    def public(self, method: str, **fields: str | int) -> dict[str, Any]:
        """Call a public method; the envelope, its numbers as text."""
        request = Request(address="127.0.0.1", path=f"/0/public/{method}", query=urlencode(fields))
        answer = self.rest.answer(request, self.venue.clock.now_ns())
        assert answer.commands == ()
        return decoded(answer.body if answer.look is None else self.looked_up(answer.look))

    def result(self, method: str, **fields: Any) -> Any:
        """The result of a call as alice."""
        told = self.call(method, fields)
        assert told["error"] == [], told
        return told["result"]

    def error(self, method: str, **fields: Any) -> str:
        """What is said against a call as alice."""
        told = self.call(method, fields)
        assert list(told) == ["error"], told
        (text,) = told["error"]
        return str(text)

    def looked_up(self, look: Look) -> bytes:
        """What a look finds in tables that hold everything."""
        with TemporaryDirectory() as folder, recording(f"sqlite:///{folder}/history.sqlite") as made:
            made.feed(self.venue.past)
            with made.opened.reading.connect() as connection:
                return look.tell(look.find(connection))

    def call(self, method: str, fields: Fields, as_json: bool = True) -> dict[str, Any]:
        """Call as alice; the envelope, its numbers as text."""
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
            self.venue.clock.now_ns(),
        )
        outcomes = self.venue.submit(*answer.commands)
        if answer.look is not None:
            return decoded(self.looked_up(answer.look))
        return decoded(answer.told([outcome.events for outcome in outcomes]))

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
