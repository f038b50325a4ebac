"""What an amend is asked for: its refusals, its money, and amends of orders that wait."""

from typing import Any

import pytest
from msgspec.structs import replace

from builders import (
    BTC_USD,
    SECOND_NS,
    Pit,
    buy,
    cancel_all,
    deposit,
    draw,
    drawn,
    opened,
    place,
    sell,
    story,
)
from changes import amend, own, refused
from krakenbox.model.command import (
    AddInstrument,
    AmendOrder,
    OpenAccount,
    OrderRef,
    SetPairStatus,
    SetSystemStatus,
    Tick,
    Tier,
)
from krakenbox.model.fixed import Cost, Price, Qty
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import PCT_UNIT, AccountId, PriceType
from sleepers import asleep, dormant, oto, print_at

BAD = "EGeneral:Invalid arguments:"
BOOK = "102.0 x 1 | 100.0 x 1+2:alice+3, 99.0 x 1"

# --- refusals


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "EGeneral:Invalid arguments"),
        ({"qty": 0}, BAD + "order_qty"),
        ({"qty": -1}, BAD + "order_qty"),
        ({"display": 1}, BAD + "display_qty"),
        ({"trigger": 90}, BAD + "trigger_price"),
        ({"at": 0}, "EOrder:Invalid price"),
        ({"at": -5}, "EOrder:Invalid price"),
        ({"at": 5, "limit_price_type": PriceType.PCT}, BAD + "limit_price_type"),
        ({"qty": "0.00004999"}, BAD + "volume minimum not met"),
        ({"qty": "0.00005", "at": "0.1"}, "EOrder:Cost minimum not met"),
        ({"at": "0.1", "qty": "4.99999999"}, "EOrder:Cost minimum not met"),
        ({"at": 102, "post_only": True}, "EOrder:Post only order"),
        ({"qty": 1_000_000}, "EOrder:Insufficient funds"),
        ({"at": 6_000_000}, "EOrder:Insufficient funds"),
        ({"qty": 1, "deadline_ns": 1}, "EService:Deadline elapsed"),
        ({"qty": 1, "cl_ord_id": "other"}, "EOrder:Unknown order"),
        ({"qty": 1, "by": "bob"}, "EOrder:Unknown order"),
        ({"qty": 1, "by": "nobody"}, "EGeneral:Permission denied"),
    ],
)
def test_a_refused_amend_changes_nothing(changes: dict[str, Any], text: str) -> None:
    pit = opened(BOOK)
    assert refused(pit, amend(own(pit), **changes)) == text
    assert drawn(pit) == BOOK


def test_increments_hold_for_amends() -> None:
    pit = opened(BOOK)
    coarse = {"price_increment": Price(5), "qty_increment": Qty(10**8), "cost_min": Cost(1)}
    pit.send(AddInstrument(replace(BTC_USD, **coarse)))
    order = own(pit)
    assert refused(pit, amend(order, at="99.9")) == "EOrder:Tick size check failed"
    assert refused(pit, amend(order, qty="1.5")) == BAD + "order_qty"
    assert story(pit.send(amend(order, at="99.5")))[-1] == "buy 99.5 add 2, level 2"


def test_a_userref_names_no_order_to_amend() -> None:
    pit = opened(BOOK)
    assert (
        refused(pit, AmendOrder(AccountId("alice"), OrderRef(userref=0), qty=Qty(1)))
        == "EOrder:Unknown order"
    )


def test_an_order_may_be_named_by_its_client_id() -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, cl_ord_id="mine"))
    assert story(pit.send(amend(own(pit), qty=2, cl_ord_id="mine")))[0] == "alice amended to 2 at 100.0"
    assert own(pit).terms.cl_ord_id == "mine"


def test_a_uuid_names_its_order_in_either_spelling() -> None:
    pit = opened()
    long = "6d1b345e-2821-40e2-ad83-4ecb18a06876"
    pit.send(place(buy, 1, at=100, cl_ord_id=long))
    told = story(pit.send(amend(own(pit), qty=2, cl_ord_id=long.replace("-", "").upper())))
    assert told[0] == "alice amended to 2 at 100.0"


def test_an_order_with_a_conditional_is_not_amended() -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, conditional=oto("limit", at="110")))
    assert refused(pit, amend(own(pit), qty=2)) == BAD + "conditional"


@pytest.mark.parametrize(
    ("mode", "changes", "text"),
    [
        (SetSystemStatus(SystemStatus.MAINTENANCE), {"qty": 1}, "EService:Unavailable"),
        (SetSystemStatus(SystemStatus.CANCEL_ONLY), {"qty": 1}, "EService:Market in cancel_only mode"),
        (SetSystemStatus(SystemStatus.POST_ONLY), {"at": 102}, "EService:Market in post_only mode"),
        (SetPairStatus("BTC/USD", PairStatus.POST_ONLY), {"at": 102}, "EService:Market in post_only mode"),
        (SetPairStatus("BTC/USD", PairStatus.MAINTENANCE), {"qty": 1}, "EService:Unavailable"),
    ],
)
def test_modes_refuse_amends(mode: SetSystemStatus, changes: dict[str, Any], text: str) -> None:
    pit = opened(BOOK)
    pit.send(mode)
    assert refused(pit, amend(own(pit), **changes)) == text


def test_where_nothing_matches_a_passive_amend_is_let_in() -> None:
    pit = opened(BOOK)
    pit.send(SetSystemStatus(SystemStatus.POST_ONLY))
    assert story(pit.send(amend(own(pit), at="101.9")))[-1] == "buy 101.9 add 2, level 2"


# --- money


def test_holds_follow_the_amended_order() -> None:
    pit = opened(BOOK)
    assert pit.hold("alice", "USD") == "200.8"
    for changes, held in (
        ({"qty": 1}, "100.4"),
        ({"qty": 3}, "301.2"),
        ({"at": 50}, "150.6"),
        ({"qty": 2, "at": 100}, "200.8"),
        ({"at": 101}, "202.808"),
    ):
        pit.send(amend(own(pit), **changes))
        assert pit.hold("alice", "USD") == held
    pit.send(cancel_all())
    assert pit.hold("alice", "USD") == "0"


def test_what_a_filled_part_paid_is_not_held_again() -> None:
    pit = opened("| 100.0 x 2:alice")
    pit.send(place(sell, 1, at=100, by="bob"))
    assert pit.hold("alice", "USD") == "100.4"
    pit.send(amend(own(pit), qty=3))
    assert pit.hold("alice", "USD") == "200.8"


@pytest.mark.parametrize(
    ("missing", "told"), [(1, "refused: EOrder:Insufficient funds"), (0, "poor amended to 2 at 100.0")]
)
def test_more_than_before_must_be_available(missing: int, told: str) -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("poor"), Tier.PRO))
    money = deposit("poor", "USD", "200.8")
    pit.send(replace(money, amount=money.amount - missing))
    pit.send(place(buy, 1, at=100, by="poor"))
    assert story(pit.send(amend(own(pit, "poor"), qty=2)))[0] == told
    assert pit.hold("poor", "USD") == ("100.4" if missing else "200.8")


def test_less_than_before_never_needs_funds() -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("poor"), Tier.PRO))
    pit.send(deposit("poor", "USD", "100.4"))
    pit.send(place(buy, 1, at=100, by="poor"))
    order = own(pit, "poor")
    for changes in ({"at": "99.9"}, {"qty": "0.99999999"}, {"qty": "1.0001", "at": 99}, {"at": 99}):
        assert story(pit.send(amend(order, **changes)))[0].startswith("poor amended")


def test_a_sell_holds_its_new_quantity() -> None:
    pit = opened("105.0 x 1:alice |")
    pit.send(amend(own(pit), qty="1.5"))
    assert pit.hold("alice", "BTC") == "1.5"
    pit.send(amend(own(pit), at=200))
    assert pit.hold("alice", "BTC") == "1.5"
    assert refused(pit, amend(own(pit), qty="1000.00000001")) == "EOrder:Insufficient funds"


# --- orders that wait


def with_last(price: int) -> Pit:
    """A pit whose last price is known."""
    pit = opened()
    print_at(pit, price)
    return pit


def test_a_trigger_price_moves_without_a_queue() -> None:
    pit = with_last(100)
    pit.send(dormant(sell, 1, "stop-loss", "95"))
    assert story(pit.send(amend(own(pit), trigger=97))) == ["alice amended to 1 at 0.0"]
    assert asleep(pit) == ["alice sell 1 at 97.0"]
    told = story(print_at(pit, 97))
    assert "alice fired by 97.0" in told


def test_an_offset_is_taken_from_the_reference_as_it_stands() -> None:
    pit = with_last(100)
    pit.send(dormant(sell, 1, "stop-loss", "95"))
    print_at(pit, 110)
    tenth_below = replace(amend(own(pit)), trigger_price=-10 * PCT_UNIT, trigger_price_type=PriceType.PCT)
    pit.send(tenth_below)
    assert asleep(pit) == ["alice sell 1 at 99.0"]


def test_a_trailing_distance_counts_from_the_peak() -> None:
    pit = with_last(100)
    pit.send(dormant(sell, 1, "trailing-stop", "5q"))
    print_at(pit, 110)
    print_at(pit, 108)
    pit.send(amend(own(pit), trigger=8))
    assert asleep(pit) == ["alice sell 1 at 102.0 from 110.0"]
    assert refused(pit, amend(own(pit), trigger=2)) == "EOrder:Invalid price"
    assert refused(pit, amend(own(pit), trigger=0)) == "EOrder:Invalid price"
    assert asleep(pit) == ["alice sell 1 at 102.0 from 110.0"]


def test_the_offset_of_a_trailing_limit_follows_the_trigger() -> None:
    pit = with_last(100)
    pit.send(dormant(sell, 1, "trailing-stop-limit", "5q", "-1q"))
    assert own(pit).limit_price == 940
    pit.send(amend(own(pit), at=-2, limit_price_type=PriceType.QUOTE))
    assert own(pit).limit_price == 930
    print_at(pit, 110)
    assert (own(pit).trigger_price, own(pit).limit_price) == (1050, 1030)


def test_a_limit_behind_a_trigger_changes_with_its_hold() -> None:
    pit = with_last(100)
    pit.send(dormant(buy, 1, "stop-loss-limit", "105", "106"))
    assert pit.hold("alice", "USD") == "106.424"
    pit.send(amend(own(pit), qty=2, at=107))
    assert pit.hold("alice", "USD") == "214.856"
    assert (own(pit).limit_price, own(pit).qty) == (1070, 2 * 10**8)
    assert drawn(pit) == "|"
    draw(pit, "106.0 x 1 |")
    told = story(print_at(pit, 105))
    assert told[-1] == "buy 107.0 add 1, level 1"
    # It has fired: its limit price is one like any other, its trigger is none.
    assert refused(pit, amend(own(pit), trigger=104)) == BAD + "trigger_price"
    assert story(pit.send(amend(own(pit), at=106)))[-1] == "buy 106.0 add 1, level 1"


@pytest.mark.parametrize("trigger", ["100.0", "100.1", "0", "-3"])
def test_a_trigger_that_is_met_already_or_makes_no_sense_is_refused(trigger: str) -> None:
    pit = with_last(100)
    pit.send(dormant(sell, 1, "stop-loss", "95"))
    assert refused(pit, amend(own(pit), trigger=trigger)) == "EOrder:Invalid price"


def test_the_trigger_of_a_market_buy_is_what_it_holds_for() -> None:
    pit = with_last(100)
    pit.send(dormant(buy, 1, "stop-loss", "105"))
    assert pit.hold("alice", "USD") == "105.42"
    pit.send(amend(own(pit), trigger=110))
    assert pit.hold("alice", "USD") == "110.44"
    assert refused(pit, amend(own(pit), trigger=20_000_000)) == "EOrder:Insufficient funds"
    assert refused(pit, amend(own(pit), at=110)) == BAD + "limit_price"


def test_a_scheduled_order_is_amended_before_it_starts() -> None:
    pit = opened("102.0 x 1 |")
    start = (pit.time_ns // SECOND_NS + 5) * SECOND_NS
    pit.send(place(buy, 2, at=100, effective_ns=start))
    assert story(pit.send(amend(own(pit), qty=1, at=102))) == ["alice amended to 1 at 102.0"]
    assert drawn(pit) == "102.0 x 1 |"
    told = story(pit.send(Tick(), at_ns=start))
    assert told[0] == "alice opened"
    assert told[-1] == "alice filled"


def test_a_scheduled_market_buy_holds_what_its_new_quantity_would_cost_now() -> None:
    pit = opened("110.0 x 5, 100.0 x 1 |")
    start_ns = (pit.time_ns // SECOND_NS + 5) * SECOND_NS
    pit.send(place(buy, 1, effective_ns=start_ns))
    assert pit.hold("alice", "USD") == "100.4"
    for qty, held in ((3, "321.28"), (2, "210.84"), (1, "100.4")):
        assert story(pit.send(amend(own(pit), qty=qty))) == [f"alice amended to {qty} at 0.0"]
        assert pit.hold("alice", "USD") == held
