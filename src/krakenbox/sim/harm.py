"""How each fault befalls a simulated world."""

import errno
from collections.abc import Callable
from typing import Protocol

from krakenbox.journal.log import DamagedJournal, Log
from krakenbox.journal.storage import MemoryStorage
from krakenbox.model.event import Outcome
from krakenbox.sequencer import AHEAD_LIMIT_NS, RecoveryRefused
from krakenbox.sim.chronicle import Chronicle
from krakenbox.sim.clients import Client
from krakenbox.sim.dice import Dice
from krakenbox.sim.disk import ProcessDied, Shelf, provable
from krakenbox.sim.faults import MS_NS, Fault, Plan
from krakenbox.sim.process import Process, Times

_MOST_AHEAD_NS = 50_000 * MS_NS
"""How far the last stamp may come to lie ahead of the clock: a start allows a minute."""
_FORWARD_NS = 3_600_000 * MS_NS
_STALL_NS = 5_000 * MS_NS
_WRITE_BYTES = 600
"""About what one write has."""
_WHOLE = 1 << 20


class Victim(Protocol):
    """What of a world can be harmed."""

    plan: Plan
    dice: Dice
    times: Times
    clients: list[Client]
    disk: MemoryStorage
    shelf: Shelf
    process: Process
    chronicle: Chronicle
    step: int
    restart_step: int

    def count(self, fault: Fault) -> None:
        """A fault has befallen it."""
        ...

    def start(self, witness: Callable[[Outcome], None]) -> object:
        """Start from what is on the disk."""
        ...


def befall(world: Victim) -> None:
    """Let one of the faults of a world happen, if one can now."""
    faults = [fault for fault in _FAULTS if world.plan.has(fault)]
    if faults:
        fault = world.dice.choice(faults)
        if _FAULTS[fault](world):
            world.count(fault)
        if fault is Fault.CRASH:
            raise ProcessDied


# --- connections


def cut(world: Victim, client: Client) -> None:
    """End a connection: both ends may have got a part of what was under way."""
    for text in client.link.up.first(world.dice.below(len(client.link.up) + 1)):
        world.process.receive(client.who, text)
    last_words(world, client)
    world.process.drop(client.who)


def last_words(world: Victim, client: Client) -> None:
    """Let a part of what is under way to a client arrive: the end of a connection overtakes nothing."""
    for frames in client.link.down.first(world.dice.below(len(client.link.down) + 1)):
        client.receive(frames)


def _cut(world: Victim) -> bool:
    client = _connected(world)
    if client is not None:
        cut(world, client)
    return client is not None


def _stall(world: Victim) -> bool:
    client = _connected(world)
    if client is not None:
        until_ns = world.times.world_ns + world.dice.below(_STALL_NS)
        for pipe in world.dice.choice(
            ((client.link.up,), (client.link.down,), (client.link.up, client.link.down))
        ):
            pipe.stalled_until_ns = until_ns
    return client is not None


def _read_no_more(world: Victim) -> bool:
    client = _connected(world)
    if client is not None:
        client.link.reads = False
    return client is not None


def _connected(world: Victim) -> Client | None:
    connected = [client for client in world.clients if client.link.is_open]
    return world.dice.choice(connected) if connected else None


# --- the process and its disk


def _crash(world: Victim) -> bool:
    return True


def _crash_at_write(world: Victim) -> bool:
    written = world.dice.choice((0, world.dice.below(_WRITE_BYTES), _WHOLE))
    world.disk.crash_at(1 + world.dice.below(4), written)
    return True


def _short_writes(world: Victim) -> bool:
    world.disk.shorten_writes(1 + world.dice.below(_WRITE_BYTES))
    return True


def _fail_writes(error: int) -> Callable[[Victim], bool]:
    def fail(world: Victim) -> bool:
        if world.restart_step:
            return False
        world.restart_step = world.step + 2 + world.dice.below(12)
        what = OSError(error, errno.errorcode[error])
        if world.dice.chance(50):
            world.disk.fail_appends(what, written=world.dice.choice((0, world.dice.below(200))))
        else:
            world.disk.fail_syncs(what)
        return True

    return fail


def damage(world: Victim) -> None:
    """Between two processes: a bit of what was durable flips, which no start may overlook."""
    disk, dice = world.disk, world.dice
    if not world.plan.has(Fault.FLIP):
        return
    segment, size = dice.choice(provable(disk))
    if not size:
        return
    place, mask = dice.below(size), 1 << dice.below(8)
    disk.flip(segment, place, mask)
    try:
        world.start(lambda outcome: None)
    except DamagedJournal as found:
        where = found.segment, found.position
        assert where <= (segment, place), f"byte {place} of {segment} flipped; it was found at {where}"
    else:
        raise AssertionError(f"byte {place} of segment {segment} flipped, and it was started all the same")
    disk.flip(segment, place, mask)
    world.count(Fault.FLIP)


def rot(world: Victim) -> int:
    """A bit of the newest snapshot flips, if a start can do without it; which one that is, or 0."""
    kept, dice = sorted(world.shelf.kept()), world.dice
    spared = len(kept) > 1 or world.process.log.first_seq == 1
    if not world.plan.has(Fault.ROT) or not kept or not spared or dice.chance(50):
        return 0
    data = world.shelf.get(kept[-1])
    world.shelf.flip(kept[-1], dice.below(len(data)), 1 << dice.below(8))
    world.count(Fault.ROT)
    return kept[-1]


# --- the clock


def _forward(world: Victim) -> bool:
    world.times.offset_ns += world.dice.below(world.dice.choice((_FORWARD_NS, 2_000 * MS_NS)))
    return True


def _backward(world: Victim) -> bool:
    ahead_ns = max(0, world.process.log.time_ns - world.times.clock_ns())
    world.times.offset_ns -= world.dice.below(max(1, _MOST_AHEAD_NS - ahead_ns))
    return True


def set_back(world: Victim) -> None:
    """Between two processes the clock is found far behind the log: no start, until somebody sets it right."""
    times = world.times
    if not world.plan.has(Fault.BACKWARD) or world.dice.chance(70):
        return
    by_ns = AHEAD_LIMIT_NS + world.dice.below(_FORWARD_NS)
    ahead_ns = _logged_ns(world) - times.clock_ns()
    times.offset_ns -= by_ns
    try:
        world.start(lambda outcome: None)
    except RecoveryRefused:
        assert ahead_ns + by_ns > AHEAD_LIMIT_NS, (
            f"a start was refused at {ahead_ns + by_ns} ns behind the log"
        )
    else:
        assert ahead_ns + by_ns <= AHEAD_LIMIT_NS, f"it was started {ahead_ns + by_ns} ns behind the log"
    times.offset_ns += by_ns
    world.count(Fault.BACKWARD)


def _logged_ns(world: Victim) -> int:
    """The last stamp on the disk."""
    return Log(world.disk.crashed(), world.process.log.header, segment_bytes=world.plan.segment_bytes).time_ns


def calm(world: Victim) -> None:
    """Let nothing go wrong any more. What is armed in a disk ends with its process."""
    for client in world.clients:
        client.link.reads = True
        client.link.up.stalled_until_ns = client.link.down.stalled_until_ns = 0
    world.disk.defer_syncs = False


_FAULTS: dict[Fault, Callable[[Victim], bool]] = {
    Fault.CUT: _cut,
    Fault.STALL: _stall,
    Fault.SLOW_READER: _read_no_more,
    Fault.CRASH: _crash,
    Fault.CRASH_AT_WRITE: _crash_at_write,
    Fault.SHORT: _short_writes,
    Fault.EIO: _fail_writes(errno.EIO),
    Fault.ENOSPC: _fail_writes(errno.ENOSPC),
    Fault.FORWARD: _forward,
    Fault.BACKWARD: _backward,
}
"""Those that happen at a moment; the others are how a world is, or are met at a start."""
