"""Requests of v2: a Struct for the parameters of each method and channel, and the tables of both.

The Structs are the tables of fields too (`schema` reads them): the annotation says which JSON type a field
must have and which values it takes, a field without a default is required. Names and defaults are those of
the reference (websocket-v2/*). Numbers keep their own text as Decimal, times become nanoseconds.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Literal, NewType

from msgspec import Struct

from krakenbox.model.order import FeePreference, OrderType, Side, StpType, TimeInForce

Time = NewType("Time", int)
"""RFC 3339 text on the wire, nanoseconds here."""
ClientId = NewType("ClientId", str)
"""UUID with or without hyphens, or up to 18 printable ASCII characters (guide "spot-clordid")."""
UserRef = NewType("UserRef", int)
"""Signed 32-bit integer."""

PriceType = Literal["static", "pct", "quote"]
Reference = Literal["last", "index"]


class TickerParams(Struct, frozen=True, kw_only=True):
    """`ticker`: best prices and the past day."""

    symbol: list[str]
    event_trigger: Literal["trades", "bbo"] = "trades"
    snapshot: bool = True


class BookParams(Struct, frozen=True, kw_only=True):
    """`book`: aggregated levels."""

    symbol: list[str]
    depth: Literal[10, 25, 100, 500, 1000] = 10
    snapshot: bool = True


class Level3Params(Struct, frozen=True, kw_only=True):
    """`level3`: single orders."""

    symbol: list[str]
    depth: Literal[10, 100, 1000] | None = None
    """None = 10; only a depth that was sent is echoed (recorded)."""
    snapshot: bool = True
    token: str = ""


class TradeParams(Struct, frozen=True, kw_only=True):
    """`trade`: public trades."""

    symbol: list[str]
    # The reference says false; in 2024 an ack without it was recorded with true.
    snapshot: bool = False


class OhlcParams(Struct, frozen=True, kw_only=True):
    """`ohlc`: candles."""

    symbol: list[str]
    # The reference names no default; 1 was that of v1.
    interval: Literal[1, 5, 15, 30, 60, 240, 1440, 10080, 21600] = 1
    snapshot: bool = True


class InstrumentParams(Struct, frozen=True, kw_only=True):
    """`instrument`: reference data; the last two are accepted, nothing is listed that they would change."""

    snapshot: bool = True
    include_tokenized_assets: bool = False
    execution_venue: Literal["international", "bitnomial-exchange"] = "international"


class ExecutionsParams(Struct, frozen=True, kw_only=True):
    """`executions`: own orders and fills. No token is as good as a wrong one (recorded 2026-09)."""

    token: str = ""
    snap_orders: bool = True
    snap_trades: bool = False
    order_status: bool = True
    ratecounter: bool = False
    rebased: bool = True
    users: Literal["all"] | None = None
    snapshot: bool = True
    """Deprecated; false: no snapshot."""
    snapshot_trades: bool = False
    """Deprecated; true: a snapshot of trades only."""


class BalancesParams(Struct, frozen=True, kw_only=True):
    """`balances`: own balances and ledger entries."""

    token: str = ""
    snapshot: bool = True
    rebased: bool = True
    users: Literal["all"] | None = None


class HeartbeatParams(Struct, frozen=True):
    """`heartbeat`: comes by itself, yet the reconnection guide subscribes to it."""


ChannelParams = (
    TickerParams
    | BookParams
    | Level3Params
    | TradeParams
    | OhlcParams
    | InstrumentParams
    | ExecutionsParams
    | BalancesParams
    | HeartbeatParams
)


class Ping(Struct, frozen=True):
    """Takes no parameters, not even none: `params` is refused."""


class Subscribe(Struct, frozen=True):
    """Subscribe to one channel."""

    channel: ChannelParams


class Unsubscribe(Struct, frozen=True):
    """End subscriptions to one channel."""

    channel: ChannelParams


class Triggers(Struct, frozen=True, kw_only=True):
    """What wakes a stop, take-profit or trailing order."""

    price: Decimal
    price_type: PriceType = "static"
    reference: Reference = "last"


class Conditional(Struct, frozen=True, kw_only=True):
    """The secondary order that each fill of the primary enters."""

    order_type: OrderType
    limit_price: Decimal | None = None
    limit_price_type: PriceType | None = None
    """None = `quote`; of a trailing-stop-limit alone."""
    trigger_price: Decimal | None = None
    trigger_price_type: PriceType | None = None
    """None = `static`."""
    stop_price: Decimal | None = None
    """Deprecated: `trigger_price`."""


class BatchOrder(Struct, frozen=True, kw_only=True):
    """One order as `batch_add` lists it."""

    order_type: OrderType
    side: Side
    # Marked as required; absent where a market buy is entered by `cash_order_qty`.
    order_qty: Decimal | None = None
    limit_price: Decimal | None = None
    limit_price_type: PriceType | None = None
    triggers: Triggers | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    margin: bool = False
    post_only: bool = False
    reduce_only: bool = False
    effective_time: Time | None = None
    expire_time: Time | None = None
    cl_ord_id: ClientId | None = None
    order_userref: UserRef | None = None
    conditional: Conditional | None = None
    display_qty: Decimal | None = None
    fee_preference: FeePreference | None = None
    stp_type: StpType = StpType.CANCEL_NEWEST
    cash_order_qty: Decimal | None = None
    sender_sub_id: ClientId | None = None
    no_mpp: bool | None = None
    """Deprecated, without effect: market orders are always protected."""
    stop_price: Decimal | None = None
    """Deprecated: `triggers.price`."""
    trigger: Reference | None = None
    """Deprecated: `triggers.reference`."""


# Inherited and not composed: on the wire the fields of an order stand beside these four.
class AddOrder(BatchOrder, frozen=True, kw_only=True):
    """Enter one order."""

    symbol: str
    token: str
    deadline: Time | None = None
    validate: bool = False


class AmendOrder(Struct, frozen=True, kw_only=True):
    """Change an order in place; it keeps its id, its fills and, where possible, its place in the queue."""

    token: str
    order_id: str = ""
    cl_ord_id: ClientId | None = None
    order_qty: Decimal | None = None
    display_qty: Decimal | None = None
    limit_price: Decimal | None = None
    limit_price_type: PriceType | None = None
    post_only: bool = False
    trigger_price: Decimal | None = None
    trigger_price_type: PriceType | None = None
    deadline: Time | None = None
    symbol: str = ""


class EditOrder(Struct, frozen=True, kw_only=True):
    """Cancel an order and enter it anew under another id."""

    token: str
    order_id: str
    symbol: str
    order_qty: Decimal | None = None
    limit_price: Decimal | None = None
    display_qty: Decimal | None = None
    triggers: Triggers | None = None
    post_only: bool = False
    reduce_only: bool = False
    fee_preference: FeePreference | None = None
    order_userref: UserRef | None = None
    deadline: Time | None = None
    validate: bool = False
    no_mpp: bool | None = None
    """Deprecated, without effect."""
    price: Decimal | None = None
    """Deprecated: `limit_price`."""
    trigger: Reference | None = None
    """Deprecated: `triggers.reference`."""
    stop_price: Decimal | None = None
    """Deprecated: `triggers.price`."""


class CancelOrder(Struct, frozen=True, kw_only=True):
    """Cancel orders by their ids; one reply for each."""

    token: str
    order_id: list[str] = []
    cl_ord_id: list[str] = []
    order_userref: list[int] = []


class CancelAll(Struct, frozen=True, kw_only=True):
    """Cancel every open order."""

    token: str


class CancelAllOrdersAfter(Struct, frozen=True, kw_only=True):
    """The dead man's switch: cancel every open order unless called again in time; 0 turns it off."""

    token: str
    timeout: int
    """Seconds."""


class BatchAdd(Struct, frozen=True, kw_only=True):
    """Enter 2 to 15 orders of one pair."""

    token: str
    symbol: str
    orders: list[BatchOrder]
    deadline: Time | None = None
    validate: bool = False


class BatchCancel(Struct, frozen=True, kw_only=True):
    """Cancel 2 to 50 orders with one reply."""

    token: str
    orders: list[str] = []
    """Order ids, or userrefs as text."""
    cl_ord_id: list[str] = []


Params = (
    Ping
    | Subscribe
    | Unsubscribe
    | AddOrder
    | AmendOrder
    | EditOrder
    | CancelOrder
    | CancelAll
    | CancelAllOrdersAfter
    | BatchAdd
    | BatchCancel
)


class Request(Struct, frozen=True, gc=False):
    """One decoded request."""

    method: str
    params: Params
    req_id: int | None = None


class Coverage(StrEnum):
    """Whether krakenbox answers as the venue does; what is not done yet is decoded and checked too."""

    DONE = "done"
    NOT_YET = "not yet"


class Entry(Struct, frozen=True):
    """One method or channel."""

    params: type[Struct]
    coverage: Coverage = Coverage.DONE


CHANNELS: dict[str, Entry] = {
    "ticker": Entry(TickerParams),
    "book": Entry(BookParams),
    "level3": Entry(Level3Params),
    "trade": Entry(TradeParams),
    "ohlc": Entry(OhlcParams),
    "instrument": Entry(InstrumentParams),
    "executions": Entry(ExecutionsParams),
    "balances": Entry(BalancesParams),
    "heartbeat": Entry(HeartbeatParams),
}
"""Channels one can subscribe to; `status` comes unasked."""

CHANNEL_NAMES: dict[type[Struct], str] = {entry.params: name for name, entry in CHANNELS.items()}
"""`CHANNELS` the other way round."""

METHODS: dict[str, Entry] = {
    "ping": Entry(Ping),
    "subscribe": Entry(Subscribe),
    "unsubscribe": Entry(Unsubscribe),
    "add_order": Entry(AddOrder),
    "amend_order": Entry(AmendOrder),
    "edit_order": Entry(EditOrder),
    "cancel_order": Entry(CancelOrder),
    "cancel_all": Entry(CancelAll),
    "cancel_all_orders_after": Entry(CancelAllOrdersAfter),
    "batch_add": Entry(BatchAdd),
    "batch_cancel": Entry(BatchCancel),
}
"""Every method of v2."""
