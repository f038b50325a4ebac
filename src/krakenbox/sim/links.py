"""Simulated connections: two directions of messages that are under way, late, stalled, never read or cut.

Times are those of the world, which never step: clocks are wrong only in the heads of processes.
"""

from collections import deque


class Pipe:
    """One direction: messages arrive in the order they were sent, each no earlier than it is due."""

    def __init__(self) -> None:
        self._under_way: deque[tuple[int, bytes]] = deque()
        self.waiting_bytes = 0
        """Bytes under way."""
        self.stalled_until_ns = 0

    def send(self, data: bytes, due_ns: int) -> None:
        """Put data on its way."""
        self._under_way.append((due_ns, data))
        self.waiting_bytes += len(data)

    def arrived(self, now_ns: int) -> list[bytes]:
        """What has arrived since the last call."""
        found: list[bytes] = []
        while self._under_way and now_ns >= max(self._under_way[0][0], self.stalled_until_ns):
            found.append(self._under_way.popleft()[1])
            self.waiting_bytes -= len(found[-1])
        return found

    def first(self, count: int) -> list[bytes]:
        """So many of the messages under way, however late: what arrives although the sender is gone."""
        found = [data for _, data in list(self._under_way)[:count]]
        self._under_way.clear()
        self.waiting_bytes = 0
        return found

    def __len__(self) -> int:
        return len(self._under_way)


class Link:
    """One connection."""

    def __init__(self, delay_ns: int = 0) -> None:
        self.up = Pipe()
        """From client to server."""
        self.down = Pipe()
        self.delay_ns = delay_ns
        self.is_open = True
        self.reads = True
        """Whether the client reads what arrives."""

    @property
    def drained(self) -> bool:
        """Whether nothing is under way."""
        return not len(self.up) and not len(self.down)

    def ask(self, data: bytes, now_ns: int) -> None:
        """The client sends."""
        if self.is_open:
            self.up.send(data, now_ns + self.delay_ns)

    def tell(self, data: bytes, now_ns: int) -> None:
        """The server sends."""
        if self.is_open:
            self.down.send(data, now_ns + self.delay_ns)

    def backlog(self, now_ns: int) -> int:
        """Bytes that wait because nobody takes them."""
        blocked = not self.reads or now_ns < self.down.stalled_until_ns
        return self.down.waiting_bytes if blocked else 0

    def cut(self) -> None:
        """End it; what is under way is lost."""
        self.is_open = False
        self.up.first(0)
        self.down.first(0)
