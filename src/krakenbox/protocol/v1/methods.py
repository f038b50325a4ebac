"""Requests of v1: every event with its fields, its name in refusals and the event of its reply.

v1 is kept as it is: new fields and features come to v2 (Kraken, WebSocket introduction). An order is
described by flat fields, nearly all of them text, in the language of REST.
"""

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct

DEPTHS = (10, 25, 100, 500, 1000)
INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
DEFAULT_DEPTH = 10
DEFAULT_INTERVAL = 1

PUBLIC = ("ticker", "ohlc", "trade", "spread", "book")
PRIVATE = ("ownTrades", "openOrders")
EVERYTHING = "*"
"""Every channel of the host."""


class Kind(Enum):
    """Which JSON values a field takes; all but arrays reach the gateway as text."""

    TEXT = "text"
    DIGITS = "digits"
    """Text that holds an integer, or an integer."""
    FLAG = "flag"
    """A boolean, or one as text."""
    ARRAY = "array"
    ANY = "any"
    """Looked at elsewhere."""


class Entry(Struct, frozen=True):
    """One event a client may send."""

    fields: Mapping[str, Kind]
    words: str
    """What refusals call it."""
    reply: str
    """The event of its reply."""


def _entry(words: str, reply: str, **fields: Kind) -> Entry:
    return Entry(fields | {"event": Kind.ANY, "reqid": Kind.ANY}, words, reply)


_T, _D, _F, _A = Kind.TEXT, Kind.DIGITS, Kind.FLAG, Kind.ARRAY
_CHANNEL = {"pair": Kind.ANY, "subscription": Kind.ANY}
_CLOSE = {f"close[{name}]": Kind.TEXT for name in ("ordertype", "price", "price2")}

EVENTS: dict[str, Entry] = {
    "ping": _entry("ping", "error"),
    "subscribe": _entry("subscribe", "subscriptionStatus", **_CHANNEL),
    "unsubscribe": _entry("unsubscribe", "subscriptionStatus", **_CHANNEL, channelID=Kind.ANY),
    "addOrder": _entry(
        "add order", "addOrderStatus",
        token=_T, ordertype=_T, type=_T, pair=_T, price=_T, price2=_T, volume=_T, leverage=_D, margin=_F,
        reduce_only=_F, oflags=_T, starttm=_D, expiretm=_D, deadline=_T, cl_ord_id=_T, userref=_D,
        sender_sub_id=_T, stp_type=_T, validate=_F, timeinforce=_T, **_CLOSE,
    ),
    "amendOrder": _entry(
        "amend order", "amendOrderStatus",
        token=_T, txid=_T, cl_ord_id=_T, volume=_T, display_volume=_T, limit_price=_T, trigger_price=_T,
        post_only=_F, pair=_T, deadline=_T,
    ),
    "editOrder": _entry(
        "edit order", "editOrderStatus",
        token=_T, orderid=_D, pair=_T, volume=_T, price=_T, price2=_T, oflags=_T, newuserref=_D, validate=_F,
    ),
    "cancelOrder": _entry("cancel order", "cancelOrderStatus", token=_T, txid=_A, cl_ord_id=_A),
    "cancelAll": _entry("cancel all", "cancelAllStatus", token=_T),
    "cancelAllOrdersAfter": _entry(
        "cancel all orders after", "cancelAllOrdersAfterStatus", token=_T, timeout=_D
    ),
}  # fmt: skip
"""Every event of v1."""


class Subscription(Struct, frozen=True, kw_only=True):
    """What `subscribe` and `unsubscribe` name; `channel_id` alone is the old way to unsubscribe."""

    name: str = ""
    pairs: tuple[str, ...] = ()
    depth: int = DEFAULT_DEPTH
    interval: int = DEFAULT_INTERVAL
    token: str = ""
    snapshot: bool = True
    consolidate_taker: bool = True
    ratecounter: bool = False
    channel_id: int | None = None
    echo: str = ""
    """What a refusal repeats of it, as JSON text."""


class Request(Struct, frozen=True, kw_only=True):
    """A decoded request: either a subscription, or the fields of another event as text."""

    event: str
    reqid: int | None = None
    subscription: Subscription | None = None
    fields: Mapping[str, str] = {}
    listed: Mapping[str, tuple[str, ...]] = {}
    """Fields that are arrays."""


class Refusal(Struct, frozen=True, kw_only=True):
    """A message that is no request, and what its reply says."""

    text: str
    event: str = "error"
    """The event of the reply."""
    reqid: int | None = None
    reqid_wrong: bool = False
    """It is repeated as null."""
    pairs: tuple[str, ...] = ()
    """One reply for each of them; without any, one in all."""
    echo: str = ""
    """The subscription, as JSON text."""
    sent: str = ""
    """The event of the message, if that is one of v1."""
