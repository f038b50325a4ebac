"""Orders: the terms a client enters, the live order the engine works on, and its legal transitions."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.model.fixed import Amount, Cost, Price, Qty

AccountId = NewType("AccountId", str)
OrderId = NewType("OrderId", str)
"""6-5-6 text, `OXXXXX-XXXXX-XXXXXX`."""

MAX_ACCOUNT_NAME = 64
VENUE_PREFIX = "venue:"
"""Begins the names of the ledger's own accounts."""
HOUSE_PREFIX = "house-"
"""Begins the names of the simulated market's agents."""
CLIENT_NAMES = (
    f"1 to {MAX_ACCOUNT_NAME} printable characters that begin with neither {HOUSE_PREFIX} nor {VENUE_PREFIX}"
)
"""What `is_client_name` takes, in words."""


def is_client_name(name: str) -> bool:
    """Whether an account of a client may be called so."""
    sound = name.isprintable() and 0 < len(name) <= MAX_ACCOUNT_NAME
    return sound and not name.startswith((HOUSE_PREFIX, VENUE_PREFIX))


_UUID_LENGTHS = (32, 36)
"""Only a UUID, without or with hyphens, has one: other client ids are 18 characters at most."""


def client_key(cl_ord_id: str) -> str:
    """What a client's id of an order is compared by."""
    # Kraken, guide "spot-clordid": a UUID is kept as a number of 128 bits, so its spellings are one id.
    if len(cl_ord_id) in _UUID_LENGTHS:
        return cl_ord_id.replace("-", "").lower()
    return cl_ord_id


class Side(StrEnum):
    """Side of an order or of a trade's taker."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        """The side this one trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """Execution models, in v2 spelling."""

    LIMIT = "limit"
    MARKET = "market"
    ICEBERG = "iceberg"
    STOP_LOSS = "stop-loss"
    STOP_LOSS_LIMIT = "stop-loss-limit"
    TAKE_PROFIT = "take-profit"
    TAKE_PROFIT_LIMIT = "take-profit-limit"
    TRAILING_STOP = "trailing-stop"
    TRAILING_STOP_LIMIT = "trailing-stop-limit"
    SETTLE_POSITION = "settle-position"

    @property
    def working(self) -> "OrderType":
        """What it is once it works: a limit or a market order."""
        return _WORKING.get(self, OrderType.LIMIT)

    @property
    def trailing(self) -> bool:
        """Whether its trigger follows the reference."""
        return self in (OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT)

    @property
    def triggered(self) -> bool:
        """Whether it sleeps until its trigger fires."""
        return self in _TRIGGERED


_WORKING = dict.fromkeys(
    (OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT, OrderType.TRAILING_STOP), OrderType.MARKET
)
_TRIGGERED = (
    OrderType.STOP_LOSS,
    OrderType.STOP_LOSS_LIMIT,
    OrderType.TAKE_PROFIT,
    OrderType.TAKE_PROFIT_LIMIT,
    OrderType.TRAILING_STOP,
    OrderType.TRAILING_STOP_LIMIT,
)


class TimeInForce(StrEnum):
    """How long an order lives, in v2 request spelling."""

    GTC = "gtc"
    GTD = "gtd"
    IOC = "ioc"
    FOK = "fok"


class StpType(StrEnum):
    """Which order dies when an account would trade with itself."""

    CANCEL_NEWEST = "cancel_newest"
    CANCEL_OLDEST = "cancel_oldest"
    CANCEL_BOTH = "cancel_both"


class FeePreference(StrEnum):
    """Currency an order's fees are charged in."""

    BASE = "base"
    QUOTE = "quote"


class PriceType(StrEnum):
    """How a trigger or limit price is given: absolute, or an offset in percent or in quote units."""

    STATIC = "static"
    PCT = "pct"
    QUOTE = "quote"


class Reference(StrEnum):
    """The price a trigger watches: the last trade here, or the index of the broad market."""

    LAST = "last"
    INDEX = "index"


PCT_UNIT = 1_000_000
"""A percentage is an integer of millionths of a percent: 5 % = 5,000,000."""


class Trigger(Struct, frozen=True, array_like=True, gc=False):
    """What wakes a dormant order, as entered."""

    price: int
    """A `Price`; an offset in price units (`quote`, signed) or in `PCT_UNIT`s (`pct`, signed). Of a trailing
    type: the distance of the reversal, positive."""
    price_type: PriceType = PriceType.STATIC
    reference: Reference = Reference.LAST


class Conditional(Struct, frozen=True, array_like=True, gc=False):
    """The order that each fill of its primary enters, on the other side and of the fill's size."""

    order_type: OrderType
    limit_price: int = 0
    limit_price_type: PriceType = PriceType.STATIC
    trigger: Trigger | None = None


class OrderStatus(StrEnum):
    """States of an order, in v2 spelling."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


_OPEN = (OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED)

TRANSITIONS: dict[OrderStatus, tuple[OrderStatus, ...]] = {
    OrderStatus.PENDING_NEW: (OrderStatus.NEW, OrderStatus.CANCELED, OrderStatus.EXPIRED),
    OrderStatus.NEW: _OPEN,
    OrderStatus.PARTIALLY_FILLED: _OPEN,
    OrderStatus.FILLED: (),
    OrderStatus.CANCELED: (),
    OrderStatus.EXPIRED: (),
}
"""Legal next states (Kraken, guide "order lifecycle"). A missing entry is a bug of ours."""


class OrderTerms(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """What the client asked for, in integers; shared by the command, every event and the live order.

    New order types append fields; the journal reads old records with the defaults.
    """

    symbol: str
    side: Side
    order_type: OrderType
    qty: Qty = Qty(0)
    """Base quantity; 0 for a market order entered by `cash_qty`."""
    limit_price: Price = Price(0)
    """0 for types without a limit price."""
    cash_qty: Cost = Cost(0)
    """Quote amount a market buy spends at most, fee not included; 0 unless entered so."""
    time_in_force: TimeInForce = TimeInForce.GTC
    expire_ns: int = 0
    """End of a gtd order, whole seconds; 0 otherwise."""
    post_only: bool = False
    cl_ord_id: str = ""
    userref: int = 0
    stp: StpType = StpType.CANCEL_NEWEST
    fee_preference: FeePreference = FeePreference.QUOTE
    display_qty: Qty = Qty(0)
    """Visible part of an iceberg; 0 for other types."""
    trigger: Trigger | None = None
    limit_price_type: PriceType = PriceType.STATIC
    """Of a trailing-stop-limit: what `limit_price` is; unless static a signed offset from the trigger price,
    in price units or `PCT_UNIT`s."""
    conditional: Conditional | None = None
    effective_ns: int = 0
    """Scheduled start, whole seconds; 0 = at once."""
    sender_sub_id: str = ""
    """Narrows self-trade prevention to orders that carry the same one."""


@dataclass(slots=True, eq=False)
class Order:
    """A live order. Owned by the engine and the venue; nothing outside them ever sees it."""

    order_id: OrderId
    account: AccountId
    terms: OrderTerms
    qty: Qty
    """Total quantity; `terms.qty` until amended."""
    limit_price: Price
    time_ns: int
    """Queue time: entry, or the last change that lost the place in the queue. A fill keeps it."""
    created_ns: int
    status: OrderStatus = OrderStatus.PENDING_NEW
    filled: Qty = Qty(0)
    cum_cost: Cost = Cost(0)
    """Sum of the fills' costs."""
    cum_exact: int = 0
    """Exact sum of the fills' price x qty."""
    avg_price: Price = Price(0)
    """Average price of the fills, to nearest."""
    fee_usd: Cost = Cost(0)
    hold: Amount = Amount(0)
    """Ledger units of `hold_asset` reserved for what remains."""
    hold_asset: str = ""
    hold_ppm: int = 0
    """Fee rate the hold provides for: the taker's at entry; 0 if fees come out of what it receives."""
    display_qty: Qty = Qty(0)
    """Most that is visible at a time, of an iceberg; 0 = everything."""
    shown: Qty = Qty(0)
    """What is visible in the book now; the remaining quantity unless an iceberg."""
    parent_id: OrderId = OrderId("")
    """The order whose fill entered this one."""
    trigger_price: Price = Price(0)
    """Effective trigger price of a dormant order; it moves with the peak of a trailing one."""
    peak_price: Price = Price(0)
    """Best reference a trailing order has seen: the highest of a sell, the lowest of a buy."""
    triggered: bool = False
    """Whether its trigger fired: from then on it is a limit or a market order."""
    amended: bool = False
    touched_ns: int = 0
    """Entry or last amend: its age sets what touching it again costs the rate counter."""
    # Intrusive queue of the price level the order rests in: O(1) removal anywhere, no search.
    prev: "Order | None" = None
    next: "Order | None" = None

    @property
    def remaining(self) -> Qty:
        """Quantity not yet filled."""
        return Qty(self.qty - self.filled)

    @property
    def scheduled(self) -> bool:
        """Whether it still waits for its start: it holds funds and is in no book."""
        return self.status is OrderStatus.PENDING_NEW

    @property
    def dormant(self) -> bool:
        """Whether it is live, in no book, and waits for its trigger."""
        return self.terms.trigger is not None and not self.triggered and not self.scheduled

    @property
    def working_terms(self) -> OrderTerms:
        """Terms of the limit or market order that it is, or becomes, for what remains."""
        return replace(
            self.terms,
            order_type=self.terms.order_type.working,
            qty=self.remaining,
            limit_price=self.limit_price,
            cash_qty=Cost(0),
        )

    def become(self, status: OrderStatus) -> None:
        """Move to `status`; an illegal transition is a bug and stops the venue."""
        assert status in TRANSITIONS[self.status], f"{self.order_id}: {self.status} -> {status}"
        self.status = status
