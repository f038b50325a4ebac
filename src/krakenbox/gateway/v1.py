"""The server side of one connection of API v1: used as a `session` is, and on the same exchange.

Of requests that trade the first failure wins, in this order:

    event and fields (codec) -> host -> pair -> arguments -> token -> permission -> numbers -> the venue
"""

from krakenbox.errors import ProtocolError
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.credentials import Credentials
from krakenbox.gateway.desk import Desk, Host, Origin
from krakenbox.gateway.flight import Flight
from krakenbox.gateway.pulse import IDLE_CLOSE, Pulse
from krakenbox.gateway.replies import Replies
from krakenbox.gateway.subscriptions import PRIVATE_HOSTS
from krakenbox.gateway.v1cancels import CANCEL_ALL, CANCEL_ALL_ORDERS_AFTER, CANCEL_ORDER
from krakenbox.gateway.v1changes import AMEND_ORDER, EDIT_ORDER
from krakenbox.gateway.v1entries import ADD_ORDER
from krakenbox.gateway.v1method import V1Method
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.gateway.v1subscriptions import PERMISSIONS, V1Subscriptions
from krakenbox.model.event import Outcome
from krakenbox.model.reject import Reject
from krakenbox.protocol.v1 import channels, codec
from krakenbox.protocol.v1.methods import Refusal, Request

_HEARTBEAT = channels.HEARTBEAT.encode()

TRADING: dict[str, V1Method] = {
    "addOrder": ADD_ORDER,
    "amendOrder": AMEND_ORDER,
    "editOrder": EDIT_ORDER,
    "cancelOrder": CANCEL_ORDER,
    "cancelAll": CANCEL_ALL,
    "cancelAllOrdersAfter": CANCEL_ALL_ORDERS_AFTER,
}
"""Every method that trades."""


class V1Session:
    """One connection. Never raises for what a peer sends: each message is answered."""

    def __init__(self, who: Subscriber, host: Host, desk: Desk, connection_id: int, now_ns: int) -> None:
        self.closing: tuple[int, str] | None = None
        """Close code and reason once the connection is to be closed behind what it is sent."""
        self._who = who
        self._is_private = host in PRIVATE_HOSTS
        self._hub = desk.hub
        self._frames = Replies(desk.now_ns)
        self._replies = V1Replies(self._frames)
        self._credentials = Credentials(desk.tokens)
        self._subscriptions = V1Subscriptions(who, host, desk, self._credentials, self._replies)
        self._flight = Flight(desk)
        self._pulse = Pulse(now_ns)
        desk.hub.connect_v1(who)
        greeting = channels.system_status(desk.hub.reference.status, connection_id)
        self._frames.message(greeting.encode())

    def receive(self, text: bytes, now_ns: int) -> None:
        """Take one message: answer it, or submit the commands that will be answered."""
        self._pulse.asked(now_ns)
        request = codec.decode_request(text)
        if isinstance(request, Refusal):
            if request.sent in TRADING and not self._is_private:
                request = Refusal(text=Reject.PRIVATE_ELSEWHERE, event=request.event, reqid=request.reqid)
            self._replies.refused(request)
            return
        origin = Origin(self._who, request.event, request.reqid, now_ns)
        subscription = request.subscription
        if subscription is None:
            self._ask(origin, request)
        elif request.event == "subscribe":
            self._subscriptions.subscribe(origin, subscription)
            # Kraken, heartbeat: they need a subscription.
            self._pulse.beats = self._pulse.beats or self._subscriptions.live
        else:
            self._subscriptions.unsubscribe(origin, subscription)

    def complete(self, outcome: Outcome, now_ns: int) -> None:
        """Answer a command this session submitted. Every one must come back, a lost one as refused."""
        origin = outcome.origin
        assert isinstance(origin, Origin), f"a session's command carries its origin; was {origin}"
        assert origin.who == self._who, f"outcome of {origin.who} given to {self._who}"
        self._flight.landed()
        table = self._hub.reference.table
        TRADING[origin.method].answer(self._replies, origin, outcome.events, table)

    def on_time(self, now_ns: int) -> None:
        """Send the heartbeat that is due; close when nobody is listening or asking."""
        if self._pulse.beat(now_ns):
            self._frames.message(_HEARTBEAT)
        if self._pulse.idle(now_ns) and not self._subscriptions.live:
            self.closing = IDLE_CLOSE

    def messages_to_send(self) -> bytes:
        """Framed messages since the last call, joined; leaves none."""
        return self._frames.take()

    def _ask(self, origin: Origin, request: Request) -> None:
        if request.event == "ping":
            self._frames.message(codec.pong(request.reqid))
        elif not self._is_private:
            self._replies.refuse(origin, Reject.PRIVATE_ELSEWHERE)
        else:
            try:
                self._trade(origin, request)
            except ProtocolError as error:
                self._replies.refuse(origin, error.error, error.symbol)

    def _trade(self, origin: Origin, request: Request) -> None:
        method, hub, now_ns = TRADING[request.event], self._hub, origin.time_in_ns
        asked = method.read(request, hub, now_ns)
        key = self._credentials.key(request.fields["token"], now_ns)
        if key is None:
            self._replies.refuse(origin, Reject.SESSION_INVALID)
        elif method.needs.isdisjoint(key.permissions):
            self._replies.refuse(origin, PERMISSIONS)
        elif not self._flight.submit(origin, method.commands(asked, key.account, hub, now_ns)):
            self._replies.too_many(origin)
