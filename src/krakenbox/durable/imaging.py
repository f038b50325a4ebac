"""Snapshots of a running exchange: made in a forked child, so that the loop stops only for the fork.

    loop's process                          child, niced, with no socket or file of its parent's
    begin: pipe, fork ------------------>   outcomes not yet published -> its copy of the views
    poll: is the last command durable?      encode, write and sync under a name that nobody looks for
          yes: a byte into the pipe ---->   the name that counts; exit 0
          log failed: pipe closed ------>   remove it; exit
    poll: what came of it  <------------    no byte, for the parent died: remove it

So a snapshot never tells of a command that a crash may still take back. Without `fork`, or where the shelf
keeps no files, a snapshot is made in line, as it is at shutdown.
"""

import gc
import os
import signal
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NoReturn, Protocol, runtime_checkable

import msgspec
from msgspec import Struct

from krakenbox.feeds.hub import Hub
from krakenbox.journal import snapshot
from krakenbox.journal.log import JournalError
from krakenbox.journal.snapshot import Image, Shelf
from krakenbox.model.event import Outcome
from krakenbox.sequencer import Sequencer
from krakenbox.venue import state
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.hashing import Digest

VENUE, FEEDS, DIGEST = "venue", "feeds", "digest"
"""Parts of a snapshot: the exchange, the views, and the state hash that the exchange must come back to."""

_NICE = 19
_GO = b"1"
_LEFT_OUT, _CRASHED = 254, 255
"""What a child ends with beside 0, for a snapshot that is kept, and the numbers of the system's errors."""
_ERRORS = 2
_FIRST_OWN = 3
"""The first file descriptor that is neither input, output nor errors."""
_MOST_FILES = 65_536
"""Tried where the system does not list them: as many as a server asks for (`gateway/descriptors`)."""


class SnapshotRefused(JournalError):
    """A snapshot is whole, but its state is not the one that was captured."""


@runtime_checkable
class FileShelf(Shelf, Protocol):
    """A shelf that another process can use: `journal.files.FileShelf`."""

    def prepare(self, seq: int, data: bytes) -> None:
        """Write and sync a snapshot under a name that nobody looks for."""
        ...

    def keep(self, seq: int) -> None:
        """Give it the name that counts, and make that durable."""
        ...

    def tidy(self) -> None:
        """Remove what was prepared and not kept."""
        ...


class Restored(Struct, frozen=True):
    """What a snapshot holds."""

    exchange: Exchange
    hub: Hub
    digest: Digest


class Ended(Struct, frozen=True):
    """What came of a snapshot."""

    seq: int
    failure: str = ""
    """Empty if it is kept."""


def image(exchange: Exchange, hub: Hub, held: Iterable[Outcome], rules: int) -> Image:
    """The image of exchange and views, which take in first what is `held` back from them."""
    for outcome in held:
        hub.apply(outcome)
    venue = exchange.venue
    assert hub.seq == venue.seq, f"the views stand at {hub.seq}, the exchange at {venue.seq}"
    digest = Digest(exchange).value().hex().encode()
    parts = {VENUE: state.encode(exchange), FEEDS: hub.capture(), DIGEST: digest}
    return Image(venue.seq, venue.time_ns, rules, venue.mint.venue_id, parts)


def restored(found: Image) -> Restored:
    """Exchange and views of an image; the exchange has the state hash it had. Raises `SnapshotRefused`."""
    collecting = gc.isenabled()
    gc.disable()  # a million new objects, none of them garbage: most of the time would go into looking
    try:
        exchange, hub = state.decode(found.parts[VENUE]), Hub()
        digest, expected = Digest(exchange), found.parts[DIGEST].decode()
        value = digest.value().hex()
        hub.restore(found.parts[FEEDS])
    except (msgspec.MsgspecError, KeyError, AssertionError) as error:
        raise SnapshotRefused(f"snapshot {found.seq}: {type(error).__name__} {error}") from error
    finally:
        if collecting:
            gc.enable()
    if value != expected:
        raise SnapshotRefused(f"snapshot {found.seq}: expected the state {expected}; was {value}")
    if hub.seq != found.seq:
        raise SnapshotRefused(f"snapshot {found.seq}: expected its views; was {hub.seq}")
    return Restored(exchange, hub, digest)


class Imager:
    """Makes snapshots of one exchange, one at a time; `poll` it every now and then while one is under way."""

    def __init__(self, exchange: Exchange, hub: Hub, sequencer: Sequencer, shelf: Shelf, rules: int) -> None:
        self._exchange = exchange
        self._hub = hub
        self._sequencer = sequencer
        self._shelf = shelf
        self._rules = rules
        self.settle: Callable[[], None] = lambda: None
        """What the child does before a snapshot counts."""
        self._pid = 0
        """The child; 0 for none."""
        self._pipe = -1
        """Where the child waits for leave to name its snapshot; -1 once it was told."""
        self._seq = 0
        """Of the snapshot under way."""

    @property
    def running(self) -> bool:
        """Whether a child is at work."""
        return self._pid != 0

    def begin(self) -> Ended | None:
        """Make a snapshot of the state as it is: `poll` tells what came of it, this one only if it is done.

        Nothing is begun while one is under way, after a failure, or before the first command.
        """
        if self.running or self._sequencer.failed or not self._exchange.venue.seq:
            return None
        shelf = self._shelf
        if not isinstance(shelf, FileShelf) or not hasattr(os, "fork"):
            return self.now()
        there, here = os.pipe()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(there)
            os.close(here)
            return Ended(self._exchange.venue.seq, f"no child: {error.strerror}")
        if pid == 0:
            self._child(shelf, there)
        os.close(there)
        self._pid, self._pipe, self._seq = pid, here, self._exchange.venue.seq
        return None

    def poll(self) -> Ended | None:
        """What came of the snapshot under way, once that is known. Never waits."""
        if not self.running:
            return None
        self._tell()
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        return self._ended(status) if pid else None

    def now(self) -> Ended | None:
        """Make a snapshot in line; None while outcomes are held back, which the views must not show yet."""
        exchange, sequencer = self._exchange, self._sequencer
        if sequencer.held() or sequencer.failed or not exchange.venue.seq:
            return None
        found = image(exchange, self._hub, (), self._rules)
        try:
            self._shelf.put(found.seq, snapshot.encode(found))
        except OSError as error:
            return Ended(found.seq, error.strerror or str(error))
        return Ended(found.seq)

    def close(self) -> None:
        """End the child, if there is one; its snapshot is lost."""
        if not self.running:
            return
        os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        self._ended(status)

    def _tell(self) -> None:
        """Let the child name its snapshot, or let it know that it never may."""
        sequencer = self._sequencer
        if self._pipe < 0 or (sequencer.durable_seq < self._seq and not sequencer.failed):
            return
        try:
            if not sequencer.failed:
                os.write(self._pipe, _GO)
        except BrokenPipeError:
            pass  # it has ended already: its status says why
        finally:
            os.close(self._pipe)
            self._pipe = -1

    def _ended(self, status: int) -> Ended:
        seq, code = self._seq, os.waitstatus_to_exitcode(status)
        if self._pipe >= 0:
            os.close(self._pipe)
        self._pid, self._pipe, self._seq = 0, -1, 0
        if code == 0:
            return Ended(seq)
        if isinstance(self._shelf, FileShelf):
            self._shelf.tidy()
        if code < 0:
            return Ended(seq, f"its process was ended by {signal.Signals(-code).name}")
        known = {_LEFT_OUT: "its last command is not durable", _CRASHED: "its process crashed"}
        return Ended(seq, known.get(code) or os.strerror(code))

    # -- in the child

    def _child(self, shelf: FileShelf, pipe: int) -> NoReturn:
        code = _CRASHED
        try:
            _alone(pipe)
            code = self._work(shelf, pipe)
        except OSError as error:
            code = error.errno or _CRASHED
        finally:
            try:
                if code == _CRASHED:
                    # Not by `sys.stderr`, which may have been put upon a file that is closed here.
                    os.write(_ERRORS, traceback.format_exc().encode())
            finally:
                os._exit(code)  # whatever it was: the parent's code must not go on here

    def _work(self, shelf: FileShelf, pipe: int) -> int:
        found = image(self._exchange, self._hub, self._sequencer.held(), self._rules)
        shelf.prepare(found.seq, snapshot.encode(found))
        if os.read(pipe, 1) != _GO:
            shelf.tidy()
            return _LEFT_OUT
        self.settle()
        shelf.keep(found.seq)
        return 0


def _alone(pipe: int) -> None:
    """Be out of the way of the parent: its connections end when it closes them, its processor is its own."""
    gc.disable()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, which ends its children
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number in _open_files():
        if number >= _FIRST_OWN and number != pipe:
            with suppress(OSError):  # the one that listed them
                os.close(number)
    os.nice(_NICE)


def _open_files() -> Iterable[int]:
    """Numbers of open files: those the system lists, for what it allows may be a thousand million."""
    for listing in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return [int(name) for name in os.listdir(listing)]
    return range(min(os.sysconf("SC_OPEN_MAX"), _MOST_FILES))
