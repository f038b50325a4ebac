"""Everything that can happen. Events are derived, never journaled, past tense, and carry all that any view
needs: a projection never asks the engine.

Order inside one command: due timers first (each with its own earlier `time_ns`); then accepted, opened; per
match: trade, book change of the maker, maker's fill (and its end), taker's fill, ledger postings; then the
taker rests or ends.
"""

from enum import StrEnum

from msgspec import Struct

from krakenbox.model.command import Bar, PastTrade, Tier
from krakenbox.model.fixed import Amount, Cost, Price, Qty
from krakenbox.model.instrument import Asset, Instrument, SystemStatus
from krakenbox.model.order import AccountId, OrderId, OrderStatus, OrderTerms, OrderType, Side
from krakenbox.model.reject import Reason


class BookAction(StrEnum):
    """What happened to one order in the visible book, in level3 words."""

    ADDED = "add"
    MODIFIED = "modify"
    REMOVED = "delete"


class Rejected(Struct, frozen=True, tag=True, gc=False):
    """The command was refused; `text` is the exact wire text."""

    time_ns: int
    account: AccountId
    text: str


class OrderValidated(Struct, frozen=True, tag=True, gc=False):
    """A `validate` request passed every check; nothing was entered."""

    time_ns: int
    account: AccountId
    terms: OrderTerms


class OrderAccepted(Struct, frozen=True, tag=True, gc=False):
    """An order got its id and its hold; it is not live yet (`pending_new`)."""

    time_ns: int
    account: AccountId
    order_id: OrderId
    terms: OrderTerms
    parent_id: OrderId = OrderId("")
    """The order whose fill entered this one, by its `conditional`."""
    trigger_price: Price = Price(0)
    """Effective trigger price at entry, of a type that has one."""
    peak_price: Price = Price(0)


class OrderOpened(Struct, frozen=True, tag=True, gc=False):
    """The order is live in the engine (`new`): it matches now and may rest."""

    time_ns: int
    account: AccountId
    order_id: OrderId
    terms: OrderTerms


class Traded(Struct, frozen=True, tag=True, gc=False):
    """One match, as the public sees it."""

    time_ns: int
    symbol: str
    trade_id: int
    """1, 2, 3... per symbol."""
    price: Price
    qty: Qty
    taker_side: Side
    taker_type: OrderType
    """`limit` or `market`."""


class BookChanged(Struct, frozen=True, tag=True, gc=False):
    """One visible order was added, reduced or removed. Replaying these alone rebuilds L2 and L3."""

    time_ns: int
    symbol: str
    side: Side
    price: Price
    level_qty: Qty
    """Visible quantity of the level afterwards; 0 = the level is gone."""
    action: BookAction
    order_id: OrderId
    order_qty: Qty
    """Visible remaining quantity afterwards; for a removal the last one before it (Kraken, level3: not 0)."""
    order_time_ns: int
    """Queue time of the order: ascending within a level."""


class OrderFilled(Struct, frozen=True, tag=True, gc=False):
    """One side of a match."""

    time_ns: int
    account: AccountId
    order_id: OrderId
    terms: OrderTerms
    exec_id: str
    trade_id: int
    price: Price
    qty: Qty
    cost: Cost
    maker: bool
    fee: int
    """At the precision of cost, or of quantity if it is in the base asset."""
    fee_asset: str
    fee_usd: Cost
    """Fee in USD at cost precision; 0 where no USD price of the quote asset is known."""
    cum_qty: Qty
    cum_cost: Cost
    avg_price: Price


class OrderClosed(Struct, frozen=True, tag=True, gc=False):
    """The order ended: `filled`, `canceled` or `expired`. Totals are over its whole life."""

    time_ns: int
    account: AccountId
    order_id: OrderId
    terms: OrderTerms
    status: OrderStatus
    reason: Reason
    cum_qty: Qty
    cum_cost: Cost
    avg_price: Price
    fee_usd: Cost


class OrderAmended(Struct, frozen=True, tag=True, gc=False):
    """An open order changed in place: by its owner (`amend_id` given) or, `restated`, by the venue.

    `terms` are as entered, with the trigger and the limit's offset that were amended; the rest stands below.
    """

    time_ns: int
    account: AccountId
    order_id: OrderId
    terms: OrderTerms
    amend_id: str
    status: OrderStatus
    reason: Reason
    qty: Qty
    display_qty: Qty
    limit_price: Price
    trigger_price: Price
    cum_qty: Qty


class OrderEdited(Struct, frozen=True, tag=True, gc=False):
    """An order was replaced: comes after the old one's end and the new one's entry."""

    time_ns: int
    account: AccountId
    order_id: OrderId
    original_order_id: OrderId


class TriggerChanged(Struct, frozen=True, tag=True, gc=False):
    """A dormant order's trigger moved with its peak, or fired."""

    time_ns: int
    account: AccountId
    order_id: OrderId
    terms: OrderTerms
    status: OrderStatus
    triggered: bool
    trigger_price: Price
    peak_price: Price
    """Of a trailing type; else 0."""
    last_price: Price
    """The reference that moved or fired it."""


class IcebergRefilled(Struct, frozen=True, tag=True, gc=False):
    """The visible part of an iceberg was used up and the next one joined the back of the queue."""

    time_ns: int
    account: AccountId
    order_id: OrderId
    terms: OrderTerms
    status: OrderStatus
    display_qty_remain: Qty
    """Visible now."""


class CancelTimerSet(Struct, frozen=True, tag=True, gc=False):
    """The dead man's switch was armed (`trigger_ns` > 0) or disarmed."""

    time_ns: int
    account: AccountId
    trigger_ns: int


class RateCounted(Struct, frozen=True, tag=True, gc=False):
    """The transaction counter of an account and pair after the command was charged, in thousandths."""

    time_ns: int
    account: AccountId
    symbol: str
    counter_milli: int


class OrdersCanceled(Struct, frozen=True, tag=True, gc=False):
    """End of a `CancelAll` or `CancelOrders`: how many orders it canceled."""

    time_ns: int
    account: AccountId
    count: int


class LedgerKind(StrEnum):
    """`type` of a ledger entry."""

    DEPOSIT = "deposit"
    TRADE = "trade"


class BalancePosted(Struct, frozen=True, tag=True, gc=False):
    """One ledger entry of a client account, in ledger units: balance = previous + amount - fee."""

    time_ns: int
    account: AccountId
    asset: str
    ledger_id: str
    ref_id: str
    """The `exec_id` of a trade, an own id of a deposit."""
    kind: LedgerKind
    amount: Amount
    fee: Amount
    balance: Amount


class AccountOpened(Struct, frozen=True, tag=True, gc=False):
    """An account was opened or changed its tier."""

    time_ns: int
    account: AccountId
    tier: Tier


class AssetListed(Struct, frozen=True, tag=True, gc=False):
    """An asset was listed or changed."""

    time_ns: int
    asset: Asset


class InstrumentListed(Struct, frozen=True, tag=True, gc=False):
    """An instrument was listed, or its limits or status changed."""

    time_ns: int
    instrument: Instrument


class SystemStatusChanged(Struct, frozen=True, tag=True, gc=False):
    """The engine mode of the venue changed."""

    time_ns: int
    status: SystemStatus


class HistorySeeded(Struct, frozen=True, tag=True, gc=False):
    """A market got a past. `first_trade_id` numbers the first of `trades`."""

    time_ns: int
    symbol: str
    bars: tuple[Bar, ...]
    trades: tuple[PastTrade, ...]
    first_trade_id: int


class NonceUsed(Struct, frozen=True, tag=True, gc=False):
    """The highest nonce of an API key rose."""

    time_ns: int
    key_id: str
    nonce: int


class LimitsSet(Struct, frozen=True, tag=True, gc=False):
    """Trading limits were switched."""

    time_ns: int
    enforced: bool


Event = (
    Rejected
    | OrderValidated
    | OrderAccepted
    | OrderOpened
    | Traded
    | BookChanged
    | OrderFilled
    | OrderClosed
    | OrderAmended
    | OrderEdited
    | TriggerChanged
    | IcebergRefilled
    | CancelTimerSet
    | RateCounted
    | OrdersCanceled
    | BalancePosted
    | AccountOpened
    | AssetListed
    | InstrumentListed
    | SystemStatusChanged
    | HistorySeeded
    | NonceUsed
    | LimitsSet
)


class Outcome(Struct, frozen=True, gc=False):
    """What one command did, as the sequencer publishes it once it is durable.

    `origin` is whatever `submit` was given.
    """

    seq: int
    time_ns: int
    events: list[Event]
    origin: object = None
