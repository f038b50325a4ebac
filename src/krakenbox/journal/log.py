"""The log: every command in the order it was applied, in framed and chained records over segments.

    HEAD  format, rules and venue, and which command and chain the segment continues
    CMDS  one batch of stamped commands: one append is one frame, whole or not there
    HASH  the state's hash after the command before it
    VOID  commands of the batch before it that are skipped: the first of them crashed `apply`

A segment begins with its HEAD and is named by the first sequence number it may hold. Old ones are dropped
once a snapshot makes them needless. Those whose commands a snapshot holds may be of other rules, which is how
an upgrade starts: the last version snapshots when it stops, the next begins a segment.
"""

from collections.abc import Iterator
from itertools import pairwise

import msgspec

from krakenbox.journal.frames import (
    CHAIN_START,
    COMMANDS,
    HASH,
    HEAD,
    OVERHEAD,
    VOID,
    DamagedJournal,
    JournalError,
    Torn,
    packed,
    torn_end,
)
from krakenbox.journal.segments import (
    FORMAT,
    Checked,
    Head,
    Header,
    Record,
    StateHash,
    check,
    head_of,
    record_at,
)
from krakenbox.journal.storage import SEGMENT_BYTES, Storage, SyncDone
from krakenbox.model.command import Stamped, Void

__all__ = ["FORMAT", "DamagedJournal", "ForeignJournal", "Header", "JournalError", "Log", "StateHash", "Torn"]

_encode = msgspec.json.Encoder().encode


class ForeignJournal(JournalError):
    """The journal was written for another venue, or by another version."""


def stored_header(storage: Storage) -> Header | None:
    """The header of the newest segment that has one; None when the storage holds no log yet."""
    for segment in reversed(storage.segments()):
        head = head_of(segment, storage.read(segment))
        if head is not None:
            return head.header
    return None


class Log:
    """An opened log. Opening checks every frame and cuts a torn end; only then can it be appended to."""

    def __init__(
        self, storage: Storage, header: Header, after_seq: int = 0, segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """Open to go on from a state after command `after_seq`, or begin one.

        Raises `DamagedJournal`; `ForeignJournal` for another venue or if a command behind `after_seq` is of
        other rules.
        """
        self._storage = storage
        self._after_seq = after_seq
        self._segment_bytes = segment_bytes
        self._chain = CHAIN_START
        self._sizes: dict[int, int] = {}
        """Bytes of frames in each segment, oldest first."""
        self._durable = 0
        """Of these, bytes of the last segment known to survive a power cut."""
        self._begun_synced = False
        """Whether a sync has covered the HEAD of the last segment."""
        self._failed = False
        self.header = header
        self.torn: Torn | None = None
        """The end that was cut when it was opened."""
        self.seq = 0
        """Last sequence number."""
        self.time_ns = 0
        """Stamp of the last command."""
        self.last_batch: list[Stamped] = []
        """The last batch of commands, which alone may hold one that crashes and is not voided yet."""
        self.voided: set[int] = set()
        """Commands to skip."""
        self._open()

    @property
    def first_seq(self) -> int:
        """The first sequence number it may hold: those before were dropped."""
        return next(iter(self._sizes))

    @property
    def size_bytes(self) -> int:
        """Bytes of all frames."""
        return sum(self._sizes.values())

    def sizes(self) -> tuple[tuple[int, int], ...]:
        """First sequence number and bytes of each segment, oldest first."""
        return tuple(self._sizes.items())

    def append(self, batch: list[Stamped]) -> None:
        """Write a batch in one write; durable once a later sync has returned."""
        assert batch, "a batch holds at least one command"
        self._check_usable()
        seq, time_ns = self.seq, self.time_ns
        for stamped in batch:
            assert stamped.seq == seq + 1, f"command {stamped.seq} after {seq}"
            assert stamped.time_ns > time_ns, f"stamp {stamped.time_ns} after {time_ns}"
            seq, time_ns = stamped.seq, stamped.time_ns
        self._append(COMMANDS, _encode(batch))
        self._advance(batch)
        self.last_batch = batch

    def append_voids(self, voids: list[Stamped]) -> None:
        """Write the `Void` commands of one crash."""
        self._append(VOID, _encode(voids))
        self._advance(voids)
        self._void(voids)

    def append_hash(self, digest: bytes) -> None:
        """Write the hash of the state after the last command."""
        self._append(HASH, _encode(StateHash(self.seq, digest.hex())))

    def sync(self, on_done: SyncDone) -> None:
        """Begin to make durable what was appended so far; `on_done` as `Storage.sync` says."""
        segment, end = self._last

        def done(error: OSError | None) -> None:
            if error is None and segment == self._last[0]:
                self._covered(end)
            on_done(error)

        self._storage.sync(done)

    def sync_now(self) -> None:
        """Make durable what was appended so far."""
        self._storage.sync_now()
        self._covered(self._last[1])

    def records(self, after_seq: int = 0) -> Iterator[Record]:
        """Every batch and state hash in order, from the segment that holds the command after `after_seq` on.

        None from segments that lie wholly behind the state the log was opened for.
        """
        after_seq = max(after_seq, self._after_seq)
        if self.seq <= after_seq:
            return
        names = list(self._sizes)
        for segment, following in zip(names, [*names, None][1:], strict=True):
            if following is None or following > after_seq + 1:
                yield from self._records(segment)

    def prune(self, upto_seq: int) -> None:
        """Drop the oldest segments whose commands are all at or before `upto_seq`; the last one stays."""
        # One that might be lost is not the last yet.
        names = list(self._sizes) if self._begun_synced else list(self._sizes)[:-1]
        for segment, following in pairwise(names):
            if following > upto_seq + 1:
                break
            self._storage.drop(segment)
            del self._sizes[segment]

    def close(self) -> None:
        """Let go of the storage. What was not synced may be lost."""
        self._storage.close()

    # --- writing

    @property
    def _last(self) -> tuple[int, int]:
        return next(reversed(self._sizes.items()))

    def _append(self, kind: bytes, payload: bytes) -> None:
        self._check_usable()
        segment, size = self._last
        try:
            # A segment without commands is not followed by another, which would have its name.
            if size + OVERHEAD + len(payload) > self._segment_bytes and segment <= self.seq:
                self._begin()
            self._write(kind, payload)
        except OSError:
            self._failed = True
            raise

    def _check_usable(self) -> None:
        # After a failed write nobody knows what the storage holds: only opening it again can tell.
        assert not self._failed, "a log whose write failed takes no more"

    def _begin(self) -> None:
        """Begin a segment behind the last command."""
        segment = self.seq + 1
        self._storage.begin(segment)
        self._sizes[segment] = self._durable = 0
        self._begun_synced = False
        self._write_head()

    def _write_head(self) -> None:
        self._write(HEAD, _encode(Head(self.header, self.seq, self.time_ns, self._chain)))

    def _write(self, kind: bytes, payload: bytes) -> None:
        frame, chain = packed(kind, payload, self._durable, self._chain)
        self._storage.append(frame)
        segment, size = self._last
        self._sizes[segment] = size + len(frame)
        self._chain = chain

    def _covered(self, end: int) -> None:
        self._begun_synced = True
        if self._storage.commits:
            self._durable = max(self._durable, end)

    def _advance(self, batch: list[Stamped]) -> None:
        self.seq, self.time_ns = batch[-1].seq, batch[-1].time_ns

    def _void(self, voids: list[Stamped]) -> None:
        self.voided.update(stamped.command.seq for stamped in voids if isinstance(stamped.command, Void))

    # --- reading

    def _records(self, segment: int) -> Iterator[Record]:
        data = self._storage.read(segment)
        seq, position = segment - 1, 0
        while position < self._sizes[segment]:
            record, position = record_at(segment, data, position, seq)
            if isinstance(record, list):
                seq = record[-1].seq
            if record is not None:
                yield record

    def _open(self) -> None:
        names = self._storage.segments()
        begun = self._begun(names)
        if begun is not None:
            names.pop()
        header = self.header
        for segment, following in zip(names, [*names, begun][1:], strict=True):
            checked = check(segment, self._storage.read(segment), self.seq)
            self._join(segment, checked, following)
            header = checked.head.header
            self._admit(header, self.seq)
        if begun is not None and begun != self.seq + 1:
            raise DamagedJournal(begun, 0, self.seq, "the segments before it are missing")
        self._go_on(header, begun)
        self.sync_now()

    def _go_on(self, header: Header, begun: int | None) -> None:
        """Make the end of the log, of this header, one that can be appended to."""
        if begun is not None:
            self._restart(begun)
        elif not self._sizes:
            self._begin()
        elif header != self.header and self._last[0] > self.seq:
            self._restart(self._last[0])
        else:
            self._storage.cut(*self._last)
            if header != self.header:
                self._begin()

    def _begun(self, names: list[int]) -> int | None:
        """The last segment if it was begun and its HEAD never became durable: it holds nothing."""
        if not names:
            return None
        segment = names[-1]
        data = self._storage.read(segment)
        if head_of(segment, data) is not None:
            return None
        self.torn = torn_end(data, segment, 0, segment - 1)
        return segment

    def _join(self, segment: int, checked: Checked, following: int | None) -> None:
        """Take in a segment behind those before it; `following` is the next, also one that was only begun."""
        head = checked.head
        if self._sizes and (head.chain, head.seq) != (self._chain, self.seq):
            raise DamagedJournal(segment, 0, self.seq, "the segment does not continue the one before it")
        # A segment is durable before the next is begun.
        if following is not None and (checked.torn is not None or following != checked.seq + 1):
            found = f"its end is missing, for segment {following:020} follows"
            raise DamagedJournal(segment, checked.size, checked.seq, found)
        self._sizes[segment] = checked.size
        self._chain, self.seq, self.time_ns = checked.chain, checked.seq, checked.time_ns
        self.voided |= checked.voided
        if checked.last_batch is not None:
            self.last_batch = checked.last_batch
        if following is None:
            self.torn = checked.torn

    def _admit(self, found: Header, seq: int) -> None:
        """Refuse a header under which commands up to `seq` cannot be gone on from."""
        expected = self.header
        old = seq <= self._after_seq
        if found == expected or (old and found == msgspec.structs.replace(expected, rules=found.rules)):
            return
        advice = ""
        if found.rules != expected.rules:
            # The commands behind the last snapshot mean what they meant under the rules they came under.
            advice = f"; drain it with a version of rules {found.rules}: start that and shut it down cleanly"
        raise ForeignJournal(f"expected a journal of {expected}; was {found}{advice}")

    def _restart(self, segment: int) -> None:
        """Begin anew the last segment, which holds no command."""
        self._storage.cut(segment, 0)
        self._sizes[segment] = 0
        self._write_head()
