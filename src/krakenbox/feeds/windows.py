"""Windows of a book that somebody watches: the best N levels a side, and what is new in them."""

from typing import Protocol

from krakenbox.feeds.ladder import Ladder, Step


class LevelTexts(Protocol):
    """What one side's levels, by their keys, are called in entries."""

    def level(self, key: int) -> str:
        """A level that changed or is new."""

    def removed(self, key: int) -> str:
        """A level that is gone."""

    def entering(self, key: int) -> str:
        """A level that has come into the window because another left it."""


class Window:
    """One side of one window: its entries since the last frame, in order."""

    __slots__ = ("depth", "entries", "evicted")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.entries: list[str] = []
        # Levels pushed out since the last frame. A client truncates only after a message, so until then it
        # still holds them and must hear of them.
        self.evicted: set[int] = set()

    def take(self) -> list[str]:
        """The entries; leaves none."""
        entries = self.entries
        if entries:
            self.entries = []
            self.evicted.clear()
        return entries


def record(ladder: Ladder, windows: list[Window], texts: LevelTexts) -> None:
    """Tell every window of the ladder's last change."""
    key, rank, step = ladder.key, ladder.rank, ladder.step
    for window in windows:
        if rank >= window.depth:
            if step is Step.REMOVED and key in window.evicted:
                window.evicted.discard(key)
                window.entries.append(texts.removed(key))
        elif step is Step.REMOVED:
            window.entries.append(texts.removed(key))
            if len(ladder.keys) >= window.depth:
                # Kraken re-sends a level that comes back, even one pushed out a moment ago.
                entering = ladder.keys[window.depth - 1]
                window.evicted.discard(entering)
                window.entries.append(texts.entering(entering))
        else:
            window.entries.append(texts.level(key))
            if step is Step.INSERTED and len(ladder.keys) > window.depth:
                window.evicted.add(ladder.keys[window.depth])


class LastChanges:
    """When each window changed last, watched or not: the time of its last update, which a snapshot repeats.

    Recorded 2026-08: a fresh snapshot had the checksum and the timestamp of the last update before it.
    """

    __slots__ = ("_depths", "_times")

    def __init__(self, depths: tuple[int, ...], time_ns: int) -> None:
        self._depths = depths
        self._times = [time_ns] * len(depths)

    def note(self, rank: int, time_ns: int) -> None:
        """The level of this rank changed: so did every window that reaches it."""
        for place in range(len(self._depths) - 1, -1, -1):
            if rank >= self._depths[place]:
                return
            self._times[place] = time_ns

    def of(self, depth: int) -> int:
        """Time of a window's last change; of the listing before there was one."""
        return self._times[self._depths.index(depth)]

    def capture(self) -> dict[int, int]:
        """Times by depth."""
        return dict(zip(self._depths, self._times, strict=True))

    def restore(self, times: dict[int, int]) -> None:
        """Take captured times on; a depth that had none keeps the time of the listing."""
        self._times = [times.get(depth, time_ns) for depth, time_ns in self.capture().items()]


class Windows:
    """The watched windows of one book."""

    __slots__ = ("_by_depth", "asks", "bids")

    def __init__(self) -> None:
        self.bids: list[Window] = []
        self.asks: list[Window] = []
        self._by_depth: dict[int, tuple[Window, Window]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_depth)

    def open(self, depth: int) -> None:
        """Begin to collect for one depth."""
        assert depth not in self._by_depth, f"depth {depth} is watched already"
        self._by_depth[depth] = (Window(depth), Window(depth))
        # By depth, so that no order of frames tells who came first.
        self._by_depth = dict(sorted(self._by_depth.items()))
        self._arrange()

    def close(self, depth: int) -> None:
        """Collect no more for one depth."""
        del self._by_depth[depth]
        self._arrange()

    def _arrange(self) -> None:
        self.bids[:] = [bids for bids, _ in self._by_depth.values()]
        self.asks[:] = [asks for _, asks in self._by_depth.values()]

    def updates(self) -> list[tuple[int, list[str], list[str]]]:
        """Depth, bid entries and ask entries of every window that changed; leaves none."""
        return [
            (depth, bids.take(), asks.take())
            for depth, (bids, asks) in self._by_depth.items()
            if bids.entries or asks.entries
        ]
