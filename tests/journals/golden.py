"""Golden journals: what every kind of command did under the rules of a version, written once and for all.

A journal in `rules-N` replays to its state for as long as the rules are N. Whoever changes what `apply` does
raises `RULES` and writes the next: `PYTHONPATH=tests python -m journals.golden`. None is ever overwritten.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from builders import ASSETS, INSTRUMENTS, START_NS, VENUE_ID, buy, cancel_all, place
from drawn_terms import MARKETS, POOR
from krakenbox.clock import ManualClock
from krakenbox.journal.log import Header, Log
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model import command as model
from krakenbox.model.command import Command, Deposit, FeeTier, OpenAccount, Stamped, Tier, UseNonce
from krakenbox.model.event import Event, OrderAccepted, Outcome
from krakenbox.model.fixed import Amount, Price, Qty
from krakenbox.model.order import AccountId, OrderId, OrderType, Side
from krakenbox.sequencer import Hashing, Sequencer, SequencerCrash
from krakenbox.venue.exchange import RULES, Exchange
from krakenbox.venue.hashing import Digest
from operations import NAMES, Operations
from reference.naive_book import NaiveVenue

HERE = Path(__file__).parent
SEED, OPERATIONS = 3, 400
SEGMENT_BYTES = 40_000
MINUTE_NS = 60 * 10**9
HASH_EVERY = 100
SCHEDULES = {
    "spot": (FeeTier(0, 4000, 2500), FeeTier(60_000, 3500, 2000), FeeTier(250_000, 2500, 1500)),
    "stable": (FeeTier(0, 2000, 2000),),
}
POISON = UseNonce("POISON", 1)


class Golden(Struct, frozen=True):
    """What a journal must replay to."""

    commands: int
    voided: tuple[int, ...]
    hashes: int
    state: str
    """Hash of the state at the end."""


class Fragile(Exchange):
    """An exchange with a bug, so that a golden journal holds a voided command too."""

    def apply(self, stamped: Stamped) -> list[Event]:
        """Crash at one command."""
        assert stamped.command != POISON
        return super().apply(stamped)


class Recording:
    """A sequencer that writes a journal, and what it has published."""

    def __init__(self, storage: MemoryStorage) -> None:
        self.clock = ManualClock(START_NS)
        self.outcomes: list[Outcome] = []
        self.exchange = Fragile(VENUE_ID)
        self.digest = Digest(self.exchange)
        self.sequencer = Sequencer(
            self.exchange,
            Log(storage, Header(RULES, VENUE_ID), segment_bytes=SEGMENT_BYTES),
            self.clock.now_ns,
            self.outcomes.extend,
            hashing=Hashing(self.digest, HASH_EVERY),
        )
        self.recovery = self.sequencer.recover(accept_future=True)

    def send(self, *commands: Command, at_ns: int = 0) -> list[Event]:
        """Carry out commands as one batch at a time, what they did."""
        self.clock.step_to(max(at_ns, self.clock.now_ns()))
        count = len(self.outcomes)
        for command in commands:
            self.sequencer.submit(command)
        while self.sequencer.pending():
            self.sequencer.drain()
        return [event for outcome in self.outcomes[count:] for event in outcome.events]

    def golden(self) -> Golden:
        """What there is to compare."""
        return Golden(
            commands=self.recovery.commands,
            voided=self.recovery.voided,
            hashes=self.recovery.hashes,
            state=self.digest.value().hex(),
        )


def stored(folder: Path) -> MemoryStorage:
    """The journal of a folder."""
    return MemoryStorage({int(file.stem): file.read_bytes() for file in folder.glob("*.log")})


def record() -> MemoryStorage:
    """A journal with every kind of command."""
    storage = MemoryStorage()
    first = Recording(storage)
    first.send(*_opening())
    first.send(*_past())
    decimals = {name: each.decimals for name, each in ASSETS.items()}
    naive = NaiveVenue([i for i, _, _ in MARKETS.values()], decimals, SCHEDULES)
    for deposit in _deposits():
        naive.balances[deposit.account, deposit.asset] = deposit.amount
    ids: dict[int, OrderId] = {}
    operations = Operations(SEED, naive, ids)
    for _ in range(OPERATIONS):
        command = operations.next()
        naive.apply(command, operations.time_ns)
        for event in first.send(command, at_ns=operations.time_ns):
            if isinstance(event, OrderAccepted):
                ids[len(ids) + 1], naive.names[event.order_id] = event.order_id, len(ids) + 1
    with suppress(SequencerCrash):
        first.send(UseNonce("KEY", 7), POISON, UseNonce("KEY", 8))
    second = Recording(storage)
    second.send(model.SetLimits(enforced=True), UseNonce("KEY", 9))
    end_ns = operations.time_ns + MINUTE_NS
    second.send(*_hurry(end_ns + MINUTE_NS), at_ns=end_ns)
    second.send(model.Tick(), at_ns=end_ns + 2 * MINUTE_NS)
    return storage


def _opening() -> Iterator[Command]:
    yield model.SetLimits(enforced=False)
    yield model.SetProtection(50_000)
    yield from (model.AddAsset(each) for each in ASSETS.values())
    yield from (model.SetFeeSchedule(name, tiers) for name, tiers in SCHEDULES.items())
    yield from (model.AddInstrument(instrument) for instrument, _, _ in MARKETS.values())
    yield from (OpenAccount(AccountId(name), Tier.PRO) for name in NAMES)
    yield from _deposits()


def _deposits() -> Iterator[Deposit]:
    for name in NAMES:
        for asset, whole in (("BTC", 4), ("ETH", 80), ("EUR", 100_000), ("USD", 50_000)):
            amount = whole * 10 ** ASSETS[asset].decimals // POOR.get(name, 1)
            yield Deposit(AccountId(name), asset, Amount(amount))


def _past() -> Iterator[Command]:
    """The past of a pair that nothing else happens on: the naive venue knows none."""
    begin = START_NS - 3_600 * 10**9
    prices = Price(1_000_000), Price(1_000_500), Price(999_500), Price(1_000_000)
    bar = model.Bar(begin, 1, *prices, Qty(10**8), 10**14, 3)
    trade = model.PastTrade(begin + 61 * 10**9, Price(1_000_000), Qty(10**6), Side.BUY, OrderType.LIMIT)
    pair = next(each for name, each in INSTRUMENTS.items() if name not in MARKETS)
    yield model.AddInstrument(pair)
    yield model.SeedHistory(pair.symbol, (bar,), (trade,))


def _hurry(trigger_ns: int) -> Iterator[Command]:
    """Orders until the rate counter refuses, then the switch, which cancels them all."""
    rich = NAMES[0]
    yield from (place(buy, 0.001, at=5_000 + step, by=rich) for step in range(200))
    yield cancel_all(NAMES[1])
    yield model.SetCancelTimer(AccountId(rich), trigger_ns)


def main() -> None:
    """Write the journal of these rules, unless there is one."""
    folder = HERE / f"rules-{RULES}"
    if folder.exists():
        sys.exit(f"{folder} is there: journals are kept as they are; raise RULES")
    storage = record()
    folder.mkdir()
    for segment in storage.segments():
        (folder / f"{segment:020}.log").write_bytes(bytes(storage.read(segment)))
    (folder / "golden.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(Recording(storage).golden()))
    )


if __name__ == "__main__":
    main()
