"""A log as a reader finds it: nothing is cut or appended, and another process may be writing at its end."""

from collections.abc import Iterator

from krakenbox.journal.frames import DamagedJournal, Torn, torn_end
from krakenbox.journal.segments import Checked, Record, check, head_of, record_at
from krakenbox.journal.storage import Storage


class Reader:
    """A checked log. Raises `DamagedJournal` when made."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self.segments: dict[int, Checked] = {}
        """Every segment by the first sequence number it may hold."""
        self.torn: Torn | None = None
        """What lies behind the last whole frame: a torn end, or a write under way."""
        self.voided: frozenset[int] = frozenset()
        """Commands that are skipped."""
        self._check()

    @property
    def seq(self) -> int:
        """The last command."""
        return self._last.seq if self.segments else 0

    @property
    def first_seq(self) -> int:
        """The first command it may hold: those before were dropped."""
        return next(iter(self.segments), 1)

    def records(self, after_seq: int = 0) -> Iterator[Record]:
        """Every batch and state hash, from the segment that holds the command after `after_seq` on."""
        for segment, checked in self.segments.items():
            if checked.seq > after_seq:
                data, position, seq = self._storage.read(segment), 0, segment - 1
                while position < checked.size:
                    record, position = record_at(segment, data, position, seq)
                    if isinstance(record, list):
                        seq = record[-1].seq
                    if record is not None:
                        yield record

    @property
    def _last(self) -> Checked:
        return next(reversed(self.segments.values()))

    def _check(self) -> None:
        names = self._storage.segments()
        for segment in names:
            data = self._storage.read(segment)
            if segment == names[-1] and head_of(segment, data) is None:
                self._check_begun(segment, data)
                return
            checked = check(segment, data, self.seq)
            head = checked.head
            if self.segments and (head.chain, head.seq) != (self._last.chain, self._last.seq):
                raise DamagedJournal(segment, 0, self.seq, "the segment does not continue the one before it")
            if segment != names[-1] and checked.torn is not None:
                raise DamagedJournal(segment, checked.size, checked.seq, "its end is missing")
            self.segments[segment] = checked
            self.voided |= checked.voided
            self.torn = checked.torn

    def _check_begun(self, segment: int, data: memoryview) -> None:
        """The last segment was only begun: it holds nothing."""
        self.torn = torn_end(data, segment, 0, self.seq)
        if self.segments and segment != self.seq + 1:
            raise DamagedJournal(segment, 0, self.seq, "the segments before it are missing")
