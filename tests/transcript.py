"""One day at the venue, as a hash of every byte that its clients receive.

    python tests/transcript.py --commands 10000 --batch-limit 7 --restore

Clients come, ask for all there is to see, and trade in bursts of every method: what a batch, a flush, a hash
order or a restore could change would show. In the middle all connections end and clients come anew; with
`--restore` the exchange itself then comes from a snapshot made before and the log behind it.

A line per thousand commands tells of all bytes so far, so that the first difference can be found. `--frames`
prints every frame instead.
"""

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from builders import SECOND_NS
from harness import Client, Venue, request, subscribe, unframed
from krakenbox.durable.imaging import image
from krakenbox.durable.recovery import Plan, recover
from krakenbox.feeds import candles, depth
from krakenbox.gateway.desk import Desk
from krakenbox.journal import snapshot
from krakenbox.journal.log import Header
from krakenbox.journal.snapshot import MemoryShelf
from krakenbox.model.command import Command, SetIndexPrice, SetLimits, SetPairStatus
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import PairStatus
from krakenbox.protocol.timestamp import seconds

ACCOUNTS = ("alice", "bob", "carol")
MARKETS: dict[str, tuple[int, ...]] = {"BTC/USD": (1, 100), "ETH/BTC": (6, 50_000), "EUR/USD": (5, 110_000)}
"""Decimals of a price, and the middle: in whole dollars, else in the last decimal."""
STEP_NS = 370_000_000
HEADER_RULES = 1
EVERY = 1_000
_ORDER_ID = re.compile(rb'"order_id":"(O[0-9A-Z-]+)"')
_KIND = re.compile(rb'"(?:channel|method)":"(\w+)"(?:,"type":"(\w+)")?|"exec_type":"(\w+)"')
_STOPS = ("stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit")
_TRAILS = ("trailing-stop", "trailing-stop-limit")
Params = dict[str, Any]


class Day(Venue):
    """A venue whose process may end and start again."""

    def leave_all(self) -> None:
        """Every connection ends."""
        for client in list(self._clients.values()):
            self.leave(client)

    def capture(self, shelf: MemoryShelf) -> None:
        """Make a snapshot."""
        made = image(self.exchange, self.hub, (), HEADER_RULES)
        shelf.put(made.seq, snapshot.encode(made))

    def restart(self, shelf: MemoryShelf) -> None:
        """Start from the snapshot and the log behind it."""
        plan = Plan(
            header=Header(rules=HEADER_RULES, venue_id=self.log.header.venue_id),
            now_ns=self.clock.now_ns,
            hash_every=0,
        )
        seq = self.sequencer.seq
        started = recover(self.storage.crashed(), shelf, plan)
        assert 0 < started.image_seq < started.sequencer.seq == seq, "some from each"
        self.exchange, self.hub, self.log = started.exchange, started.hub, started.log
        self.sequencer = started.sequencer
        self.sequencer.publish = self._publish
        self.sequencer.on_unavailable = self._unavailable
        self.desk = Desk(self.hub, self.tokens, self.sequencer.submit, self.clock.now_ns)


class Requests:
    """What a client asks for, by its chance and the orders it heard of."""

    def __init__(self, chance: random.Random, token: str) -> None:
        self._chance = chance
        self._token = token
        self._now_ns = 0
        self.order_ids: list[str] = []
        """Of its last orders, open or not."""

    def next(self, now_ns: int) -> Params:
        """One request."""
        self._now_ns = now_ns
        methods = {
            "add_order": (60, self._add),
            "amend_order": (14, self._amend),
            "edit_order": (5, self._edit),
            "cancel_order": (12, self._cancel),
            "batch_add": (4, self._batch_add),
            "batch_cancel": (3, self._batch_cancel),
            "cancel_all": (0.7, dict),
            "cancel_all_orders_after": (1, lambda: {"timeout": self._chance.choice((0, 0, 1, 3, 60))}),
        }
        weights = [weight for weight, _ in methods.values()]
        (method,) = self._chance.choices(list(methods), weights)
        return request(method, self._chance.randrange(100), token=self._token, **methods[method][1]())

    def _add(self) -> Params:
        symbol = self._chance.choice(list(MARKETS))
        return {"symbol": symbol} | self._order(symbol)

    def _batch_add(self) -> Params:
        symbol = self._chance.choice(list(MARKETS))
        orders = [self._order(symbol) for _ in range(self._chance.randrange(2, 5))]
        return {"symbol": symbol, "orders": orders}

    def _order(self, symbol: str) -> Params:
        chance = self._chance
        kind = chance.choices(
            ("limit", "market", "iceberg", *_STOPS, *_TRAILS), (60, 8, 8, 2, 4, 2, 4, 2, 2)
        )[0]
        qty = chance.randrange(1, 30) / 10
        order: Params = {"side": chance.choice(("buy", "sell")), "order_type": kind, "order_qty": qty}
        if kind in ("limit", "iceberg", "stop-loss-limit", "take-profit-limit"):
            order["limit_price"] = self._price(symbol)
        if kind == "iceberg":
            order["display_qty"] = max(qty / 4, 0.1)
        if kind in _STOPS:
            reference = chance.choice(("last", "last", "index"))
            order["triggers"] = {"reference": reference, "price": self._price(symbol)}
        if kind in _TRAILS:
            order["triggers"] = {"price": chance.randrange(1, 20) / 10, "price_type": "pct"}
        if kind == "trailing-stop-limit":
            order |= {"limit_price": chance.choice((-1, 0, 1)), "limit_price_type": "pct"}
        return order | self._extras(kind)

    def _extras(self, kind: str) -> Params:
        chance = self._chance
        found: Params = chance.choice(
            ({}, {"order_userref": chance.randrange(4)}, {"cl_ord_id": f"id-{chance.randrange(20)}"})
        )
        if kind in ("limit", "iceberg") and chance.random() < 0.3:
            later = seconds((self._now_ns // SECOND_NS + chance.randrange(1, 90)) * SECOND_NS)
            found |= chance.choice(
                (
                    {"time_in_force": "ioc"},
                    {"time_in_force": "gtd", "expire_time": later},
                    {"effective_time": later},
                    {"post_only": True},
                    {"conditional": {"order_type": "trailing-stop", "trigger_price": 1.0}},
                )
            )
        if chance.random() < 0.1:
            found |= chance.choice(
                ({"stp_type": "cancel_both"}, {"fee_preference": "base"}, {"validate": True})
            )
        return found

    def _amend(self) -> Params:
        chance = self._chance
        changes: Params = {"order_qty": chance.randrange(1, 30) / 10}
        if chance.random() < 0.5:
            changes = {"limit_price": self._price(chance.choice(list(MARKETS)))}
        return self._named() | changes

    def _edit(self) -> Params:
        symbol = self._chance.choice(list(MARKETS))
        return {"order_id": self._order_id(), "symbol": symbol, "limit_price": self._price(symbol)}

    def _cancel(self) -> Params:
        return {name: [value] for name, value in self._named().items()}

    def _batch_cancel(self) -> Params:
        return {"orders": [self._order_id(), self._order_id(), str(self._chance.randrange(4))]}

    def _named(self) -> Params:
        if self._chance.random() < 0.5:
            return {"cl_ord_id": f"id-{self._chance.randrange(20)}"}
        return {"order_id": self._order_id()}

    def _order_id(self) -> str:
        return self._chance.choice(self.order_ids) if self.order_ids else "OAAAAA-AAAAA-AAAAAA"

    def _price(self, symbol: str) -> float:
        decimals, middle = MARKETS[symbol]
        away = self._chance.randrange(-6, 7)
        # Ten steps of a dime, else a hundred of the last decimal: few levels, so that queues build up.
        return middle + away if decimals == 1 else round((middle + 100 * away) / 10**decimals, decimals)


class Audience:
    """Everybody who is connected, and a hash of what each received."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self.private: dict[str, Client] = {}
        self._all: dict[str, Client] = {}
        self._hashes = {name: sha256() for name in ("public", "deep", "level3", *ACCOUNTS)}
        self.kinds: Counter[str] = Counter()
        self.size = 0

    def come(self) -> dict[str, str]:
        """Connect and subscribe to everything there is; the tokens used."""
        day, symbols = self._day, tuple(MARKETS)
        tokens = {account: day.token(account) for account in ACCOUNTS}
        public, deep, level3 = day.connect("ws"), day.connect("ws"), day.connect("ws-l3")
        self.private = {account: day.connect("ws-auth") for account in ACCOUNTS}
        self._all = {"public": public, "deep": deep, "level3": level3, **self.private}
        public.send(subscribe("instrument"))
        for name in ("trade", "ticker"):
            public.send(subscribe(name, *symbols))
        deep.send(subscribe("ticker", *symbols, event_trigger="bbo"))
        for number, interval in enumerate(candles.INTERVALS):
            (public, deep)[number % 2].send(subscribe("ohlc", symbols[number % 3], interval=interval))
        for number, levels in enumerate(depth.DEPTHS):
            (public, deep)[number % 2].send(subscribe("book", *symbols, depth=levels))
        level3.send(subscribe("level3", *symbols, token=tokens["carol"]))
        for account, client in self.private.items():
            options = {"snap_trades": True, "ratecounter": account == "alice"}
            client.send(subscribe("executions", token=tokens[account], **options))
            client.send(subscribe("balances", token=tokens[account]))
        return tokens

    def take(self, requests: dict[str, Requests]) -> Iterator[tuple[str, bytes]]:
        """What came since the last call, by connection."""
        for name, client in self._all.items():
            received = client.received()
            self._hashes[name].update(received)
            self.size += len(received)
            self.kinds.update(b" ".join(filter(None, found)).decode() for found in _KIND.findall(received))
            if name in requests:
                ids = [order_id.decode() for order_id in _ORDER_ID.findall(received)]
                requests[name].order_ids = (requests[name].order_ids + ids)[-40:]
            yield name, received

    def digest(self) -> str:
        """The hash of all bytes so far."""
        return sha256(b"".join(each.digest() for each in self._hashes.values())).hexdigest()


def operator(chance: random.Random) -> Command:
    """What the operator does now and then; mostly back to normal."""
    symbol = chance.choice(list(MARKETS))
    decimals, middle = MARKETS[symbol]
    index = Price((middle * 10 if decimals == 1 else middle) * chance.randrange(97, 104) // 100)
    return chance.choice(
        (
            SetIndexPrice(symbol, index),
            SetIndexPrice(symbol, index),
            SetLimits(chance.random() < 0.3),
            SetPairStatus(
                symbol, chance.choice((PairStatus.ONLINE, PairStatus.ONLINE, PairStatus.POST_ONLY))
            ),
            SetPairStatus(symbol, PairStatus.ONLINE),
        )
    )


def bursts(commands: int, batch_limit: int, restore: bool) -> Iterator[tuple[Day, Audience, str, bytes]]:
    """The day: after every burst, what each connection received."""
    chance = random.Random(20260101)
    day = Day([SetLimits(enforced=False)], batch_limit=batch_limit)
    shelf = MemoryShelf()
    audience = Audience(day)
    last = day.sequencer.seq + commands
    third, middle = last - 2 * commands // 3, last - commands // 2
    requests: dict[str, Requests] = {}
    while day.sequencer.seq < last:
        if not requests or (middle and day.sequencer.seq >= middle):
            if requests:
                day.leave_all()
                middle = 0
                if restore:
                    day.restart(shelf)
            requests = {account: Requests(chance, token) for account, token in audience.come().items()}
        if third and day.sequencer.seq >= third:
            third = 0
            if restore:
                day.capture(shelf)
        if chance.random() < 0.02:
            day.submit(operator(chance))
        for _ in range(chance.randrange(1, 9)):
            account = chance.choice(ACCOUNTS)
            text = json.dumps(requests[account].next(day.clock.now_ns())).encode()
            audience.private[account].session.receive(text, day.clock.now_ns())
        day.settle()
        day.pass_time(STEP_NS)
        for name, received in audience.take(requests):
            yield day, audience, name, received


def main() -> None:
    """Print the transcript."""
    options = argparse.ArgumentParser()
    options.add_argument("--commands", type=int, default=2_000)
    options.add_argument("--batch-limit", type=int, default=256)
    options.add_argument("--restore", action="store_true")
    options.add_argument("--frames", action="store_true")
    told = options.parse_args()
    printed = 0
    for day, audience, name, received in bursts(told.commands, told.batch_limit, told.restore):
        if told.frames:
            for frame in unframed(received):
                print(name, frame.decode())
        elif name == ACCOUNTS[-1] and day.sequencer.seq // EVERY > printed:
            printed = day.sequencer.seq // EVERY
            print(printed * EVERY, audience.digest())
    if not told.frames:
        print(
            json.dumps({"commands": day.sequencer.seq, "bytes": audience.size, "sha256": audience.digest()})
        )
        print(json.dumps(audience.kinds, sort_keys=True))


if __name__ == "__main__":
    main()
