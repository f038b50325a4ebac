"""Refusals: exact texts, one row a reason, and the order of precedence."""

from typing import Any

import pytest
from msgspec.structs import replace

from builders import (
    BTC_USD,
    SECOND_NS,
    Pit,
    buy,
    cancel,
    cancel_all,
    drawn,
    opened,
    place,
    sell,
    story,
)
from krakenbox.model.command import (
    AddInstrument,
    OpenAccount,
    PlaceOrder,
    SetLimits,
    SetPairStatus,
    SetSystemStatus,
    Tier,
)
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import AccountId, OrderType, TimeInForce
from krakenbox.venue.accounts import MAX_OPEN_ORDERS
from krakenbox.venue.checks import CHECKS

GTD, IOC, FOK = TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK
UUID = "6d1b345e-2821-40e2-ad83-4ecb18a06876"
BAD = "EGeneral:Invalid arguments:"
LADDER = "102.0 x 1 | 100.0 x 1"


def with_terms(command: PlaceOrder, **fields: Any) -> PlaceOrder:
    return replace(command, terms=replace(command.terms, **fields))


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (place(buy, 1, at=100, by="nobody"), "EGeneral:Permission denied"),
        (with_terms(place(buy, 1, at=100), symbol="XBT/USD"), "Currency pair not supported XBT/USD"),
        (with_terms(place(buy, 1, at=100), order_type=OrderType.SETTLE_POSITION), BAD + "ordertype"),
        (with_terms(place(buy, 1, at=100), order_type=OrderType.ICEBERG), BAD + "display_qty"),
        (place(buy, 15, at=100, display="0.99999999"), BAD + "display_qty"),
        (place(buy, "0.00005", at=10_000, display="0.00004999"), BAD + "display_qty"),
        (place(buy, 1, at=100, display=1, order_type=OrderType.LIMIT), BAD + "display_qty"),
        (place(buy, 1, display=1), BAD + "display_qty"),
        (place(buy, 1, at=100, display=1, time_in_force=TimeInForce.IOC), BAD + "time_in_force"),
        (place(buy, 1, at=100, order_type=OrderType.MARKET), BAD + "limit_price"),
        (place(buy, 0, at=100), BAD + "order_qty"),
        (place(buy, -1, at=100), BAD + "order_qty"),
        (place(buy, 1, at=100, cash=100), BAD + "order_qty"),
        (place(buy, 1, at=0), BAD + "limit_price"),
        (place(buy, 1, at=-1), BAD + "limit_price"),
        (place(buy, 1, at=100, time_in_force=GTD), BAD + "expire_time"),
        (place(buy, 1, at=100, time_in_force=GTD, expire_ns=1), BAD + "expire_time"),
        (place(buy, 1, at=100, expire_ns=2**62), BAD + "expire_time"),
        (place(buy, 1, at=100, time_in_force=IOC, post_only=True), BAD + "post_only"),
        (place(buy, 1, at=100, time_in_force=FOK, post_only=True), BAD + "post_only"),
        (place(buy), BAD + "order_qty"),
        (place(buy, 1, cash=100), BAD + "order_qty"),
        (place(buy, -1), BAD + "order_qty"),
        (place(buy, cash=-1), BAD + "order_qty"),
        (place(sell, cash=100), BAD + "cash_order_qty"),
        (place(buy, 1, time_in_force=FOK), BAD + "time_in_force"),
        (place(buy, 1, time_in_force=GTD, expire_ns=2**62), BAD + "time_in_force"),
        (place(buy, 1, post_only=True), BAD + "post_only"),
        (place(buy, "0.00004999", at=100), BAD + "volume minimum not met"),
        (place(buy, "0.00004999"), BAD + "volume minimum not met"),
        (place(buy, "0.004", at=100), "EOrder:Cost minimum not met"),
        (place(buy, cash="0.49999"), "EOrder:Cost minimum not met"),
        (place(buy, 200_000, at=100), "EOrder:Insufficient funds"),
        (place(sell, "1000.00000001", at=200), "EOrder:Insufficient funds"),
        (place(sell, "1000.00000001"), "EOrder:Insufficient funds"),
        (place(buy, cash=10_000_000), "EOrder:Insufficient funds"),
        (place(buy, 1, at=100, deadline_ns=1), "EService:Deadline elapsed"),
    ],
)
def test_a_refusal_says_why_and_changes_nothing(command: PlaceOrder, text: str) -> None:
    pit = opened(LADDER)
    for each in (command, replace(command, validate=True)):
        assert story(pit.send(each)) == [f"refused: {text}"]
    assert drawn(pit) == LADDER
    assert pit.orders() == []
    assert (pit.hold("alice", "USD"), pit.hold("alice", "BTC")) == ("0", "0")


@pytest.mark.parametrize(
    "command",
    [
        place(buy, "0.005", at=100),
        place(buy, "0.00005", at=10_000),
        place(buy, cash="0.5"),
        place(sell, 1000, at=200),
        place(buy, 1, at=100, time_in_force=GTD, expire_ns=2**62),
        place(buy, 1, at=100, deadline_ns=2**62),
        # What a market order is worth cannot be told on entry: only its quantity has a minimum.
        place(sell, "0.00005"),
    ],
)
def test_at_the_very_limit_an_order_is_let_in(command: PlaceOrder) -> None:
    pit = opened(LADDER)
    assert story(pit.send(replace(command, validate=True))) == ["alice validated"]
    assert story(pit.send(command))[0] == "alice accepted"


def test_a_price_off_the_tick_is_refused() -> None:
    pit = opened()
    pit.send(AddInstrument(replace(BTC_USD, price_increment=Price(5))))
    assert story(pit.send(place(buy, 1, at="100.1"))) == ["refused: EOrder:Tick size check failed"]
    assert story(pit.send(place(buy, 1, at="100.5")))[0] == "alice accepted"


def test_a_quantity_off_the_increment_is_refused() -> None:
    pit = opened()
    pit.send(AddInstrument(replace(BTC_USD, qty_increment=Qty(10**7))))
    assert story(pit.send(place(buy, "0.15", at=100))) == [f"refused: {BAD}order_qty"]
    assert story(pit.send(place(buy, "0.1", at=100)))[0] == "alice accepted"


def test_a_deadline_is_refused_only_once_it_passed() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    order = place(buy, 1, at=100, deadline_ns=due)
    assert story(pit.send(order, at_ns=due))[0] == "alice accepted"
    assert story(pit.send(order)) == ["refused: EService:Deadline elapsed"]


@pytest.mark.parametrize("tier", [Tier.STARTER, Tier.INTERMEDIATE, Tier.PRO])
def test_open_orders_are_capped_per_pair(tier: Tier) -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("alice"), tier))
    order = place(buy, "0.1", at=100)
    for _ in range(MAX_OPEN_ORDERS[tier]):
        # Slowly, so that the trading counter does not refuse first.
        assert story(pit.send(order, at_ns=pit.time_ns + SECOND_NS))[0] == "alice accepted"
    assert story(pit.send(order)) == ["refused: EOrder:Orders limit exceeded"]
    assert story(pit.send(place(buy, "0.1", at=100, symbol="BTC/EUR")))[0] == "alice accepted"
    pit.send(cancel(pit.orders()[0].order_id))
    assert story(pit.send(order))[0] == "alice accepted"
    pit.send(SetLimits(False))
    assert story(pit.send(order))[0] == "alice accepted"


def test_caps_are_those_of_the_guide() -> None:
    assert MAX_OPEN_ORDERS == {Tier.STARTER: 60, Tier.INTERMEDIATE: 80, Tier.PRO: 225}


def test_a_house_account_has_no_cap() -> None:
    pit = opened()
    for _ in range(226):
        pit.send(place(buy, "0.1", at=100, by="mia"))
    assert len(pit.orders("mia")) == 226


@pytest.mark.parametrize("spelling", [UUID.upper(), UUID.replace("-", ""), UUID.replace("-", "").upper()])
def test_a_uuid_is_one_name_in_all_its_spellings(spelling: str) -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, cl_ord_id=UUID))
    assert story(pit.send(place(buy, 1, at=100, cl_ord_id=spelling))) == [f"refused: {BAD}cl_ord_id"]
    assert story(pit.send(cancel(cl_ord_id=spelling)))[-1] == "alice canceled: User requested"
    assert pit.orders() == []


def test_a_client_id_is_unique_among_the_open_orders_of_its_account() -> None:
    pit = opened()
    order = place(buy, 1, at=100, cl_ord_id="mine")
    assert story(pit.send(order))[0] == "alice accepted"
    assert story(pit.send(order)) == [f"refused: {BAD}cl_ord_id"]
    assert story(pit.send(place(buy, 1, at=100, cl_ord_id="mine", by="bob")))[0] == "bob accepted"
    assert story(pit.send(place(buy, 1, at=100, cl_ord_id="MINE")))[0] == "alice accepted"
    pit.send(cancel(cl_ord_id="mine"))
    assert story(pit.send(order))[0] == "alice accepted"


UNAVAILABLE = "refused: EService:Unavailable"
CANCEL_ONLY = "refused: EService:Market in cancel_only mode"
POST_ONLY = "refused: EService:Market in post_only mode"
LIMIT_ONLY = "refused: EService:Market in limit_only mode"
NO_POSITION = "refused: EOrder:Reduce only:No position exists"
IN = "alice accepted"
S, P = SystemStatus, PairStatus


@pytest.mark.parametrize(
    ("system", "pair", "limit", "post", "market"),
    [
        (S.ONLINE, P.ONLINE, IN, IN, IN),
        (S.POST_ONLY, P.ONLINE, POST_ONLY, IN, POST_ONLY),
        (S.CANCEL_ONLY, P.ONLINE, CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY),
        (S.MAINTENANCE, P.ONLINE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE),
        (S.ONLINE, P.POST_ONLY, POST_ONLY, IN, POST_ONLY),
        (S.ONLINE, P.LIMIT_ONLY, IN, IN, LIMIT_ONLY),
        (S.ONLINE, P.CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY),
        (S.ONLINE, P.MAINTENANCE, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE),
        (S.ONLINE, P.DELISTED, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE),
        (S.ONLINE, P.WORK_IN_PROGRESS, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE),
        (S.ONLINE, P.REDUCE_ONLY, NO_POSITION, NO_POSITION, NO_POSITION),
        # The venue's mode comes before the pair's; what both allow is allowed.
        (S.MAINTENANCE, P.CANCEL_ONLY, UNAVAILABLE, UNAVAILABLE, UNAVAILABLE),
        (S.CANCEL_ONLY, P.MAINTENANCE, CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY),
        (S.POST_ONLY, P.CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY, CANCEL_ONLY),
        (S.POST_ONLY, P.LIMIT_ONLY, POST_ONLY, IN, POST_ONLY),
    ],
)
def test_engine_modes(system: S, pair: P, limit: str, post: str, market: str) -> None:
    pit = opened(LADDER)
    pit.send_all(SetSystemStatus(system), SetPairStatus("BTC/USD", pair))
    for order, first in (
        (place(buy, 1, at=100), limit),
        (place(buy, 1, at=100, post_only=True), post),
        (place(buy, "0.1"), market),
    ):
        assert story(pit.send(order))[0] == first


@pytest.mark.parametrize("status", [S.CANCEL_ONLY, S.POST_ONLY])
@pytest.mark.parametrize("pair", P)
def test_cancels_are_let_in_unless_the_venue_is_in_maintenance(status: S, pair: P) -> None:
    pit = opened()
    pit.send_all(place(buy, 1, at=100, cl_ord_id="a"), place(buy, 1, at=99))
    pit.send_all(SetSystemStatus(S.MAINTENANCE), SetPairStatus("BTC/USD", pair))
    assert story(pit.send(cancel(cl_ord_id="a"))) == [UNAVAILABLE]
    assert story(pit.send(cancel_all())) == [UNAVAILABLE]
    pit.send(SetSystemStatus(status))
    assert story(pit.send(cancel(cl_ord_id="a")))[-1] == "alice canceled: User requested"
    assert story(pit.send(cancel_all()))[-1] == "alice canceled 1"


def test_a_refused_order_of_another_pair_does_not_matter() -> None:
    pit = opened()
    pit.send(SetPairStatus("BTC/EUR", P.MAINTENANCE))
    assert story(pit.send(place(buy, 1, at=100)))[0] == IN


# Each row breaks one rule more than the row below it; so the text of a row shows that its rule is looked at
# before all rules below.
PRECEDENCE: list[tuple[str, dict[str, Any], str]] = [
    ("arguments", {"expire_ns": 1}, BAD + "expire_time"),
    ("rate limit", {"hurried": True}, "EOrder:Rate limit exceeded"),
    ("engine mode", {"mode": S.CANCEL_ONLY}, "EService:Market in cancel_only mode"),
    ("quantity", {"qty": Qty(1)}, BAD + "volume minimum not met"),
    ("tick", {"limit_price": Price(100_000_001)}, "EOrder:Tick size check failed"),
    ("cost", {"cost_min": 10**15}, "EOrder:Cost minimum not met"),
    ("open orders", {"orders": 60}, "EOrder:Orders limit exceeded"),
    ("client id", {"cl_ord_id": "taken"}, BAD + "cl_ord_id"),
    ("funds", {"poor": True}, "EOrder:Insufficient funds"),
    ("deadline", {"deadline_ns": 1}, "EService:Deadline elapsed"),
    ("none", {}, ""),
]


@pytest.mark.parametrize("row", range(len(PRECEDENCE)), ids=[name for name, _, _ in PRECEDENCE])
def test_the_first_check_that_fails_decides(row: int) -> None:
    broken: dict[str, Any] = {}
    for _, fields, _ in reversed(PRECEDENCE[row:]):
        broken |= fields
    pit = opened()
    order = _prepare(pit, broken)
    text = PRECEDENCE[row][2]
    assert story(pit.send(order))[0] == (f"refused: {text}" if text else "carol accepted")


def _prepare(pit: Pit, broken: dict[str, Any]) -> PlaceOrder:
    """Set the world up so that exactly the named rules are broken by the order returned."""
    pit.send(place(buy, 1, at=50, by="carol", cl_ord_id="taken"))
    for _ in range(broken.pop("orders", 1) - 1):
        pit.send(place(buy, "0.1", at=50, by="carol"), at_ns=pit.time_ns + 2 * SECOND_NS)
    if broken.pop("poor", False):
        pit.send(place(buy, 99_000, at=100, by="carol", symbol="DOGE/USD"))
    pit.send(SetSystemStatus(broken.pop("mode", S.ONLINE)))
    if broken.pop("hurried", False):
        for _ in range(60):
            pit.send(place(buy, "0.00000001", at=50, by="carol"))
    limits = {"price_increment": Price(5), "cost_min": broken.pop("cost_min", 1)}
    pit.send(AddInstrument(replace(BTC_USD, **limits)))
    order = place(buy, 1, at=100_000, by="carol", deadline_ns=broken.pop("deadline_ns", 0))
    return with_terms(order, **broken)


def test_the_table_is_in_the_order_of_the_rows() -> None:
    names = [check.__name__ for check in CHECKS]
    assert names == [
        "engine_mode",
        "quantity_minimum",
        "tick_size",
        "prices",
        "cost_minimum",
        "open_orders",
        "client_id",
        "funds",
        "deadline",
    ]
