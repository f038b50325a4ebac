"""One WebSocket connection: whole, valid messages in, whole frames out, both within bounds.

picows parses frames and leaves the rest to its user: fragments, UTF-8, the close handshake, and what to do
about a peer that does not read. While the transport's buffer is above its mark, frames wait here instead, so
that a slow consumer can still be closed between two frames, with a code. Requests take turns: what a peer
sends beyond its share of a tick, or while it does not read the answers, waits, and so does the rest of its
socket.
"""

import asyncio
from collections import deque
from typing import Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.desk import Api, Host
from krakenbox.gateway.session import Session
from krakenbox.gateway.v1 import V1Session

MAX_MESSAGE = 1 << 20
"""Bytes of one message, its fragments together; the largest sensible request is under 100 KB."""
MAX_OUTBOX = 16 << 20
"""Bytes that may wait for a peer that does not read: above the largest single snapshot, which is level3's
(1,000 levels a side with five orders each are 1.2 MB)."""
HIGH_WATER = 256 << 10
"""Bytes in the transport's own buffer from which on frames wait here."""
CLOSE_TIMEOUT_S = 1.0
"""How long a peer may take to read what was sent before a close frame, and to answer it."""

TURN_MESSAGES = 100
"""Messages of one connection per tick; one in a hurry must not hold up the others."""
TURN_BYTES = 256 << 10
"""Bytes per tick of them and of their answers; a snapshot is short to ask for and long to write."""

FRAGMENT_COST = 64
"""Bytes a fragment counts besides its own: even an empty one costs memory."""

# RFC 6455, 7.4
NORMAL = 1000
GOING_AWAY = 1001
PROTOCOL_ERROR = 1002
INVALID_TEXT = 1007
POLICY_VIOLATION = 1008
MESSAGE_TOO_BIG = 1009
INTERNAL_ERROR = 1011
PRIVATE_CODES = range(3000, 5000)
"""Libraries and applications have these."""

SLOW_CONSUMER = "slow consumer"
NOT_TEXT = b""
"""What a session is given for a binary message: no JSON either, so it is refused as that is."""


class Gate(Protocol):
    """What a connection tells its server."""

    def opened(self, connection: "Connection") -> None:
        """The upgrade is done: give it a subscriber key and a session."""

    def received(self, connection: "Connection", text: bytes) -> None:
        """A whole text message arrived."""

    def closed(self, connection: "Connection") -> None:
        """Nothing more is sent or received. Told once."""


class Connection(WSListener):
    """A connected peer; the server's handle for sending to it."""

    def __init__(
        self, gate: Gate, host: Host, address: str, max_outbox: int = MAX_OUTBOX, api: Api = Api.V2
    ) -> None:
        self.host = host
        self.api = api
        self.address = address
        self.who: Subscriber
        self.session: Session | V1Session
        # Frames of this tick, not written yet.
        self.pending: list[bytes] = []
        self.is_open = False
        self._gate = gate
        self._max_outbox = max_outbox
        self._transport: WSTransport
        # A message whose last fragment is still to come: its kind, its parts, its size so far.
        self._fragmented: WSMsgType | None = None
        self._fragments: list[bytes] = []
        self._fragment_bytes = 0
        # What waits here while the transport's buffer is above its mark.
        self._paused = False
        self._outbox: deque[bytes] = deque()
        self.waiting_bytes = 0
        # Messages beyond this turn. While there are any, nothing is read.
        self._inbox: deque[bytes] = deque()
        self._turn_messages = 0
        self._turn_bytes = 0
        self._serving = False
        self._close_code: int | None = None
        self._pong: bytes | None = None
        self._abort_timer: asyncio.TimerHandle | None = None

    # --- out

    def flush(self) -> None:
        """Write what is pending, in one write; or let it wait while the peer does not read. Ends the turn."""
        self._turn_messages = self._turn_bytes = 0
        self._plan_turn()
        data = self.pending[0] if len(self.pending) == 1 else b"".join(self.pending)
        self.pending.clear()
        # picows closes by itself over a frame that breaks RFC 6455, and tells only once the socket is gone.
        if not data or not self.is_open or self._transport.is_close_frame_sent:
            return
        if not self._paused:
            self._transport.underlying_transport.write(data)
            return
        self._outbox.append(data)
        self.waiting_bytes += len(data)
        if self.waiting_bytes > self._max_outbox:
            self.close(POLICY_VIOLATION, SLOW_CONSUMER)

    def close(self, code: int, reason: str = "") -> None:
        """Send a close frame behind what the transport already has, and give the peer a moment to answer."""
        if self.is_open:
            if not self._paused:
                self.flush()
            self._transport.send_close(WSCloseCode(code), reason)
            if self._inbox:
                self._transport.underlying_transport.resume_reading()
            self._leave()

    def abort(self) -> None:
        """Cut the connection without a word."""
        self._transport.disconnect(graceful=False)

    def pause_writing(self) -> None:
        """The transport's buffer rose above its mark."""
        self._paused = True

    def resume_writing(self) -> None:
        """The transport's buffer fell below its mark."""
        self._paused = False
        while self._outbox and not self._paused:
            data = self._outbox.popleft()
            self.waiting_bytes -= len(data)
            self._transport.underlying_transport.write(data)
        if self._pong is not None and not self._paused:
            self._transport.send_pong(self._pong)
            self._pong = None
        self._plan_turn()

    # --- in

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The upgrade is done."""
        self._transport = transport
        self.is_open = True
        self._gate.opened(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take one frame."""
        if frame.msg_type is WSMsgType.CLOSE:
            self._on_close(int(frame.get_close_code()))  # type: ignore[call-overload]
        elif not self.is_open or transport.is_close_frame_sent or self._close_code is not None:
            return
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            # RFC 6455, 5.2: no extension was negotiated that would give these bits a meaning.
            self.close(PROTOCOL_ERROR, "a reserved bit is set")
        elif frame.msg_type is WSMsgType.PING:
            self._on_ping(frame.get_payload_as_bytes())
        elif frame.msg_type is not WSMsgType.PONG:
            self._on_data(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self._leave()
        if self._abort_timer is not None:
            self._abort_timer.cancel()

    def _on_data(self, frame: WSFrame) -> None:
        continues = frame.msg_type is WSMsgType.CONTINUATION
        if continues is (self._fragmented is None):
            # RFC 6455, 5.4: fragments of a message follow each other without another message between them.
            self.close(PROTOCOL_ERROR, "a fragment is out of order")
            return
        if frame.fin and not continues:
            self._on_message(frame.msg_type, frame.get_payload_as_bytes())
            return
        self._fragmented = self._fragmented or frame.msg_type
        self._fragments.append(frame.get_payload_as_bytes())
        self._fragment_bytes += frame.payload_size + FRAGMENT_COST
        if self._fragment_bytes > MAX_MESSAGE:
            self.close(MESSAGE_TOO_BIG, f"a message has at most {MAX_MESSAGE} bytes")
        elif frame.fin:
            message = b"".join(self._fragments)
            kind, self._fragmented = self._fragmented, None
            self._fragments.clear()
            self._fragment_bytes = 0
            self._on_message(kind, message)

    def _on_message(self, kind: WSMsgType, message: bytes) -> None:
        text = NOT_TEXT if kind is WSMsgType.BINARY else message
        if not is_utf8(text):
            self.close(INVALID_TEXT, "text must be UTF-8")
        elif self._inbox or not self._has_turn():
            self._inbox.append(text)
            self._transport.underlying_transport.pause_reading()
            self._plan_turn()
        else:
            self._take(text)

    def _has_turn(self) -> bool:
        within = self._turn_messages < TURN_MESSAGES and self._turn_bytes < TURN_BYTES
        return within and self.is_open and not self._paused

    def _take(self, text: bytes) -> None:
        before = len(self.pending)
        self._gate.received(self, text)
        self._turn_messages += 1
        self._turn_bytes += len(text) + sum(map(len, self.pending[before:]))

    def _plan_turn(self) -> None:
        if self._inbox and not self._serving and self._has_turn():
            self._serving = True
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._serving = False
        while self._inbox and self._has_turn():
            self._take(self._inbox.popleft())
        if self._inbox or not self.is_open:
            return
        if self._close_code is None:
            self._transport.underlying_transport.resume_reading()
        else:
            self._on_close(self._close_code)

    def _on_ping(self, payload: bytes) -> None:
        if self._paused:
            # RFC 6455, 5.5.3: of several pings not answered yet, the last alone may be answered.
            self._pong = payload
        else:
            self._transport.send_pong(payload)

    def _on_close(self, code: int) -> None:
        if self._inbox:
            # What the peer sent before is answered before.
            self._close_code = code
            return
        if self.is_open:
            self.close(echoed(code))
        self._transport.disconnect()

    def _leave(self) -> None:
        if not self.is_open:
            return
        self.is_open = False
        self.pending.clear()
        self._outbox.clear()
        self.waiting_bytes = 0
        self._fragments.clear()
        self._inbox.clear()
        self._abort_timer = asyncio.get_running_loop().call_later(CLOSE_TIMEOUT_S, self.abort)
        self._gate.closed(self)


def is_utf8(message: bytes) -> bool:
    """Whether the bytes of a text message are text."""
    if message.isascii():
        return True
    try:
        message.decode()
    except UnicodeDecodeError:
        return False
    return True


def echoed(code: int) -> int:
    """What to answer a close frame with: its own code where that may be sent, else a normal closure."""
    return code if code in (NORMAL, GOING_AWAY) or code in PRIVATE_CODES else NORMAL
