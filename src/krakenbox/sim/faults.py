"""What a simulated world is made of, as data: features its clients use, faults that befall it, sizes.

Swarm style: every world leaves features and faults out at random and draws its own sizes, so that some worlds
are busy with one thing only and meet states that a world doing everything would hardly ever reach.
"""

from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.sim.dice import Dice

MS_NS = 1_000_000


class Feature(StrEnum):
    """What happens in a world without anything going wrong."""

    HOUSE = "house"
    """An account of the operator's makes and takes."""
    BOOKS = "books"
    LEVEL3 = "level3"
    TICKS = "ticks"
    """Trades, candles and tickers are watched."""
    BALANCES = "balances"
    TRIGGERS = "triggers"
    ICEBERGS = "icebergs"
    MARKET_ORDERS = "market-orders"
    LIFETIMES = "lifetimes"
    """Orders that expire, or that fill at once or not at all."""
    SCHEDULED = "scheduled"
    CONDITIONALS = "conditionals"
    CLIENT_IDS = "client-ids"
    AMENDS = "amends"
    EDITS = "edits"
    BATCHES = "batches"
    SWITCH = "switch"
    """The dead man's switch."""
    MODES = "modes"
    """The operator changes what the venue and its pairs allow."""
    INDEX = "index"
    LIMITS = "limits"
    """Trading limits are enforced."""
    BATCHING = "batching"
    """Commands wait for each other and are journaled together."""
    PACING = "pacing"
    """Public frames wait for a flush."""
    SNAPSHOTS = "snapshots"


class Fault(StrEnum):
    """What goes wrong."""

    CUT = "cut"
    """A connection ends; what was under way is lost."""
    STALL = "stall"
    """A connection delivers nothing for a while, in either direction or both."""
    DELAY = "delay"
    """Each connection takes its own time."""
    REORDER = "reorder"
    """Connections that are ready at the same time are served in any order."""
    SLOW_READER = "slow-reader"
    """A client does not read until it is closed for it."""
    DEFER = "defer"
    """The disk takes its time to sync."""
    CRASH = "crash"
    """The process dies between two steps."""
    CRASH_AT_WRITE = "crash-at-write"
    """The process dies inside a write: before it, behind it, or with a part of it."""
    TORN = "torn"
    """What was not synced reaches the disk in pieces, in any order."""
    SHORT = "short-writes"
    """A write takes several calls, and the process may die between them."""
    FLIP = "flip"
    """A bit of the journal is found flipped: no start until it is as it was."""
    ROT = "rot"
    """A bit of the newest snapshot is found flipped: the one before it serves."""
    EIO = "eio"
    """A write or a sync fails."""
    ENOSPC = "enospc"
    """The disk is full."""
    FORWARD = "clock-forward"
    BACKWARD = "clock-backward"


ENDS = frozenset((Fault.CRASH, Fault.CRASH_AT_WRITE, Fault.EIO, Fault.ENOSPC))
"""Faults that end the process: without one of them nothing is ever started again."""


class Plan(Struct, frozen=True, kw_only=True):
    """One world: everything it will do follows from this."""

    seed: int
    steps: int
    features: frozenset[Feature]
    faults: frozenset[Fault]
    clients: int
    symbols: int
    batch_limit: int
    hash_every: int
    """Commands between two state hashes in the log."""
    image_every: int
    """Steps between two snapshots."""
    fault_permille: int
    """Chance of a fault in a step."""
    gap_ns: int
    """Usual time between two steps."""
    segment_bytes: int
    """Size at which a segment of the log gives way to the next."""
    delay_ns: int
    """Longest a message is under way, where there are delays."""
    max_outbox: int
    """Bytes that may wait for a client that does not read."""

    def has(self, what: Feature | Fault) -> bool:
        """Whether this world has a feature or a fault."""
        return what in self.features if isinstance(what, Feature) else what in self.faults

    def without(self, *names: str) -> "Plan":
        """The same world with something left out."""
        return replace(
            self,
            features=frozenset(each for each in self.features if each not in names),
            faults=frozenset(each for each in self.faults if each not in names),
        )


_FEATURE_PERCENT = 65
_FAULT_PERCENT = 40


def drawn(seed: int, steps: int) -> Plan:
    """The world of a seed."""
    dice = Dice(seed, "plan")
    features = frozenset(each for each in Feature if dice.chance(_FEATURE_PERCENT))
    faults = frozenset(each for each in Fault if dice.chance(_FAULT_PERCENT))
    return Plan(
        seed=seed,
        steps=steps,
        features=features,
        faults=faults,
        clients=1 + dice.below(4),
        symbols=1 + dice.below(3),
        batch_limit=dice.choice((1, 2, 7, 256)),
        hash_every=dice.choice((3, 17, 64, 10_000)),
        image_every=dice.choice((11, 29, 71)),
        fault_permille=dice.choice((15, 40, 100)),
        gap_ns=dice.choice((1, 5, 20, 200)) * MS_NS,
        segment_bytes=dice.choice((3_000, 20_000, 1 << 24)),
        delay_ns=dice.choice((1, 30, 400)) * MS_NS,
        max_outbox=dice.choice((20_000, 60_000, 200_000)),
    )
