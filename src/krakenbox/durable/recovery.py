"""The start of every exchange: the newest snapshot that can be used, then the log behind it.

An exchange that never ran is the case without either. There is no other way to a running one, so a restart, a
replay and a simulated crash all prove the same path.
"""

from collections.abc import Callable

from msgspec import Struct

from krakenbox.durable.imaging import Restored, restored
from krakenbox.feeds.hub import Hub
from krakenbox.journal import snapshot
from krakenbox.journal.log import Header, Log
from krakenbox.journal.snapshot import Newest, Shelf
from krakenbox.journal.storage import SEGMENT_BYTES, Storage
from krakenbox.model.event import AccountOpened, AssetListed, Event, InstrumentListed, Outcome
from krakenbox.sequencer import BATCH_LIMIT, Hashing, Recovery, Sequencer
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.hashing import Digest

HASH_EVERY = 10_000
"""A replay that goes wrong is found within so many commands, for some milliseconds each time."""

Witness = Callable[[Outcome], None]
"""Told of every outcome of the replay, behind the views."""


class Plan(Struct, frozen=True, kw_only=True):
    """How to start."""

    header: Header
    now_ns: Callable[[], int]
    witnesses: tuple[Witness, ...] = ()
    history_seq: int | None = None
    """What the history has: it must be told everything behind it, so no later snapshot will do while the log
    behind it is kept."""
    accept_future: bool = False
    """Whether the log may end more than a minute ahead of the clock."""
    hash_every: int = HASH_EVERY
    """Commands between state hashes in the log; 0 = none, where nothing is kept."""
    segment_bytes: int = SEGMENT_BYTES
    batch_limit: int = BATCH_LIMIT


class Started(Struct, frozen=True, kw_only=True):
    """An exchange ready for its first command, and what its start has found."""

    exchange: Exchange
    hub: Hub
    log: Log
    sequencer: Sequencer
    """Publishes to nobody yet."""
    image_seq: int
    """Of the snapshot it started from; 0 for none."""
    damaged: tuple[int, ...]
    """Later snapshots that were damaged and passed over."""
    recovery: Recovery


def recover(storage: Storage, shelf: Shelf, plan: Plan) -> Started:
    """Start. Raises a `JournalError` that says where and why if what is stored cannot be gone on from."""
    found = _newest(storage, shelf, plan.history_seq)
    image = found.image
    after_seq = 0 if image is None else image.seq
    log = Log(storage, plan.header, after_seq, plan.segment_bytes)
    whole = _empty(plan.header.venue_id) if image is None else restored(image)
    exchange, hub = whole.exchange, whole.hub
    hashing = Hashing(whole.digest, plan.hash_every) if plan.hash_every else None
    publish = _publish(hub, plan.witnesses)
    sequencer = Sequencer(exchange, log, plan.now_ns, publish, plan.batch_limit, hashing)
    if plan.history_seq is not None and after_seq > plan.history_seq:
        for witness in plan.witnesses:
            witness(_introduction(exchange))
    recovery = sequencer.recover(after_seq, plan.accept_future)
    sequencer.publish = _nowhere
    return Started(
        exchange=exchange,
        hub=hub,
        log=log,
        sequencer=sequencer,
        image_seq=after_seq,
        damaged=found.damaged,
        recovery=recovery,
    )


def _newest(storage: Storage, shelf: Shelf, history_seq: int | None) -> Newest:
    """The newest snapshot that the history has caught up with; if its log is gone, the newest of all."""
    found = snapshot.newest(shelf, history_seq)
    segments = storage.segments()
    if found.image is None and segments and segments[0] > 1:
        return snapshot.newest(shelf)
    return found


def _introduction(exchange: Exchange) -> Outcome:
    """Who and what there was before a replay begins, for witnesses that were not told."""
    venue = exchange.venue
    time_ns, instruments = venue.time_ns, venue.instruments
    told: list[Event] = [AssetListed(time_ns, asset) for asset in instruments.assets.values()]
    told += [InstrumentListed(time_ns, instrument) for instrument in instruments.instruments.values()]
    told += [AccountOpened(time_ns, a.account, a.tier) for a in venue.accounts.values()]
    return Outcome(venue.seq, time_ns, told)


def _empty(venue_id: int) -> Restored:
    exchange = Exchange(venue_id)
    return Restored(exchange, Hub(), Digest(exchange))


def _publish(hub: Hub, witnesses: tuple[Witness, ...]) -> Callable[[list[Outcome]], None]:
    def publish(outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            hub.apply(outcome)
            for witness in witnesses:
                witness(outcome)

    return publish


def _nowhere(outcomes: list[Outcome]) -> None:
    """Whoever goes on says where to."""
    raise AssertionError("set `publish` before the first command")
