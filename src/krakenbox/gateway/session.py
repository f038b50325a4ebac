"""The server side of one connection, without its socket: text in, framed messages out.

session = Session(who, host, desk, connection_id, now_ns)     the first message greets
session.receive(text, now_ns)                                  a request: replies, and commands submitted
session.complete(outcome, now_ns)                              what a command of this session has come to
session.on_time(now_ns)                                        about once a second, from the start
session.messages_to_send()                                     after each of these
session.closing                                                then: whether to close, and how

`now_ns` is the connection's time: heartbeats and idleness. What is told is of the desk's time.
"""

from typing import Any

from krakenbox.errors import ProtocolError
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.credentials import Credentials
from krakenbox.gateway.desk import Desk, Host, Origin
from krakenbox.gateway.pulse import HEARTBEAT_NS, IDLE_CLOSE, Pulse
from krakenbox.gateway.replies import Replies
from krakenbox.gateway.subscriptions import PRIVATE_HOSTS, Subscriptions
from krakenbox.gateway.v2 import Trading
from krakenbox.model.event import Outcome
from krakenbox.model.reject import Reject
from krakenbox.protocol.v2 import channels, codec
from krakenbox.protocol.v2.methods import METHODS, Ping, Request, Subscribe, Unsubscribe

__all__ = ["HEARTBEAT_NS", "IDLE_CLOSE", "Session"]

_HEARTBEAT = channels.HEARTBEAT.encode()
_TRADING_METHODS = METHODS.keys() - {"ping", "subscribe", "unsubscribe"}


class Session:
    """One connection. Never raises for what a peer sends: each message is answered."""

    def __init__(self, who: Subscriber, host: Host, desk: Desk, connection_id: int, now_ns: int) -> None:
        self.closing: tuple[int, str] | None = None
        """Close code and reason once the connection is to be closed behind what it is sent."""
        self._who = who
        self._host = host
        self._hub = desk.hub
        self._now_ns = desk.now_ns
        self._replies = Replies(desk.now_ns)
        credentials = Credentials(desk.tokens)
        self._subscriptions = Subscriptions(who, host, desk, credentials, self._replies)
        self._trading = Trading(desk, credentials, self._replies)
        self._pulse = Pulse(now_ns)
        desk.hub.connect(who, connection_id)
        greeting = channels.status(desk.hub.reference.status.value, connection_id)
        self._replies.message(greeting.encode())

    def receive(self, text: bytes, now_ns: int) -> None:
        """Take one message: answer it, or submit the commands that will be answered."""
        self._pulse.asked(now_ns)
        time_in_ns = self._now_ns()
        try:
            request = codec.decode_request(text)
        except ProtocolError as error:
            self._refuse(error, time_in_ns)
            return
        origin = Origin(self._who, request.method, request.req_id, time_in_ns)
        self._dispatch(request, origin)

    def complete(self, outcome: Outcome, now_ns: int) -> None:
        """Answer a command this session submitted. Every one must come back, a lost one as refused."""
        origin = outcome.origin
        assert isinstance(origin, Origin), f"a session's command carries its origin; was {origin}"
        assert origin.who == self._who, f"outcome of {origin.who} given to {self._who}"
        self._trading.complete(outcome, origin)

    def on_time(self, now_ns: int) -> None:
        """Send the heartbeat that is due; close when nobody is listening or asking."""
        if self._pulse.beat(now_ns):
            self._replies.message(_HEARTBEAT)
        if self._pulse.idle(now_ns) and not self._subscriptions.live:
            self.closing = IDLE_CLOSE

    def messages_to_send(self) -> bytes:
        """Framed messages since the last call, joined; leaves none."""
        return self._replies.take()

    def _dispatch(self, request: Request, origin: Origin) -> None:
        match request.params:
            case Ping():
                self._replies.pong(origin)
            case Subscribe(channel=params):
                self._pulse.beats = True
                self._subscriptions.subscribe(origin, params)
            case Unsubscribe(channel=params):
                self._pulse.beats = True
                self._subscriptions.unsubscribe(origin, params)
            case params:
                self._trade(origin, params)

    def _trade(self, origin: Origin, params: Any) -> None:
        if self._host in PRIVATE_HOSTS:
            self._trading.request(origin, params)
        else:
            self._replies.refuse(origin, Reject.PRIVATE_ELSEWHERE)

    def _refuse(self, error: ProtocolError, time_in_ns: int) -> None:
        """Answer what is no valid request. A host without trading says so before it looks at arguments."""
        origin = Origin(self._who, error.method, error.req_id, time_in_ns)
        if error.method in _TRADING_METHODS and self._host not in PRIVATE_HOSTS:
            self._replies.refuse(origin, Reject.PRIVATE_ELSEWHERE)
            return
        # Recorded: heartbeats come after a refused subscribe too.
        self._pulse.beats = self._pulse.beats or error.method in ("subscribe", "unsubscribe")
        self._replies.refuse(origin, error.error, error.symbol)
