"""When one connection is due a heartbeat, and when it has been idle for too long."""

HEARTBEAT_NS = 1_000_000_000
HEARTBEAT_GRAIN_NS = 100_000_000
"""How early a heartbeat may be: whoever tells the time does so once a second, not quite on the dot."""
IDLE_NS = 60 * 1_000_000_000
"""Kraken, WebSocket introduction: a connection is closed after about a minute of inactivity."""
IDLE_CLOSE = (1001, "idle")
"""RFC 6455, 7.4.1: going away. Kraken's own code is not recorded."""


class Pulse:
    """One connection's heartbeats and its last request."""

    __slots__ = ("_last_request_ns", "_next_beat_ns", "beats")

    def __init__(self, now_ns: int) -> None:
        self.beats = False
        """Whether there are heartbeats: from the first subscribe or unsubscribe on."""
        self._last_request_ns = now_ns
        # Heartbeats keep the phase of the connection.
        self._next_beat_ns = now_ns + HEARTBEAT_NS

    def asked(self, now_ns: int) -> None:
        """A message came."""
        self._last_request_ns = now_ns

    def beat(self, now_ns: int) -> bool:
        """Whether to send a heartbeat now."""
        if now_ns < self._next_beat_ns - HEARTBEAT_GRAIN_NS:
            return False
        late = max(0, now_ns + HEARTBEAT_GRAIN_NS - self._next_beat_ns)
        self._next_beat_ns += (late // HEARTBEAT_NS + 1) * HEARTBEAT_NS
        return self.beats

    def idle(self, now_ns: int) -> bool:
        """Whether nothing was asked for a minute."""
        return now_ns - self._last_request_ns >= IDLE_NS
