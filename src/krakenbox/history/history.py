"""The history's shell: one thread that writes behind, and reads that never contradict an acknowledgement.

    loop's thread      observe(outcome) -> sieve -> buffer        a lock and an append, no row is made here
    writer's thread    buffer -> recorder -> one transaction      every few seconds, or when somebody reads

A read waits until the writer has passed the sequence that was current when it came. A database that is away
means lag: the writer tries again, and the buffer fills up to its bound. Then it is dropped, and what it held
comes from the journal once the database is back: `catch_up` gives it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from krakenbox.errors import HistoryError
from krakenbox.history import engines
from krakenbox.history.rows import Batch, Recorder
from krakenbox.history.sieve import Kept, Sieve
from krakenbox.history.writer import Writer
from krakenbox.model.event import Outcome

LINGER_S = 2.0
"""How long rows gather while nobody reads: a calm market then writes half a gigabyte a day."""
BATCH_EVENTS = 5_000
"""Events per transaction: a tenth of a second's work."""
BUFFER_EVENTS = 100_000
"""Events that wait for the writer at most: about 100 MB, seconds of the busiest load."""
BACKOFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Pauses after a database error; the last one from then on."""
IDLE_ROUNDS = 5
"""Pauses without a row after which the progress alone is written, so that the journal can be pruned."""
WAIT_S = 10.0
"""How long is waited for the writer: by a read, by an observer without `catch_up`, by a close."""
READS_AT_ONCE = 2
"""Reads that run at a time: threads and connections."""
READS_WAITING = 256
"""Reads that may run or wait, more are refused: what the REST counters of a dozen accounts let in."""
_BREATH_EVENTS = 64
"""Events between two breaths: some 0.3 ms of work."""
_BREATH_S = 0.000_05
"""What the loop needs to wake up. Without a pause it gets the interpreter only when the switch interval of 5
ms is over: to release it for a moment, as drivers do, is too short for a thread to be woken in."""

logger = logging.getLogger(__name__)

T = TypeVar("T")
CatchUp = Callable[[int], Iterable[Outcome]]
"""From a command's number to all outcomes behind it, in order, as far as the journal is published."""


class _Waiter:
    """Somebody who waits until the writer has passed a command."""

    def __init__(self, seq: int) -> None:
        self.seq = seq
        self.loop = asyncio.get_running_loop()
        self.passed: asyncio.Future[None] = self.loop.create_future()

    def tell(self, failure: Exception | None) -> None:
        """Let it go on; from any thread."""
        self.loop.call_soon_threadsafe(self._tell, failure)

    def _tell(self, failure: Exception | None) -> None:
        if self.passed.done():
            return
        if failure is None:
            self.passed.set_result(None)
        else:
            self.passed.set_exception(HistoryError(str(failure)))


class History:
    """Clients' orders, fills, ledger entries and amends, public trades and candles, in a database."""

    def __init__(self, url: str, venue_id: int) -> None:
        """Open or make it, and begin to write. Raises `ConfigError`, and `HistoryError` if it is away."""
        self.catch_up: CatchUp | None = None
        """Gives back what an overflow dropped; called on the writer's thread. Without one `observe` waits for
        room: in recovery, and where there is no journal."""
        self.on_failure: Callable[[Exception], None] = _untold
        """Told of an error of ours, on the writer's thread: no row is written after it."""
        self.failure: Exception | None = None
        self.trouble = ""
        """The database error that the writer is getting over now; empty if none."""
        self._engines = engines.opened(url)
        self._writer = engines.attempt(lambda: Writer(self._engines.writing, venue_id, _breathe))
        known = engines.attempt(self._writer.known)
        progress = self._writer.progress
        self._recorder = Recorder(known, progress.seq)
        self._sieve = Sieve(known.house)
        self._hand: Batch | None = None
        """Taken out of the recorder, and not known to be committed yet."""
        self._idle = 0
        # Shared by the threads, under the lock.
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._buffer: list[Kept] = []
        self._size = 0
        self._lost = False
        self._seen, self._seen_ns = progress.seq, progress.time_ns
        self._passed = progress.seq
        self._waiters: list[_Waiter] = []
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._reading = 0
        self._readers = ThreadPoolExecutor(READS_AT_ONCE, "history-read")
        self._thread = threading.Thread(target=self._run, name="history-write", daemon=True)
        self._thread.start()

    # --- where it stands

    @property
    def committed_seq(self) -> int:
        """The last command whose rows are in the database for good: nothing behind it may be pruned."""
        return self._writer.progress.seq

    @property
    def seen_seq(self) -> int:
        """The last command observed."""
        return self._seen

    @property
    def lag(self) -> int:
        """Commands that were observed and not yet passed by the writer."""
        return self._seen - self._passed

    @property
    def gap(self) -> int | None:
        """The command behind which events were dropped and not caught up yet; None if there are none."""
        return self._passed if self._lost else None

    # --- the loop's side

    def observe(self, outcome: Outcome) -> None:
        """Take in what a command did. Outcomes that come again are no harm, before or after a restart."""
        events = self._sieve.keep(outcome)
        with self._lock:
            # Seen in the same breath as buffered or dropped: the writer passes all that was seen once the
            # buffer is empty, which it may become while room is waited for.
            fits = not events or self._has_room(len(events))
            if outcome.seq > self._seen:
                self._seen, self._seen_ns = outcome.seq, outcome.time_ns
            if not events or self._lost:
                return
            if not fits:
                self._drop()
                return
            self._buffer.append(Kept(outcome.seq, outcome.time_ns, events))
            self._size += len(events)
            crowded = self._size >= BATCH_EVENTS
        if crowded:
            self._wake.set()

    async def reached(self, seq: int) -> None:
        """Wait until the tables hold what came up to a command. Raises `HistoryError` after ten seconds."""
        with self._lock:
            if self.failure is not None:
                raise HistoryError(f"the history has stopped: {self.failure}")
            if self._passed >= seq:
                return
            waiter = _Waiter(seq)
            self._waiters.append(waiter)
        self._wake.set()
        try:
            await asyncio.wait_for(waiter.passed, WAIT_S)
        except TimeoutError:
            lag = self._seen - self._passed
            raise HistoryError(f"the history is {lag} commands behind. {self.trouble}".strip()) from None
        finally:
            with self._lock:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    async def read(self, function: Callable[[Connection], T]) -> T:
        """What `function` finds in tables that hold everything observed before. Raises `HistoryError`."""
        if self._reading >= READS_WAITING:
            raise HistoryError(f"{READS_WAITING} reads are waiting already")
        self._reading += 1
        try:
            await self.reached(self._seen)
            return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, function)
        except SQLAlchemyError as error:
            raise HistoryError(engines.said(error)) from error
        finally:
            self._reading -= 1

    async def close(self) -> None:
        """Write what is left, waiting at most ten seconds for it, and let the database go."""
        self._closing.set()
        self._wake.set()
        await asyncio.to_thread(self._thread.join, WAIT_S)
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._engines.dispose()

    def _has_room(self, more: int) -> bool:
        """With the lock held: whether more fits; waits for it if nothing could bring back what is dropped."""
        if self._lost or self._fits(more):
            return True
        if self.catch_up is not None:
            return False
        self._wake.set()
        return self._room.wait_for(lambda: self._lost or self._fits(more), WAIT_S)

    def _fits(self, more: int) -> bool:
        """One outcome always fits, however many events it has."""
        return not self._buffer or self._size + more <= BUFFER_EVENTS

    def _drop(self) -> None:
        self._buffer.clear()
        self._size = 0
        self._lost = True
        self._wake.set()

    def _read(self, function: Callable[[Connection], T]) -> T:
        with self._engines.reading.connect() as connection:
            return function(connection)

    # --- the writer's side

    def _run(self) -> None:
        tries = 0
        while True:
            if tries:
                # Nothing that is observed makes a database come back sooner.
                self._closing.wait(BACKOFF_S[min(tries, len(BACKOFF_S)) - 1])
            else:
                self._wake.wait(LINGER_S)
            self._wake.clear()
            closing = self._closing.is_set()
            try:
                self._catch_up_and_write()
                tries, self.trouble = 0, ""
            except SQLAlchemyError as error:
                tries += 1
                self._note(error)
            except Exception as error:  # noqa: BLE001 - a bug of ours, or of the journal's replay: told, not survived
                self._stop(error)
                return
            if closing:
                return

    def _catch_up_and_write(self) -> None:
        if self._hand is not None:
            self._commit()
        while self._lost and self.catch_up is not None:
            self._replay(self.catch_up)
        while self._take():
            self._commit()

    def _take(self) -> bool:
        """Record up to a batch of what is buffered; whether there is something to commit."""
        recorder = self._recorder
        while recorder.size < BATCH_EVENTS:
            with self._lock:
                taken, seq, time_ns = self._slice(BATCH_EVENTS - recorder.size)
            for kept in taken:
                self._record(kept)
            if seq:
                recorder.advance(seq, time_ns)
            if not taken:
                break
        return self._to_commit()

    def _slice(self, most: int) -> tuple[list[Kept], int, int]:
        """With the lock held: the first outcomes of the buffer; and if that is all, how far they reach."""
        events = count = 0
        for kept in self._buffer:
            if events >= most:
                break
            events += len(kept.events)
            count += 1
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        self._size -= events
        self._room.notify_all()
        whole = not self._buffer and not self._lost
        return taken, self._seen if whole else 0, self._seen_ns

    def _to_commit(self) -> bool:
        recorder = self._recorder
        # The next start begins at a snapshot that the progress has reached: an end writes it too.
        due = self._idle >= IDLE_ROUNDS or self._closing.is_set()
        if recorder.size or (due and recorder.seq > self.committed_seq):
            self._hand = recorder.take()
            return True
        self._idle += 1
        self._pass()
        return False

    def _commit(self) -> None:
        batch = self._hand
        assert batch is not None
        self._writer.write(batch)
        self._hand, self._idle = None, 0
        self._pass()

    def _pass(self) -> None:
        """Everything recorded is in the tables: let those go on who waited for it."""
        with self._lock:
            self._passed = self._recorder.seq
            done = [waiter for waiter in self._waiters if waiter.seq <= self._passed]
            self._waiters = [waiter for waiter in self._waiters if waiter.seq > self._passed]
        for waiter in done:
            waiter.tell(None)

    def _replay(self, catch_up: CatchUp) -> None:
        """Record what the overflow dropped. What comes meanwhile is buffered, and may overflow again."""
        with self._lock:
            self._lost = False
            until = self._seen
        try:
            sieve = Sieve(self._recorder.house)
            for outcome in catch_up(self._recorder.seq):
                self._record(Kept(outcome.seq, outcome.time_ns, sieve.keep(outcome)))
                if self._recorder.size >= BATCH_EVENTS:
                    self._hand = self._recorder.take()
                    self._commit()
            assert self._recorder.seq >= until, f"caught up to {self._recorder.seq}, not to {until}"
        except Exception:
            with self._lock:
                self._drop()
            raise

    def _record(self, kept: Kept) -> None:
        self._recorder.record(kept)
        if self._recorder.size % _BREATH_EVENTS < len(kept.events):
            _breathe()

    def _note(self, error: SQLAlchemyError) -> None:
        said = engines.said(error)
        if not self.trouble:
            logger.warning("the history's database failed, trying again: %s", said)
        self.trouble = said

    def _stop(self, error: Exception) -> None:
        logger.error("the history has stopped", exc_info=error)
        with self._lock:
            self.failure = error
            self._drop()
            self._room.notify_all()
            waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.tell(error)
        self.on_failure(error)


def _breathe() -> None:
    """Let the loop have the interpreter."""
    sleep(_BREATH_S)


def _untold(error: Exception) -> None:
    """Nobody has to be told."""
