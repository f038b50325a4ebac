"""Recorded and documented wire text, each with its public source: the evidence the codec is held against."""

import json
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent

VECTORS: dict[str, Any] = json.loads((_HERE / "vectors.json").read_text())
"""Checksum and signature vectors."""

FRAMES: dict[str, dict[str, str]] = json.loads((_HERE / "v2_frames.json").read_text())
"""Version 2 frames: name -> `source`, `grade`, `frame`."""

V1_BOOK: dict[str, Any] = json.loads((_HERE / "v1_frames.json").read_text())["book_10_live"]
"""A recorded book of version 1: its `source`, its `snapshot` with the checksum nobody sent, its `updates`."""


def frame(name: str) -> bytes:
    """The bytes of one frame."""
    return FRAMES[name]["frame"].encode()
