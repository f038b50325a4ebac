"""Edits: the old order ends, a new one comes; a refused edit leaves the old one alone."""

from typing import Any

import pytest
from msgspec.structs import replace

from builders import SECOND_NS, buy, deposit, drawn, opened, place, sell, story
from changes import edit, own, refused
from krakenbox.model.command import OpenAccount, SetLimits, SetSystemStatus, Tier
from krakenbox.model.event import OrderAccepted, OrderEdited, OrderValidated
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import AccountId, OrderId, PriceType, TimeInForce, Trigger
from krakenbox.venue.accounts import MAX_OPEN_ORDERS
from sleepers import asleep, dormant, oto, print_at

BAD = "EGeneral:Invalid arguments:"
BOOK = "102.0 x 1 | 100.0 x 1+2:alice+3"


def test_the_old_order_ends_and_the_new_one_comes_with_another_id() -> None:
    pit = opened(BOOK)
    old = own(pit)
    told = pit.send(edit(old, qty="1.5"))
    assert story(told) == [
        "buy 100.0 delete 2, level 4",
        "alice canceled: Order replaced",
        "alice accepted",
        "alice opened",
        "buy 100.0 add 1.5, level 5.5",
        "alice edited",
    ]
    assert drawn(pit) == "102.0 x 1 | 100.0 x 1+3+1.5:alice"
    last = told[-1]
    assert isinstance(last, OrderEdited)
    assert (last.original_order_id, last.order_id) == (old.order_id, own(pit).order_id)
    assert last.order_id != old.order_id
    assert pit.hold("alice", "USD") == "150.6"


def test_an_edit_may_take() -> None:
    pit = opened(BOOK)
    told = story(pit.send(edit(own(pit), at=102)))
    assert told[-2:] == ["buy 102.0 add 1, level 1", "alice edited"]
    assert "alice took 1 at 102.0" in told


def test_terms_that_are_not_given_stay_but_not_post_only_and_the_client_id() -> None:
    pit = opened()
    due = pit.time_ns + 10**12
    pit.send(
        place(buy, 1, at=100, time_in_force=TimeInForce.GTD, expire_ns=due, post_only=True, cl_ord_id="mine")
    )
    told = pit.send(edit(own(pit), at=99, userref=7))
    (accepted,) = [event for event in told if isinstance(event, OrderAccepted)]
    terms = accepted.terms
    assert (terms.limit_price, terms.qty, terms.expire_ns) == (990, 10**8, due)
    assert (terms.post_only, terms.cl_ord_id, terms.userref) == (False, "", 7)
    pit.send(place(buy, 1, at=98, cl_ord_id="mine"))


def test_a_post_only_edit_that_crosses_ends_both() -> None:
    pit = opened(BOOK)
    told = story(pit.send(edit(own(pit), at=102, post_only=True)))
    assert told[-3:] == ["alice accepted", "alice canceled: Post only order", "alice edited"]
    assert drawn(pit) == "102.0 x 1 | 100.0 x 1+3"


def test_fills_stay_with_the_old_order_and_count_for_the_quantity() -> None:
    pit = opened("| 100.0 x 2:alice")
    pit.send(place(sell, "0.5", at=100, by="bob"))
    assert refused(pit, edit(own(pit), qty="0.49999999")) == BAD + "order_qty"
    assert refused(pit, edit(own(pit), qty="0.5")) == BAD + "order_qty"
    assert story(pit.send(edit(own(pit), at=99)))[-2] == "buy 99.0 add 1.5, level 1.5"
    assert own(pit).filled == 0
    assert story(pit.send(edit(own(pit), qty=3)))[-2] == "buy 99.0 add 3, level 3"


def test_an_iceberg_keeps_its_display_quantity() -> None:
    pit = opened("| 100.0 x 2(6):alice")
    pit.send(edit(own(pit), at=99))
    assert drawn(pit) == "| 99.0 x 2(6):alice"
    assert refused(pit, edit(own(pit), qty="30.00000001")) == BAD + "display_qty"
    pit.send(edit(own(pit), qty=45, display=3))
    assert drawn(pit) == "| 99.0 x 3(45):alice"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"qty": 0}, BAD + "order_qty"),
        ({"qty": "0.00001"}, BAD + "volume minimum not met"),
        ({"at": -1}, BAD + "limit_price"),
        ({"display": 1}, BAD + "display_qty"),
        ({"trigger": Trigger(950)}, BAD + "triggers"),
        ({"symbol": "BTC/EUR"}, BAD + "symbol"),
        ({"symbol": "XBT/USD"}, "Currency pair not supported XBT/USD"),
        ({"qty": 1_000_000}, "EOrder:Insufficient funds"),
        ({"deadline_ns": 1}, "EService:Deadline elapsed"),
        ({"order_id": OrderId("OAAAAA-AAAAA-AAAAAA")}, "EOrder:Unknown order"),
        ({"by": "bob"}, "EOrder:Unknown order"),
        ({"by": "nobody"}, "EGeneral:Permission denied"),
    ],
)
def test_a_refused_edit_changes_nothing(changes: dict[str, Any], text: str) -> None:
    pit = opened(BOOK)
    assert refused(pit, edit(own(pit), **changes)) == text
    assert drawn(pit) == BOOK


def test_what_cannot_be_edited() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(place(buy, 1, at=90, conditional=oto("limit", at="110")))
    assert refused(pit, edit(own(pit), qty=2)) == BAD + "conditional"
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, "stop-loss-limit", "95", "96"))
    print_at(pit, 95)
    assert refused(pit, edit(own(pit), qty=2)) == BAD + "triggers"


# Kraken, edit_order: triggered orders cannot be edited. One that still sleeps is not among them.
@pytest.mark.parametrize(
    ("order", "changes", "asleep_then"),
    [
        (("stop-loss", "95"), {"qty": 2}, "alice sell 2 at 95.0"),
        (("stop-loss", "95"), {"trigger": Trigger(940)}, "alice sell 1 at 94.0"),
        (("stop-loss", "-5%"), {"qty": 2}, "alice sell 2 at 104.5"),
        (("stop-loss", "95"), {"trigger": Trigger(-60, PriceType.QUOTE)}, "alice sell 1 at 104.0"),
        (("take-profit-limit", "120", "119"), {"at": 118}, "alice sell 1 at 120.0"),
        (("trailing-stop", "5q"), {"qty": 2}, "alice sell 2 at 105.0 from 110.0"),
        (
            ("trailing-stop", "5q"),
            {"trigger": Trigger(40, PriceType.QUOTE)},
            "alice sell 1 at 106.0 from 110.0",
        ),
        (("trailing-stop-limit", "5q", "-1q"), {"qty": 2}, "alice sell 2 at 105.0 from 110.0"),
    ],
)
def test_an_order_that_sleeps_is_edited_as_if_it_came_now(
    order: tuple[str, ...], changes: dict[str, Any], asleep_then: str
) -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, *order))
    print_at(pit, 110)
    old = own(pit)
    told = story(pit.send(edit(old, **changes)))
    assert told == ["alice canceled: Order replaced", "alice accepted", "alice opened", "alice edited"]
    assert asleep(pit) == [asleep_then]
    assert own(pit).order_id != old.order_id
    assert pit.hold("alice", "BTC") == asleep_then.split()[2]


def test_a_limit_that_is_an_offset_stays_one_or_is_given_as_one() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, "trailing-stop-limit", "5q", "-1q"))
    pit.send(edit(own(pit), qty=2))
    assert (own(pit).terms.limit_price, own(pit).limit_price) == (-10, 940)
    pit.send(edit(own(pit), at=-2))
    assert (own(pit).terms.limit_price, own(pit).limit_price) == (-20, 930)


def test_a_trigger_edited_to_one_already_met_ends_both() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, "stop-loss", "95"))
    told = story(pit.send(edit(own(pit), trigger=Trigger(1010))))
    assert told[-2:] == ["alice canceled: Order would trigger immediately", "alice edited"]
    assert asleep(pit) == []


def test_an_order_that_has_not_started_keeps_its_start() -> None:
    pit = opened()
    print_at(pit, 100)
    start = (pit.time_ns // SECOND_NS + 1000) * SECOND_NS
    pit.send(dormant(sell, 1, "stop-loss", "95", effective_ns=start))
    told = story(pit.send(edit(own(pit), trigger=Trigger(940))))
    assert told == ["alice canceled: Order replaced", "alice accepted", "alice edited"]
    assert (own(pit).terms.effective_ns, own(pit).trigger_price) == (start, 940)


@pytest.mark.parametrize(
    ("order", "changes", "text"),
    [
        (("stop-loss", "95"), {"at": 94}, BAD + "limit_price"),
        (("stop-loss", "95"), {"display": 1}, BAD + "display_qty"),
        (("stop-loss", "95"), {"post_only": True}, BAD + "post_only"),
        (("stop-loss", "95"), {"trigger": Trigger(0)}, BAD + "trigger_price"),
        (("stop-loss", "95"), {"trigger": Trigger(-1000, PriceType.QUOTE)}, "EOrder:Invalid price"),
        (("trailing-stop", "5q"), {"trigger": Trigger(950)}, BAD + "trigger_price_type"),
    ],
)
def test_a_sleeping_order_is_edited_only_to_what_could_be_entered(
    order: tuple[str, ...], changes: dict[str, Any], text: str
) -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, *order))
    assert refused(pit, edit(own(pit), **changes)) == text


def test_validate_only_says_what_would_be() -> None:
    pit = opened(BOOK)
    (told,) = pit.send_all(SetLimits(False), edit(own(pit), qty=3, validate=True))[1:]
    assert isinstance(told, OrderValidated)
    assert told.terms.qty == 3 * 10**8
    assert drawn(pit) == BOOK


def test_modes_refuse_edits() -> None:
    pit = opened(BOOK)
    pit.send(SetSystemStatus(SystemStatus.CANCEL_ONLY))
    assert refused(pit, edit(own(pit), qty=1)) == "EService:Market in cancel_only mode"


@pytest.mark.parametrize("missing", [0, 1])
def test_the_old_orders_funds_pay_for_the_new_one(missing: int) -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("poor"), Tier.PRO))
    money = deposit("poor", "USD", "200.8")
    pit.send(replace(money, amount=money.amount - missing))
    pit.send(place(buy, 1, at=100, by="poor"))
    told = story(pit.send(edit(own(pit, "poor"), qty=2)))[-1]
    assert told == ("refused: EOrder:Insufficient funds" if missing else "poor edited")


def test_the_old_orders_place_among_the_open_ones_is_free() -> None:
    pit = opened()
    for _ in range(MAX_OPEN_ORDERS[Tier.STARTER]):
        pit.send(place(buy, "0.1", at=100, by="carol"), at_ns=pit.time_ns + 10**9)
    told = story(pit.send(edit(pit.orders("carol")[0], at=99), at_ns=pit.time_ns + 100 * 10**9))
    assert told[-1] == "carol edited"


def test_edits_are_charged_by_age_whatever_becomes_of_them() -> None:
    pit = opened("| 100.0 x 1:alice")
    counters = pit.exchange.venue.accounts[AccountId("alice")].counters
    for changes, after_s, cost in (
        ({"qty": 10**6}, 50, 2),
        ({"order_id": OrderId("x")}, 10, 1),
        ({}, 100, 1),
    ):
        at_ns = pit.time_ns + after_s * 10**9
        pit.send(edit(own(pit), **changes), at_ns=at_ns)  # type: ignore[arg-type]
        assert counters["BTC/USD"] == (cost * 10**12, at_ns)
