"""Frames: what surrounds each record of the log, so that a torn end can be told from damage.

    crc | kind | length | synced | chain | payload

The chain is a hash over the chain of the frame before and the payload: a frame that is missing, moved or from
another log breaks it. `synced` is how many bytes of the frame's segment were known to be durable when it was
written. The payload is JSON, for an integer of money may exceed 64 bits.
"""

import hashlib
import re
import zlib
from struct import Struct as Layout

from msgspec import Struct

_CRC = Layout("<I")
_BODY = Layout("<4sIQ16s")  # kind, payload length, synced, chain
OVERHEAD = _CRC.size + _BODY.size
"""Bytes of a frame besides its payload."""
CHAIN_START = bytes(16)
"""The chain before the first frame."""
HEAD, COMMANDS, HASH, VOID = b"HEAD", b"CMDS", b"HASH", b"VOID"
_KIND = slice(_CRC.size, _CRC.size + 4)
_KINDS = frozenset((HEAD, COMMANDS, HASH, VOID))
_TAG = re.compile(b"|".join(sorted(_KINDS)))


class JournalError(Exception):
    """The journal cannot be used as it is."""


class DamagedJournal(JournalError):
    """Bytes that had been durable are not what was written."""

    def __init__(self, segment: int, position: int, seq: int, found: str) -> None:
        super().__init__(
            f"journal damaged in segment {segment:020} at byte {position}, behind command {seq}: {found}"
        )
        self.segment = segment
        self.position = position
        self.seq = seq
        """The last command that is whole."""


class Torn(Struct, frozen=True):
    """An end that never became durable and was cut: nobody had been told of it."""

    segment: int
    position: int
    dropped: int
    """Bytes cut."""
    intact: int
    """Whole frames among them: later writes that reached the disk before the missing one."""


class Frame(Struct, frozen=True):
    """One frame that passed its CRC."""

    kind: bytes
    position: int
    synced: int
    chain: bytes
    payload: memoryview

    @property
    def end(self) -> int:
        """Where the next frame begins."""
        return self.position + OVERHEAD + len(self.payload)

    def continues(self, chain: bytes) -> bool:
        """Whether it was written behind the frame of this chain."""
        return self.chain == _next_chain(chain, self.payload)


def packed(kind: bytes, payload: bytes, synced: int, before: bytes) -> tuple[bytes, bytes]:
    """The bytes of a frame behind the chain `before`, and its own chain."""
    chain = _next_chain(before, payload)
    body = _BODY.pack(kind, len(payload), synced, chain) + payload
    return _CRC.pack(zlib.crc32(body)) + body, chain


def frame_at(data: memoryview, position: int) -> Frame | None:
    """The frame at a position, if one is whole there."""
    if len(data) < position + OVERHEAD:
        return None
    (crc,) = _CRC.unpack_from(data, position)
    kind, length, synced, chain = _BODY.unpack_from(data, position + _CRC.size)
    start = position + OVERHEAD
    if kind not in _KINDS or crc != zlib.crc32(data[position + _CRC.size : start + length]):
        return None
    return Frame(kind, position, synced, chain, data[start : start + length])


def torn_end(data: memoryview, segment: int, position: int, seq: int) -> Torn | None:
    """What lies behind the last whole frame: nothing, zeros of preallocation, or a torn end. Else raises.

    `seq` is the last command before.
    """
    rest = bytes(data[position:]).rstrip(b"\0")
    if not rest:
        return None
    # Zeros are a first sector that never got there, though a later one of the same sync did.
    if position == 0 and not HEAD.startswith(rest[_KIND].rstrip(b"\0")):
        raise DamagedJournal(segment, 0, seq, f"not a journal; it begins with {rest[:16]!r}")
    # Writes of one sync reach a disk in any order, so whole frames may lie behind a torn one. But one that
    # was written when this place was known to be durable proves that nothing was torn here: it rotted.
    behind = [frame_at(data, position + found.start() - _CRC.size) for found in _TAG.finditer(rest, OVERHEAD)]
    intact = [frame for frame in behind if frame is not None]
    if any(frame.synced > position for frame in intact):
        raise DamagedJournal(segment, position, seq, "no whole frame, yet later ones say that there was one")
    return Torn(segment, position, len(rest), len(intact))


def _next_chain(chain: bytes, payload: bytes | memoryview) -> bytes:
    digest = hashlib.sha256(chain)
    digest.update(payload)
    return digest.digest()[: len(CHAIN_START)]
