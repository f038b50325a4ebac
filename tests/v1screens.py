"""What a client of v1 sees: a replica of a book, from the documentation alone, and a trader's requests."""

import json
from typing import Any
from zlib import crc32

from harness import Client, Venue
from krakenbox.gateway.desk import Api

Message = dict[str, Any]
ORDER = {"ordertype": "limit", "type": "buy", "pair": "XBT/USD", "price": "5", "volume": "1"}
"""Fields of an order that rests."""


class V1Book:
    """Channel `book` of v1 as its page says: changes in order, 0 removes, truncate after the message."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: dict[str, dict[str, tuple[str, str]]] = {"a": {}, "b": {}}
        self.updates = 0

    def receive(self, text: str) -> None:
        """Take in a snapshot or an update, of one part or two, and verify its checksum."""
        _, *parts, name, _ = json.loads(text)
        assert name == f"book-{self.depth}"
        if "as" in parts[0]:
            (snapshot,) = parts
            assert list(snapshot) == ["as", "bs"], "a snapshot has no checksum"
            self.sides = {"a": {}, "b": {}}
            self._apply("a", snapshot["as"])
            self._apply("b", snapshot["bs"])
            return
        self.updates += 1
        assert [next(iter(part)) for part in parts] in (["a"], ["b"], ["a", "b"]), text
        assert ["c" in part for part in parts] == [False] * (len(parts) - 1) + [True], text
        for part in parts:
            for side in ("a", "b"):
                self._apply(side, part.get(side, []))
        for side in ("a", "b"):
            for price in self.prices(side)[self.depth :]:
                del self.sides[side][price]
        assert str(self.checksum()) == parts[-1]["c"], text

    def _apply(self, side: str, levels: list[list[str]]) -> None:
        for price, volume, time, *flags in levels:
            assert flags in ([], ["r"])
            known = self.sides[side].get(price)
            if float(volume) == 0:
                assert not flags, "what is republished is there"
                self.sides[side].pop(price, None)
            else:
                # What was pushed out, changed and came back within one message is still held.
                assert not flags or known is None or known == (volume, time) or known[1] < time
                self.sides[side][price] = (volume, time)

    def prices(self, side: str) -> list[str]:
        """Prices, best first."""
        return sorted(self.sides[side], key=float, reverse=side == "b")

    def picture(self) -> Message:
        """Levels with volume and time, best first."""
        return {
            side: [(price, *self.sides[side][price]) for price in self.prices(side)] for side in ("a", "b")
        }

    def checksum(self) -> int:
        """CRC32 of the ten best asks and bids, points and leading zeros dropped."""
        text = "".join(
            number.replace(".", "").lstrip("0")
            for side in ("a", "b")
            for price in self.prices(side)[:10]
            for number in (price, self.sides[side][price][0])
        )
        return crc32(text.encode())


def subscribe(name: str, *pairs: str, reqid: int | None = None, **subscription: Any) -> Message:
    """A subscribe request."""
    return asked("subscribe", name, pairs, reqid, subscription)


def unsubscribe(name: str, *pairs: str, reqid: int | None = None, **subscription: Any) -> Message:
    """An unsubscribe request."""
    return asked("unsubscribe", name, pairs, reqid, subscription)


def asked(event: str, name: str, pairs: tuple[str, ...], reqid: int | None, subscription: Message) -> Message:
    message: Message = {"event": event, "subscription": {"name": name, **subscription}}
    if pairs:
        message["pair"] = list(pairs)
    return message | ({"reqid": reqid} if reqid is not None else {})


class V1Trader:
    """Alice on a private connection of v1."""

    def __init__(self, venue: Venue | None = None, account: str = "alice") -> None:
        self.venue = venue or Venue()
        self.token = self.venue.token(account)
        self.client: Client = self.venue.greeted("ws-auth", Api.V1)

    def ask(self, event: str, **fields: Any) -> list[str]:
        """Send a request with the token; the frames it brings."""
        return self.client.send({"event": event, "token": self.token, **fields}).frames()

    def reply(self, event: str, **fields: Any) -> Message:
        """Send a request; its one reply, decoded."""
        (text,) = self.ask(event, **fields)
        message: Message = json.loads(text)
        return message

    def add(self, **changes: Any) -> Message:
        """Add a limit order; its one reply. A field that is None is left out."""
        fields = {name: value for name, value in (ORDER | changes).items() if value is not None}
        return self.reply("addOrder", **fields)

    def error(self, **changes: Any) -> str:
        """Add a limit order; what is said against it."""
        reply = self.add(**changes)
        return str(reply.get("errorMessage", ""))

    def listen(self, name: str, **subscription: Any) -> list[str]:
        """Subscribe to a private channel; the frames behind the ack."""
        frames = self.client.send(subscribe(name, token=self.token, **subscription)).frames()
        return frames[1:]

    def frames(self) -> list[str]:
        """Messages since the last call."""
        return self.client.frames()

    def rows(self) -> list[Message]:
        """Fields of the rows told since the last call, of one order or trade each."""
        rows = [json.loads(text)[0] for text in self.frames()]
        return [fields for (row,) in rows for fields in row.values()]
