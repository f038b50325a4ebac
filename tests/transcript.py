"""One day at the venue, told by every byte its clients receive: `python tests/transcript.py BATCH_LIMIT`.

Four connections send in bursts, so that whatever a batch, a flush or a hash order could change would show.
"""

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from harness import Client, Venue, request, subscribe

BURSTS = 120
SYMBOLS = ("BTC/USD", "ETH/BTC")
ACCOUNTS = ("alice", "bob", "carol")


def bursts(tokens: dict[str, str]) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Bursts of requests, each with its account; the same in every run."""
    chance = random.Random(20260101)
    for _ in range(BURSTS):
        burst = []
        for _ in range(chance.randrange(1, 9)):
            account = chance.choice(ACCOUNTS)
            symbol = chance.choice(SYMBOLS)
            price = chance.randrange(95, 106) if symbol == "BTC/USD" else chance.randrange(95, 106) / 1000
            order = {
                "symbol": symbol,
                "side": chance.choice(("buy", "sell")),
                "order_type": chance.choice(("limit", "limit", "limit", "market")),
                "order_qty": chance.randrange(1, 30) / 10,
                "order_userref": chance.randrange(4),
                "token": tokens[account],
            }
            if order["order_type"] == "limit":
                order["limit_price"] = price
                order["time_in_force"] = chance.choice(("gtc", "gtc", "ioc"))
            burst.append((account, request("add_order", len(burst), **order)))
            if chance.random() < 0.2:
                cancel = {"order_userref": [chance.randrange(4)], "token": tokens[account]}
                burst.append((account, request("cancel_order", len(burst), **cancel)))
        yield burst


def transcript(batch_limit: int) -> Iterator[str]:
    """Every frame of every connection, in the order each received it."""
    venue = Venue(batch_limit=batch_limit)
    tokens = {account: venue.token(account) for account in ACCOUNTS}
    public = venue.connect("ws")
    for depth, symbol in ((10, "BTC/USD"), (25, "ETH/BTC")):
        public.send(subscribe("book", symbol, depth=depth))
    for channel in ("ticker", "trade", "ohlc"):
        public.send(subscribe(channel, *SYMBOLS))
    level3 = venue.connect("ws-l3").send(subscribe("level3", *SYMBOLS, token=tokens["carol"]))
    private: dict[str, Client] = {account: venue.connect("ws-auth") for account in ACCOUNTS}
    for account, client in private.items():
        client.send(subscribe("executions", token=tokens[account], snap_trades=True))
        client.send(subscribe("balances", token=tokens[account]))
    for burst in bursts(tokens):
        for account, message in burst:
            text = json.dumps(message).encode()
            private[account].session.receive(text, venue.clock.now_ns())
        venue.settle()
        venue.pass_time(370_000_000)
    for name, client in {"public": public, "level3": level3, **private}.items():
        for frame in client.frames():
            yield f"{name} {frame}"


if __name__ == "__main__":
    for line in transcript(int(sys.argv[1])):
        print(line)
