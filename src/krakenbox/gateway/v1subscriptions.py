"""What one connection of v1 is subscribed to: requests to the hub, one reply per pair.

Each depth of a book and each interval of candles is a subscription of its own; frames tell them apart by
their names. `*` means every channel of the host, as if each had been named.
"""

import re

from krakenbox.feeds.hub import Subscriber, ViewKey
from krakenbox.feeds.v1views import PREFIX, channel_of
from krakenbox.gateway.credentials import Credentials
from krakenbox.gateway.desk import Desk, Host, Origin
from krakenbox.gateway.keys import ApiKey, Permission
from krakenbox.gateway.subscriptions import (
    HOUSE_RATE_COUNT,
    MAX_RATE_COUNTS,
    PRIVATE_HOSTS,
    PUBLIC_HOSTS,
)
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.model.command import Tier
from krakenbox.model.instrument import Instrument
from krakenbox.model.reject import Reject
from krakenbox.protocol.literals import quote
from krakenbox.protocol.v1.codec import MAX_PAIRS
from krakenbox.protocol.v1.methods import EVERYTHING, PRIVATE, PUBLIC, Subscription
from krakenbox.protocol.v1.private_channels import Fields

PUBLIC_ELSEWHERE = "Public channels not available in this endpoint"
PERMISSIONS = "EAccount:Invalid permissions"
"""Of keys that lack one, in v1; v2 and REST say `EGeneral:Permission denied`."""

_PAIR = re.compile(r"[^/\s]+/[^/\s]+")
_NEEDS = {"openOrders": Permission.QUERY_OPEN_TRADES, "ownTrades": Permission.QUERY_CLOSED_TRADES}


def pair_refusal(pair: str) -> str:
    """What is said of a pair that is not listed, or is none."""
    text = Reject.PAIR_UNSUPPORTED if _PAIR.fullmatch(pair) else Reject.PAIR_FORMAT
    return text.text(symbol=pair)


class V1Subscriptions:
    """The subscriptions of one connection."""

    def __init__(
        self, who: Subscriber, host: Host, desk: Desk, credentials: Credentials, replies: V1Replies
    ) -> None:
        self._who = who
        self._host = host
        self._desk = desk
        self._hub = desk.hub
        self._own = desk.hub.own
        self._credentials = credentials
        self._replies = replies

    @property
    def live(self) -> bool:
        """Whether there is any."""
        own, who = self._own, self._who
        return bool(self._hub.subscribed(who)) or who in own.open_orders or who in own.own_trades

    def subscribe(self, origin: Origin, asked: Subscription) -> None:
        """Open what a request asks for."""
        self._send_waiting()
        if not self._is_here(origin, asked):
            return
        names = self._names(asked)
        if asked.pairs:
            self._subscribe_public(origin, asked, names)
            return
        for name in names:
            key = self._key(origin, asked, name)
            if key is not None:
                self._subscribe_private(origin, asked, name, key)

    def unsubscribe(self, origin: Origin, asked: Subscription) -> None:
        """End what a request names."""
        self._send_waiting()
        if asked.channel_id is not None:
            self._unsubscribe_id(origin, asked.channel_id)
        elif self._is_here(origin, asked):
            names = self._names(asked)
            if asked.pairs:
                self._unsubscribe_public(origin, asked, names)
                return
            for name in names:
                if self._key(origin, asked, name) is not None:
                    self._unsubscribe_private(origin, asked, name)

    def _send_waiting(self) -> None:
        # What was seen under the subscriptions so far goes before any reply that changes them.
        self._replies.frames.framed(self._hub.take(self._who))

    def _names(self, asked: Subscription) -> tuple[str, ...]:
        if asked.name != EVERYTHING:
            return (asked.name,)
        return PUBLIC if asked.pairs else PRIVATE

    def _is_here(self, origin: Origin, asked: Subscription) -> bool:
        """Whether such channels are served on this host and so many at once, or a refusal."""
        if len(asked.pairs) > MAX_PAIRS:
            self._replies.too_many(origin)
            return False
        if self._host in (PUBLIC_HOSTS if asked.pairs else PRIVATE_HOSTS):
            return True
        text = PUBLIC_ELSEWHERE if asked.pairs else Reject.PRIVATE_ELSEWHERE
        for pair in asked.pairs or ("",):
            self._replies.refuse_subscription(origin, text, asked.echo, pair)
        return False

    # --- public

    def _subscribe_public(self, origin: Origin, asked: Subscription, names: tuple[str, ...]) -> None:
        opened: list[ViewKey] = []
        for pair in asked.pairs:
            instrument = self._listed(origin, asked, pair)
            if instrument is None:
                continue
            for name in names:
                view = _view(asked, name, instrument.symbol)
                if view in self._hub.subscribed(self._who):
                    self._replies.refuse_subscription(origin, Reject.ALREADY_SUBSCRIBED, asked.echo, pair)
                    continue
                self._hub.subscribe(self._who, view)
                self._told(origin, "subscribed", view)
                opened.append(view)
        for view in opened:
            self._replies.frames.framed(self._hub.snapshot(view, self._desk.now_ns()))

    def _unsubscribe_public(self, origin: Origin, asked: Subscription, names: tuple[str, ...]) -> None:
        for pair in asked.pairs:
            instrument = self._listed(origin, asked, pair)
            if instrument is None:
                continue
            seen = self._hub.subscribed(self._who)
            if asked.name == EVERYTHING:
                views = sorted(view for view in seen if view.symbol == instrument.symbol)
            else:
                views = [view for name in names if (view := _view(asked, name, instrument.symbol)) in seen]
            if not views:
                self._replies.refuse_subscription(origin, Reject.SUBSCRIPTION_NOT_FOUND, asked.echo, pair)
            self._end(origin, views)

    def _unsubscribe_id(self, origin: Origin, channel_id: int) -> None:
        """All depths of a book have one id, and go together."""
        seen = self._hub.subscribed(self._who)
        views = sorted(view for view in seen if self._hub.topic(view).channel_id == channel_id)
        if not views:
            self._replies.refuse(origin, Reject.SUBSCRIPTION_NOT_FOUND)
        self._end(origin, views)

    def _end(self, origin: Origin, views: list[ViewKey]) -> None:
        for view in views:
            self._hub.unsubscribe(self._who, view)
            self._told(origin, "unsubscribed", view)

    def _told(self, origin: Origin, status: str, view: ViewKey) -> None:
        self._replies.public_status(origin, status, self._hub.topic(view), _subscription(view))

    def _listed(self, origin: Origin, asked: Subscription, pair: str) -> Instrument | None:
        """The instrument of a pair, or a refusal."""
        instrument = self._hub.reference.table.named(pair)
        if instrument is None:
            self._replies.refuse_subscription(origin, pair_refusal(pair), asked.echo, pair)
        return instrument

    # --- private

    def _subscribe_private(self, origin: Origin, asked: Subscription, name: str, key: ApiKey) -> None:
        if self._has(name):
            self._replies.refuse_subscription(origin, Reject.ALREADY_SUBSCRIBED, asked.echo)
        elif name == "openOrders":
            tier = self._hub.accounts.get(key.account, Tier.STARTER)
            self._replies.private_status(
                origin, "subscribed", name, MAX_RATE_COUNTS.get(tier, HOUSE_RATE_COUNT)
            )
            self._send(self._own.subscribe_open_orders(self._who, key.account, asked.ratecounter))
        else:
            self._replies.private_status(origin, "subscribed", name)
            self._send(
                self._own.subscribe_own_trades(
                    self._who, key.account, asked.consolidate_taker, asked.snapshot
                )
            )

    def _unsubscribe_private(self, origin: Origin, asked: Subscription, name: str) -> None:
        if not self._has(name):
            self._replies.refuse_subscription(origin, Reject.SUBSCRIPTION_NOT_FOUND, asked.echo)
            return
        streams = self._own.open_orders if name == "openOrders" else self._own.own_trades
        streams.remove(self._who)
        self._replies.private_status(origin, "unsubscribed", name)

    def _has(self, name: str) -> bool:
        return self._who in (self._own.open_orders if name == "openOrders" else self._own.own_trades)

    def _send(self, text: str) -> None:
        if text:
            self._replies.frames.message(text.encode())

    def _key(self, origin: Origin, asked: Subscription, name: str) -> ApiKey | None:
        """The key behind a request's token, or a refusal."""
        key = self._credentials.key(asked.token, origin.time_in_ns)
        if key is None:
            self._replies.refuse_subscription(origin, Reject.SESSION_INVALID, asked.echo)
        elif _NEEDS[name] not in key.permissions:
            self._replies.refuse_subscription(origin, PERMISSIONS, asked.echo)
            return None
        return key


def _view(asked: Subscription, name: str, symbol: str) -> ViewKey:
    param = {"book": asked.depth, "ohlc": asked.interval}.get(name, 0)
    return ViewKey(PREFIX + name, symbol, param)


def _subscription(view: ViewKey) -> Fields:
    """What an ack repeats: {"depth":10,"name":"book"}."""
    name = channel_of(view)
    fields = {"name": quote(name)}
    setting = {"book": "depth", "ohlc": "interval"}.get(name)
    return fields | {setting: str(view.param)} if setting else fields
