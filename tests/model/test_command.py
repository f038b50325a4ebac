"""Commands survive the journal's encoding, and its schema only grows."""

from typing import get_args

import msgspec
import pytest

from builders import ASSETS, BTC_USD, buy, cancel, cancel_all, deposit, place, sell
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    AmendOrder,
    Bar,
    CancelOrder,
    CancelOrders,
    Command,
    EditOrder,
    FeeTier,
    OpenAccount,
    OrderRef,
    PastTrade,
    PlaceOrder,
    PlaceOrders,
    SeedHistory,
    SetCancelTimer,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetPairStatus,
    SetProtection,
    SetSystemStatus,
    Stamped,
    Tick,
    Tier,
    UseNonce,
    Void,
)
from krakenbox.model.fixed import Amount, Price, Qty
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import (
    AccountId,
    Conditional,
    FeePreference,
    OrderId,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    StpType,
    TimeInForce,
    Trigger,
)

BAR = Bar(1, 5, Price(10), Price(12), Price(9), Price(11), Qty(100), 1100, 3)
PAST = PastTrade(2, Price(11), Qty(7), Side.SELL, OrderType.MARKET)
COMMANDS: list[Command] = [
    AddAsset(ASSETS["BTC"]),
    AddInstrument(BTC_USD),
    SetFeeSchedule("spot", (FeeTier(0, 4000, 2500), FeeTier(10_000, 3500, 2000))),
    SetLimits(False),
    SetIndexPrice("BTC/USD", Price(628_070)),
    SeedHistory("BTC/USD", (BAR,), (PAST,)),
    OpenAccount(AccountId("alice"), Tier.PRO),
    deposit("alice", "BTC", 100),
    UseNonce("key", 2**63),
    place(
        buy,
        "0.5",
        at=62_000,
        time_in_force=TimeInForce.GTD,
        expire_ns=10**18,
        post_only=True,
        cl_ord_id="arb-20240509-00010",
        stp=StpType.CANCEL_BOTH,
        deadline_ns=10**18,
        validate=True,
    ),
    cancel("OABCDE-ABCDE-ABCDEF"),
    cancel(userref=-5),
    cancel(cl_ord_id="mine"),
    cancel_all(),
    place(
        sell,
        15,
        at=62_000,
        display=1,
        trigger=Trigger(-2_000_000, PriceType.PCT, Reference.INDEX),
        limit_price_type=PriceType.QUOTE,
        conditional=Conditional(OrderType.STOP_LOSS_LIMIT, 10, PriceType.STATIC, Trigger(12)),
        effective_ns=10**18,
        sender_sub_id="desk",
    ),
    AmendOrder(
        AccountId("alice"),
        OrderRef(cl_ord_id="mine"),
        qty=Qty(1),
        display_qty=Qty(2),
        limit_price=-3,
        limit_price_type=PriceType.PCT,
        trigger_price=4,
        trigger_price_type=PriceType.QUOTE,
        post_only=True,
        deadline_ns=5,
    ),
    AmendOrder(AccountId("alice"), OrderRef(OrderId("O1"))),
    EditOrder(AccountId("alice"), OrderId("O1"), "BTC/USD", trigger=Trigger(7)),
    EditOrder(AccountId("alice"), OrderId("O1"), "BTC/USD", fee_preference=FeePreference.BASE),
    PlaceOrders(AccountId("alice"), (place(buy, 1, at=1).terms, place(sell, 1, at=2).terms), 10**18, True),
    CancelOrders(AccountId("alice"), (OrderRef(OrderId("O1")), OrderRef(userref=-5))),
    SetCancelTimer(AccountId("alice"), 10**18),
    SetProtection(50_000),
    SetSystemStatus(SystemStatus.POST_ONLY),
    SetPairStatus("BTC/USD", PairStatus.LIMIT_ONLY),
    Tick(),
    Void(41),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
@pytest.mark.parametrize("codec", [msgspec.json, msgspec.msgpack], ids=["json", "msgpack"])
def test_a_stamped_command_comes_back_equal(command: Command, codec: object) -> None:
    stamped = Stamped(7, 1_700_000_000_000_000_001, command)
    assert codec.decode(codec.encode(stamped), type=Stamped) == stamped  # type: ignore[attr-defined]


def test_every_command_is_tried() -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(Command))


def test_amounts_beyond_64_bits_survive_as_json() -> None:
    command = msgspec.structs.replace(deposit("alice", "BTC", 1), amount=Amount(10**29))
    stamped = Stamped(1, 1, command)
    assert msgspec.json.decode(msgspec.json.encode(stamped), type=Stamped) == stamped


def test_the_journal_form_is_an_array_tagged_by_the_name() -> None:
    assert msgspec.to_builtins(cancel("O1")) == ["CancelOrder", "alice", ["O1", "", None]]
    assert msgspec.to_builtins(Stamped(3, 9, Void(2))) == [3, 9, ["Void", 2]]


def test_fields_missing_at_the_end_read_as_their_defaults() -> None:
    # A record written before the field existed.
    terms = ["BTC/USD", "buy", "limit", 5, 10]
    old = msgspec.convert(["PlaceOrder", "alice", terms], PlaceOrder)
    assert old == PlaceOrder(
        AccountId("alice"),
        OrderTerms(
            symbol="BTC/USD", side=Side.BUY, order_type=OrderType.LIMIT, qty=Qty(5), limit_price=Price(10)
        ),
    )
    assert msgspec.convert(["CancelOrder", "alice", []], CancelOrder).ref == OrderRef()


# The order of fields is the format of every journal ever written: additions go to the end of these lists.
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (PlaceOrder, "account terms deadline_ns validate"),
        (CancelOrder, "account ref"),
        (OrderRef, "order_id cl_ord_id userref"),
        (
            OrderTerms,
            "symbol side order_type qty limit_price cash_qty time_in_force expire_ns post_only cl_ord_id"
            " userref stp fee_preference display_qty trigger limit_price_type conditional effective_ns"
            " sender_sub_id",
        ),
        (Trigger, "price price_type reference"),
        (Conditional, "order_type limit_price limit_price_type trigger"),
        (
            AmendOrder,
            "account ref qty display_qty limit_price limit_price_type trigger_price trigger_price_type"
            " post_only deadline_ns",
        ),
        (
            EditOrder,
            "account order_id symbol qty limit_price display_qty trigger post_only userref deadline_ns"
            " validate fee_preference",
        ),
        (PlaceOrders, "account orders deadline_ns validate"),
        (CancelOrders, "account refs"),
        (SetCancelTimer, "account trigger_ns"),
        (Stamped, "seq time_ns command"),
    ],
)
def test_the_schema_only_grows_at_the_end(kind: type[msgspec.Struct], fields: str) -> None:
    known = fields.split()
    assert list(kind.__struct_fields__[: len(known)]) == known
