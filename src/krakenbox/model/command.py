"""Everything that may change the exchange. Commands are journaled, imperative and complete: with the stamp
the sequencer gives them they determine every event.

The schema is append-only: a command is an array tagged by its name, new fields go to the end with a default,
names are never reused. Identifiers that only serve a reply (connections, req_id) are no part of a command;
neither are secrets.
"""

from enum import StrEnum

from msgspec import Struct

from krakenbox.model.fixed import Amount, Price, Qty
from krakenbox.model.instrument import Asset, Instrument, PairStatus, SystemStatus
from krakenbox.model.order import (
    AccountId,
    FeePreference,
    OrderId,
    OrderTerms,
    OrderType,
    PriceType,
    Side,
    Trigger,
)


class Tier(StrEnum):
    """Verification tier of an account: chooses its trading limits.

    `house` accounts (the simulator's agents) have none.
    """

    STARTER = "starter"
    INTERMEDIATE = "intermediate"
    PRO = "pro"
    HOUSE = "house"


class FeeTier(Struct, frozen=True, array_like=True):
    """One step of a fee schedule: from this 30-day volume in whole USD, rates in millionths of the cost."""

    volume_usd: int
    taker_ppm: int
    maker_ppm: int


class Bar(Struct, frozen=True, array_like=True, gc=False):
    """Trades of one span of a seeded past: integers of the instrument, `cost` its exact price x qty sum."""

    begin_ns: int
    minutes: int
    open: Price
    high: Price
    low: Price
    close: Price
    qty: Qty
    cost: int
    trades: int


class PastTrade(Struct, frozen=True, array_like=True, gc=False):
    """One trade of a seeded past."""

    time_ns: int
    price: Price
    qty: Qty
    taker_side: Side
    taker_type: OrderType


class AddAsset(Struct, frozen=True, tag=True, array_like=True):
    """List an asset."""

    asset: Asset


class AddInstrument(Struct, frozen=True, tag=True, array_like=True):
    """List an instrument, or replace its limits and status; precisions of a listed one never change."""

    instrument: Instrument


class SetFeeSchedule(Struct, frozen=True, tag=True, array_like=True):
    """Define a maker/taker schedule; tiers ascend by volume and begin at 0."""

    name: str
    tiers: tuple[FeeTier, ...]


class SetLimits(Struct, frozen=True, tag=True, array_like=True):
    """Switch trading counters and open-order caps on or off for the whole venue."""

    enforced: bool


class SetProtection(Struct, frozen=True, tag=True, array_like=True):
    """How far from the last price, in millionths, a market order trades at most: 50,000 unless set."""

    protection_ppm: int


class SetIndexPrice(Struct, frozen=True, tag=True, array_like=True):
    """Index price of a pair; at most one per pair and second is journaled."""

    symbol: str
    price: Price


class SeedHistory(Struct, frozen=True, tag=True, array_like=True):
    """A market's past before the venue opened: bars, oldest first, never overlapping, then single trades."""

    symbol: str
    bars: tuple[Bar, ...]
    trades: tuple[PastTrade, ...]


class OpenAccount(Struct, frozen=True, tag=True, array_like=True):
    """Open an account, or change the tier of an open one."""

    account: AccountId
    tier: Tier


class Deposit(Struct, frozen=True, tag=True, array_like=True):
    """Credit ledger units of an asset to an account."""

    account: AccountId
    asset: str
    amount: Amount


class UseNonce(Struct, frozen=True, tag=True, array_like=True):
    """A private REST call was authenticated: the key's highest nonce survives a restart."""

    key_id: str
    nonce: int


class PlaceOrder(Struct, frozen=True, tag=True, array_like=True):
    """Enter an order, or with `validate` only check it."""

    account: AccountId
    terms: OrderTerms
    deadline_ns: int = 0
    """The engine refuses to match after this time; 0 = none."""
    validate: bool = False


class OrderRef(Struct, frozen=True, array_like=True):
    """The one identifier a request names its order by; `userref` names every open order that carries it."""

    order_id: OrderId = OrderId("")
    cl_ord_id: str = ""
    userref: int | None = None


class CancelOrder(Struct, frozen=True, tag=True, array_like=True):
    """Cancel the order(s) of one reference. A request that lists several becomes several commands."""

    account: AccountId
    ref: OrderRef


class AmendOrder(Struct, frozen=True, tag=True, array_like=True):
    """Change an open order in place; None leaves a term as it is."""

    account: AccountId
    ref: OrderRef
    qty: Qty | None = None
    """New total quantity."""
    display_qty: Qty | None = None
    limit_price: int | None = None
    limit_price_type: PriceType = PriceType.STATIC
    trigger_price: int | None = None
    trigger_price_type: PriceType = PriceType.STATIC
    post_only: bool = False
    """Refuse a limit price that would match at once; guards this amend alone."""
    deadline_ns: int = 0


class EditOrder(Struct, frozen=True, tag=True, array_like=True):
    """Cancel an open order and enter it anew under another id; None leaves a term as it is."""

    account: AccountId
    order_id: OrderId
    symbol: str
    qty: Qty | None = None
    limit_price: Price | None = None
    display_qty: Qty | None = None
    trigger: Trigger | None = None
    post_only: bool = False
    userref: int = 0
    deadline_ns: int = 0
    validate: bool = False
    fee_preference: FeePreference | None = None


class PlaceOrders(Struct, frozen=True, tag=True, array_like=True):
    """Enter several orders of one pair: refused together by arguments, one by one by the engine."""

    account: AccountId
    orders: tuple[OrderTerms, ...]
    deadline_ns: int = 0
    validate: bool = False


class CancelOrders(Struct, frozen=True, tag=True, array_like=True):
    """Cancel several orders with one answer: how many it canceled."""

    account: AccountId
    refs: tuple[OrderRef, ...]


class SetCancelTimer(Struct, frozen=True, tag=True, array_like=True):
    """Arm the account's dead man's switch for `trigger_ns`, in place of an earlier time; 0 disarms it."""

    account: AccountId
    trigger_ns: int


class CancelAll(Struct, frozen=True, tag=True, array_like=True):
    """Cancel every open order of an account, in order of entry."""

    account: AccountId


class SetSystemStatus(Struct, frozen=True, tag=True, array_like=True):
    """Change the engine mode of the venue."""

    status: SystemStatus


class SetPairStatus(Struct, frozen=True, tag=True, array_like=True):
    """Change the mode of one pair."""

    symbol: str
    status: PairStatus


class Tick(Struct, frozen=True, tag=True, array_like=True):
    """Nothing but time: fires what fell due while no command came."""


class Void(Struct, frozen=True, tag=True, array_like=True):
    """Command `seq` crashed `apply` and was never acknowledged: recovery skips it."""

    seq: int


Command = (
    AddAsset
    | AddInstrument
    | SetFeeSchedule
    | SetLimits
    | SetProtection
    | SetIndexPrice
    | SeedHistory
    | OpenAccount
    | Deposit
    | UseNonce
    | PlaceOrder
    | CancelOrder
    | AmendOrder
    | EditOrder
    | PlaceOrders
    | CancelOrders
    | SetCancelTimer
    | CancelAll
    | SetSystemStatus
    | SetPairStatus
    | Tick
    | Void
)


class Stamped(Struct, frozen=True, array_like=True):
    """A command as the sequencer journaled it: strictly increasing `seq` (from 1) and `time_ns`."""

    seq: int
    time_ns: int
    command: Command
