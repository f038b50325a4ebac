"""Snapshots: images of a whole state at a sequence number, so that a start replays only what came after."""

import hashlib
from typing import Protocol

import msgspec
from msgspec import Struct

from krakenbox.journal.log import JournalError

_MAGIC = b"krakenbox snapshot 1\n"
_DIGEST_BYTES = 32


class DamagedSnapshot(JournalError):
    """The bytes are not those of a snapshot that was written whole."""


class Image(Struct, frozen=True, array_like=True):
    """A state after command `seq`. New fields go to the end with a default: old images are read for ever."""

    seq: int
    time_ns: int
    """Stamp of command `seq`."""
    rules: int
    venue_id: int
    parts: dict[str, bytes]
    """Encoded states by the name of their owner, such as `venue` and `feeds`."""


class Shelf(Protocol):
    """Where snapshots lie. `put` is all or nothing: a file shelf writes, syncs and renames."""

    def put(self, seq: int, data: bytes) -> None:
        """Keep the snapshot of a sequence number."""
        ...

    def kept(self) -> list[int]:
        """Sequence numbers of the snapshots there are, in any order."""
        ...

    def get(self, seq: int) -> bytes:
        """One of them."""
        ...


class MemoryShelf:
    """A shelf in memory. Unrealistic in that nothing on it rots unless a test overwrites it."""

    def __init__(self) -> None:
        self._images: dict[int, bytes] = {}

    def put(self, seq: int, data: bytes) -> None:
        """Keep the snapshot of a sequence number."""
        self._images[seq] = data

    def kept(self) -> list[int]:
        """Sequence numbers of the snapshots there are."""
        return list(self._images)

    def get(self, seq: int) -> bytes:
        """One of them."""
        return self._images[seq]


class Newest(Struct, frozen=True):
    """The newest whole snapshot of a shelf, and those after it that were damaged and passed over."""

    image: Image | None
    damaged: tuple[int, ...]


def encode(image: Image) -> bytes:
    """The bytes of an image, under a checksum."""
    body = msgspec.msgpack.encode(image)
    return _MAGIC + hashlib.sha256(body).digest() + body


def decode(data: bytes) -> Image:
    """The image of `encode`d bytes. Raises `DamagedSnapshot`."""
    start = len(_MAGIC) + _DIGEST_BYTES
    body = memoryview(data)[start:]
    if not data.startswith(_MAGIC) or data[len(_MAGIC) : start] != hashlib.sha256(body).digest():
        raise DamagedSnapshot(f"{len(data)} bytes whose checksum does not hold")
    return msgspec.msgpack.decode(body, type=Image)


def newest(shelf: Shelf, upto_seq: int | None = None) -> Newest:
    """The newest whole snapshot, of those up to a sequence number where one is given."""
    damaged: list[int] = []
    for seq in sorted(shelf.kept(), reverse=True):
        if upto_seq is not None and seq > upto_seq:
            continue
        try:
            return Newest(decode(shelf.get(seq)), tuple(damaged))
        except DamagedSnapshot:
            damaged.append(seq)
    return Newest(None, tuple(damaged))
