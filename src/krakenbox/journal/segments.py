"""One segment of the log: what its first frame says, and the check of all that follow.

The chain proves that frames are those that were written, in their order. So a check decodes only what it must
know: the voids, and the last batch. The rest is decoded when it is replayed.
"""

from typing import NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from krakenbox.journal.frames import (
    COMMANDS,
    HASH,
    HEAD,
    VOID,
    DamagedJournal,
    Frame,
    Torn,
    frame_at,
    torn_end,
)
from krakenbox.model.command import Stamped, Void

FORMAT = 1
"""Raised when a reader of the version before could not read what is written."""


class Header(Struct, frozen=True, array_like=True):
    """Who wrote a segment. `rules` is raised by every change of what `apply` does."""

    rules: int
    venue_id: int
    format: int = FORMAT


class Head(Struct, frozen=True, array_like=True):
    """The first frame of a segment: who wrote it, and what it continues."""

    header: Header
    seq: int
    """Last command before the segment."""
    time_ns: int
    chain: bytes


class StateHash(Struct, frozen=True, array_like=True):
    """The state's hash after command `seq`, in hex."""

    seq: int
    digest: str


Record = list[Stamped] | StateHash
"""What a replay meets: a batch of commands, or the hash of the state after those before it."""

_heads = msgspec.json.Decoder(Head)
_batches = msgspec.json.Decoder(list[Stamped])
_hashes = msgspec.json.Decoder(StateHash)

_T = TypeVar("_T")


class Checked(NamedTuple):
    """A segment whose frames are whole and follow each other."""

    head: Head
    chain: bytes
    """Of the last frame."""
    size: int
    """Bytes of frames."""
    seq: int
    """Last command."""
    time_ns: int
    last_batch: list[Stamped] | None
    """None where it holds none."""
    voided: frozenset[int]
    torn: Torn | None
    """What lies behind the frames."""


def head_of(segment: int, data: memoryview) -> Head | None:
    """What a segment's first frame says, if that is whole."""
    frame = frame_at(data, 0)
    return _decoded(_heads, frame, segment, 0) if frame is not None and frame.kind == HEAD else None


def check(segment: int, data: memoryview, seq: int = 0) -> Checked:
    """Check every frame, `seq` being the last command before. Raises `DamagedJournal`."""
    head = head_of(segment, data)
    if head is None:
        torn_end(data, segment, 0, seq)
        raise DamagedJournal(segment, 0, seq, "it does not begin with a whole frame")
    if head.seq + 1 != segment:
        raise DamagedJournal(segment, 0, seq, f"it says that it begins with command {head.seq + 1}")
    chain, position = head.chain, 0
    batch: Frame | None = None
    last: Frame | None = None
    voided: set[int] = set()
    while (frame := frame_at(data, position)) is not None:
        if not frame.continues(chain) or (frame.kind == HEAD) != (position == 0):
            found = "the frame does not continue the one before it"
            raise DamagedJournal(segment, position, _reached(head, last, segment)[0], found)
        if frame.kind == COMMANDS:
            batch = last = frame
        elif frame.kind == VOID:
            last = frame
            voids = _decoded(_batches, frame, segment, head.seq)
            voided.update(stamped.command.seq for stamped in voids if isinstance(stamped.command, Void))
        chain, position = frame.chain, frame.end
    seq, time_ns = _reached(head, last, segment)
    return Checked(
        head,
        chain,
        position,
        seq,
        time_ns,
        None if batch is None else _decoded(_batches, batch, segment, head.seq),
        frozenset(voided),
        torn_end(data, segment, position, seq),
    )


def record_at(segment: int, data: memoryview, position: int, seq: int) -> tuple[Record | None, int]:
    """The record of a checked segment at a position (None for its head), and where the next begins."""
    frame = frame_at(data, position)
    if frame is None:
        raise DamagedJournal(segment, position, seq, "a frame that was whole when the log was opened is not")
    if frame.kind == HEAD:
        return None, frame.end
    if frame.kind == HASH:
        return _decoded(_hashes, frame, segment, seq), frame.end
    return _decoded(_batches, frame, segment, seq), frame.end


def _reached(head: Head, last: Frame | None, segment: int) -> tuple[int, int]:
    """Number and stamp of the last command up to a frame."""
    if last is None:
        return head.seq, head.time_ns
    stamped = _decoded(_batches, last, segment, head.seq)[-1]
    return stamped.seq, stamped.time_ns


def _decoded(decoder: msgspec.json.Decoder[_T], frame: Frame, segment: int, seq: int) -> _T:
    try:
        return decoder.decode(frame.payload)
    except msgspec.DecodeError as error:
        found = f"{frame.kind.decode()} does not decode: {error}"
        raise DamagedJournal(segment, frame.position, seq, found) from error
