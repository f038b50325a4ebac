"""The log: frames around the commands, so that a torn end can be told from damage.

    HEAD  which format, rules and venue
    CMDS  one batch of stamped commands: one append is one frame, whole or not there
    HASH  the state's hash after the command before it
    VOID  commands of the batch before it that are skipped: the first of them crashed `apply`

A frame is its CRC, kind, length, `synced`, chain and a JSON payload (an integer of money may exceed 64
bits). The chain is a hash over the chain of the frame before and the payload: a frame that is missing, moved
or from another log breaks it. `synced` is how much of the log was known to be durable when it was written.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from struct import Struct as Layout

import msgspec
from msgspec import Struct

from krakenbox.journal.storage import Storage, SyncDone
from krakenbox.model.command import Stamped, Void

FORMAT = 1
"""Raised when a reader of the version before could not read what is written."""

_CRC = Layout("<I")
_BODY = Layout("<4sIQ16s")  # kind, payload length, synced, chain
_OVERHEAD = _CRC.size + _BODY.size
_KIND = slice(_CRC.size, _CRC.size + 4)
_CHAIN_START = bytes(16)
_HEAD, _COMMANDS, _HASH, _VOID = b"HEAD", b"CMDS", b"HASH", b"VOID"
_KINDS = frozenset((_HEAD, _COMMANDS, _HASH, _VOID))
_TAG = re.compile(b"|".join(sorted(_KINDS)))

_encode = msgspec.json.Encoder().encode


class JournalError(Exception):
    """The journal cannot be used as it is."""


class DamagedJournal(JournalError):
    """Bytes that had been durable are not what was written."""

    def __init__(self, position: int, found: str) -> None:
        super().__init__(f"journal damaged at byte {position}: {found}")
        self.position = position


class ForeignJournal(JournalError):
    """The journal was written for another venue, or by another version."""


class Header(Struct, frozen=True, array_like=True):
    """What the first frame says. `rules` is raised by every change of what `apply` does."""

    rules: int
    venue_id: int
    format: int = FORMAT


class StateHash(Struct, frozen=True, array_like=True):
    """The state's hash after command `seq`, in hex."""

    seq: int
    digest: str


class Torn(Struct, frozen=True):
    """An end that never became durable and was cut: nobody had been told of it."""

    position: int
    dropped: int
    """Bytes cut."""
    intact: int
    """Whole frames among them: later writes that reached the disk before the missing one."""


_headers = msgspec.json.Decoder(Header)
_batches = msgspec.json.Decoder(list[Stamped])
_hashes = msgspec.json.Decoder(StateHash)


class _Frame(Struct, frozen=True):
    """One frame that passed its CRC."""

    kind: bytes
    position: int
    synced: int
    chain: bytes
    payload: memoryview

    @property
    def end(self) -> int:
        return self.position + _OVERHEAD + len(self.payload)


def stored_header(storage: Storage) -> Header | None:
    """The header a storage begins with; None when it holds no log yet."""
    frame = _frame(storage.read(), 0)
    return _headers.decode(frame.payload) if frame is not None and frame.kind == _HEAD else None


class Log:
    """An opened log. Opening checks every frame and cuts a torn end; only then can it be appended to."""

    def __init__(self, storage: Storage, header: Header) -> None:
        """Open, or begin one. Raises `DamagedJournal`; for another header `ForeignJournal`."""
        self._storage = storage
        self._chain = _CHAIN_START
        self._size = 0
        self._durable = 0
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
        self._read(storage.read())
        storage.cut(self._size)
        if not self._size:
            self._append(_HEAD, _encode(header))
        self.sync_now()

    def append(self, batch: list[Stamped]) -> None:
        """Write a batch in one write; durable once a later sync has returned."""
        assert batch, "a batch holds at least one command"
        self._advance(batch)
        self._append(_COMMANDS, _encode(batch))

    def append_voids(self, voids: list[Stamped]) -> None:
        """Write the `Void` commands of one crash."""
        self._void(voids)
        self._append(_VOID, _encode(voids))

    def append_hash(self, digest: bytes) -> None:
        """Write the hash of the state after the last command."""
        self._append(_HASH, _encode(StateHash(self.seq, digest.hex())))

    def sync(self, on_done: SyncDone) -> None:
        """Begin to make durable what was appended so far; `on_done` as `Storage.sync` says."""
        end = self._size

        def done(error: OSError | None) -> None:
            if error is None:
                self._durable = max(self._durable, end)
            on_done(error)

        self._storage.sync(done)

    def sync_now(self) -> None:
        """Make durable what was appended so far."""
        self._storage.sync_now()
        self._durable = self._size

    def records(self) -> Iterator[list[Stamped] | StateHash]:
        """Every batch and every state hash, in order."""
        data = self._storage.read()[: self._size]
        position = 0
        while position < len(data):
            frame = _frame(data, position)
            if frame is None:
                raise DamagedJournal(position, "a frame that was whole when the log was opened is not")
            if frame.kind == _HASH:
                yield _hashes.decode(frame.payload)
            elif frame.kind != _HEAD:
                yield _batches.decode(frame.payload)
            position = frame.end

    def _append(self, kind: bytes, payload: bytes) -> None:
        # After a failed write nobody knows what the storage holds: only opening it again can tell.
        assert not self._failed, "a log whose write failed takes no more"
        chain = _next_chain(self._chain, payload)
        body = _BODY.pack(kind, len(payload), self._durable, chain) + payload
        frame = _CRC.pack(zlib.crc32(body)) + body
        try:
            self._storage.append(frame)
        except OSError:
            self._failed = True
            raise
        self._size += len(frame)
        self._chain = chain

    def _read(self, data: memoryview) -> None:
        """Take in the frames up to the clean or torn end."""
        while (frame := _frame(data, self._size)) is not None:
            continues = frame.chain == _next_chain(self._chain, frame.payload)
            if not continues or (frame.kind == _HEAD) != (self._size == 0):
                raise DamagedJournal(self._size, "the frame does not continue the one before it")
            try:
                self._take(frame)
            except msgspec.DecodeError as error:
                raise DamagedJournal(self._size, f"{frame.kind.decode()} does not decode: {error}") from error
            self._chain = frame.chain
            self._size = frame.end
        self.torn = _torn(data, self._size)

    def _take(self, frame: _Frame) -> None:
        if frame.kind == _HEAD:
            _check_header(_headers.decode(frame.payload), self.header)
        elif frame.kind == _COMMANDS:
            self._advance(_batches.decode(frame.payload))
        elif frame.kind == _VOID:
            self._void(_batches.decode(frame.payload))

    def _advance(self, batch: list[Stamped]) -> None:
        for stamped in batch:
            assert stamped.seq == self.seq + 1, f"command {stamped.seq} after {self.seq}"
            assert stamped.time_ns > self.time_ns, f"stamp {stamped.time_ns} after {self.time_ns}"
            self.seq, self.time_ns = stamped.seq, stamped.time_ns
        self.last_batch = batch

    def _void(self, voids: list[Stamped]) -> None:
        crashed = self.last_batch
        self._advance(voids)
        self.last_batch = crashed
        self.voided.update(stamped.command.seq for stamped in voids if isinstance(stamped.command, Void))


def _frame(data: memoryview, position: int) -> _Frame | None:
    """The frame at a position, if one is whole there."""
    if len(data) < position + _OVERHEAD:
        return None
    (crc,) = _CRC.unpack_from(data, position)
    kind, length, synced, chain = _BODY.unpack_from(data, position + _CRC.size)
    start = position + _OVERHEAD
    if kind not in _KINDS or crc != zlib.crc32(data[position + _CRC.size : start + length]):
        return None
    return _Frame(kind, position, synced, chain, data[start : start + length])


def _torn(data: memoryview, position: int) -> Torn | None:
    """What lies behind the last whole frame: nothing, zeros of preallocation, or a torn end. Else raises."""
    rest = bytes(data[position:]).rstrip(b"\0")
    if not rest:
        return None
    if position == 0 and not _HEAD.startswith(rest[_KIND]):
        raise DamagedJournal(0, f"not a journal; it begins with {rest[:16]!r}")
    # Writes of one sync reach a disk in any order, so whole frames may lie behind a torn one. But one that
    # was written when this place was known to be durable proves that nothing was torn here: it rotted.
    behind = [_frame(data, position + found.start() - _CRC.size) for found in _TAG.finditer(rest, _OVERHEAD)]
    intact = [frame for frame in behind if frame is not None]
    if any(frame.synced > position for frame in intact):
        raise DamagedJournal(position, "no whole frame, yet later ones say that there was one")
    return Torn(position, len(rest), len(intact))


def _next_chain(chain: bytes, payload: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(chain)
    digest.update(payload)
    return digest.digest()[: len(_CHAIN_START)]


def _check_header(found: Header, expected: Header) -> None:
    if found == expected:
        return
    advice = ""
    if found.rules != expected.rules:
        # The commands behind the last snapshot mean what they meant under the rules they were accepted by.
        advice = f"; drain it with a version of rules {found.rules}: start that and shut it down cleanly"
    raise ForeignJournal(f"expected a journal of {expected}; was {found}{advice}")
