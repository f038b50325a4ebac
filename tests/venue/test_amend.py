"""Amends: each rule as a drawn book before and after, and what a refused one leaves as it was."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import (
    SECOND_NS,
    buy,
    drawn,
    opened,
    place,
    sell,
    story,
)
from changes import amend, own, refused
from krakenbox.model.command import (
    SetLimits,
    Tick,
)
from krakenbox.model.event import OrderAmended
from krakenbox.model.order import AccountId, StpType, TimeInForce
from krakenbox.model.reject import Reason

BAD = "EGeneral:Invalid arguments:"
BOOK = "102.0 x 1 | 100.0 x 1+2:alice+3, 99.0 x 1"


# --- the table: what each change does to the place in the queue


@pytest.mark.parametrize(
    ("changes", "told", "after"),
    [
        # Quantity down keeps the place.
        (
            {"qty": "1.5"},
            ["alice amended to 1.5 at 100.0", "buy 100.0 modify 1.5, level 5.5"],
            "102.0 x 1 | 100.0 x 1+1.5:alice+3, 99.0 x 1",
        ),
        # Up loses it.
        (
            {"qty": "2.00000001"},
            [
                "alice amended to 2.00000001 at 100.0",
                "buy 100.0 delete 2, level 4",
                "buy 100.0 add 2.00000001, level 6.00000001",
            ],
            "102.0 x 1 | 100.0 x 1+3+2.00000001:alice, 99.0 x 1",
        ),
        # A new limit price: the back of that price.
        (
            {"at": 99},
            ["alice amended to 2 at 99.0", "buy 100.0 delete 2, level 4", "buy 99.0 add 2, level 3"],
            "102.0 x 1 | 100.0 x 1+3, 99.0 x 1+2:alice",
        ),
        (
            {"at": 101},
            ["alice amended to 2 at 101.0", "buy 100.0 delete 2, level 4", "buy 101.0 add 2, level 2"],
            "102.0 x 1 | 101.0 x 2:alice, 100.0 x 1+3, 99.0 x 1",
        ),
        (
            {"qty": 1, "at": 99},
            ["alice amended to 1 at 99.0", "buy 100.0 delete 2, level 4", "buy 99.0 add 1, level 2"],
            "102.0 x 1 | 100.0 x 1+3, 99.0 x 1+1:alice",
        ),
        # What changes nothing loses nothing.
        ({"at": 100}, ["alice amended to 2 at 100.0"], BOOK),
        ({"qty": 2, "at": 100}, ["alice amended to 2 at 100.0"], BOOK),
        (
            {"qty": 1, "at": 100},
            ["alice amended to 1 at 100.0", "buy 100.0 modify 1, level 5"],
            "102.0 x 1 | 100.0 x 1+1:alice+3, 99.0 x 1",
        ),
    ],
)
def test_what_a_change_does_to_the_place(changes: dict[str, Any], told: list[str], after: str) -> None:
    pit = opened(BOOK)
    order = own(pit)
    entered, moved = order.time_ns, len(told) > 2
    assert story(pit.send(amend(order, **changes))) == told
    assert drawn(pit) == after
    assert order.time_ns == (pit.time_ns if moved else entered)
    assert (order.amended, order.touched_ns) == (True, pit.time_ns)
    assert order.created_ns == entered


def test_the_place_counts_in_the_next_trade() -> None:
    for qty, first in ((1, "alice made 1 at 100.0"), (3, "bob made 1 at 100.0")):
        pit = opened("| 100.0 x 2:alice+1:bob")
        pit.send(amend(own(pit), qty=qty))
        told = story(pit.send(place(sell, 1, at=100, by="carol")))
        assert first in told


def test_an_amend_says_all_that_is_new() -> None:
    pit = opened(BOOK)
    pit.send(place(sell, "1.5", at=100, by="bob"))
    order = own(pit)
    (told, *_) = pit.send(amend(order, qty="1.75", at=99))[1:]
    assert isinstance(told, OrderAmended)
    assert told.amend_id.startswith("T")
    assert len(told.amend_id) == 19
    assert (told.order_id, told.terms, told.reason) == (order.order_id, order.terms, Reason.USER)
    assert (told.qty, told.cum_qty, told.limit_price) == (175_000_000, 50_000_000, 990)
    assert (told.display_qty, told.trigger_price, told.status) == (0, 0, "partially_filled")
    assert own(pit) is order


def test_amend_ids_never_repeat() -> None:
    pit = opened(BOOK)
    ids = set()
    for qty in ("1.9", "1.8", "1.8"):
        ids |= {e.amend_id for e in pit.send(amend(own(pit), qty=qty)) if isinstance(e, OrderAmended)}
    assert len(ids) == 3


def test_fills_count_for_the_new_quantity() -> None:
    pit = opened("| 100.0 x 2:alice")
    pit.send(place(sell, "0.5", at=100, by="bob"))
    assert story(pit.send(amend(own(pit), qty=1))) == [
        "alice amended to 1 at 100.0",
        "buy 100.0 modify 0.5, level 0.5",
    ]
    assert story(pit.send(place(sell, 1, at=100, by="bob")))[-1] == "sell 100.0 add 0.5, level 0.5"


# --- at or below the filled quantity


@pytest.mark.parametrize("changes", [{"qty": "0.5"}, {"qty": "0.00000001"}, {"qty": "0.4", "at": 99}])
def test_below_the_filled_quantity_the_rest_is_canceled(changes: dict[str, Any]) -> None:
    pit = opened("| 100.0 x 2:alice+1")
    pit.send(place(sell, "0.5", at=100, by="bob"))
    told = pit.send(amend(own(pit), **changes))
    assert story(told) == [
        "alice amended to 0.5 at 100.0",
        "buy 100.0 delete 1.5, level 1",
        "alice canceled: User requested",
    ]
    assert drawn(pit) == "| 100.0 x 1"
    assert pit.hold("alice", "USD") == "0"


def test_below_the_filled_quantity_costs_what_a_cancel_costs() -> None:
    pit = opened("| 100.0 x 2:alice")
    pit.send(place(sell, "0.5", at=100, by="bob"))
    at_ns = pit.time_ns + 10 * SECOND_NS
    account = pit.exchange.venue.accounts[AccountId("alice")]
    pit.send(amend(own(pit), qty="0.4"), at_ns=at_ns)
    # 1 + 1 for an amend and 5 for a cancel at an age of 10 to 15 s; what the entry cost has decayed.
    assert account.counters["BTC/USD"] == (7_000 * 10**9, at_ns)


# --- amends that meet the other side


def test_a_price_that_crosses_takes_and_the_rest_joins_the_back() -> None:
    pit = opened("103.0 x 1, 102.0 x 1 | 101.0 x 1, 100.0 x 3:alice")
    assert story(pit.send(amend(own(pit), at="102.5"))) == [
        "alice amended to 3 at 102.5",
        "buy 100.0 delete 3, level 0",
        "traded 1 at 102.0, taker buys",
        "sell 102.0 delete 1, level 0",
        "mia made 1 at 102.0",
        "mia filled",
        "alice took 1 at 102.0",
        "buy 102.5 add 2, level 2",
    ]
    assert drawn(pit) == "103.0 x 1 | 102.5 x 2:alice, 101.0 x 1"


def test_a_price_that_crosses_may_fill_the_order() -> None:
    pit = opened("103.0 x 1:alice | 101.0 x 1")
    told = story(pit.send(amend(own(pit), at=101)))
    assert told[-2:] == ["alice took 1 at 101.0", "alice filled"]
    assert (drawn(pit), pit.hold("alice", "BTC")) == ("|", "0")


def test_a_price_that_meets_an_own_order_is_self_trade_prevention() -> None:
    pit = opened("102.0 x 1:alice |")
    pit.send(place(buy, 2, at=100))
    order = pit.orders()[1]
    assert story(pit.send(amend(order, at=102)))[-1] == "alice canceled: Cannot trade with self"
    pit.send(place(buy, 2, at=100, stp=StpType.CANCEL_OLDEST))
    assert story(pit.send(amend(pit.orders()[1], at=102)))[-2:] == [
        "alice canceled: Cannot trade with self",
        "buy 102.0 add 2, level 2",
    ]


def test_post_only_guards_the_one_amend() -> None:
    pit = opened("102.0 x 1 |")
    pit.send(place(buy, 1, at=100, post_only=True))
    assert refused(pit, amend(own(pit), at=102, post_only=True)) == "EOrder:Post only order"
    assert story(pit.send(amend(own(pit), at="101.9", post_only=True)))[-1] == "buy 101.9 add 1, level 1"
    # Without it even an order that was post-only takes.
    assert story(pit.send(amend(own(pit), at=102)))[-1] == "alice filled"


def test_a_post_only_amend_of_the_quantity_never_matches() -> None:
    pit = opened("102.0 x 1 | 100.0 x 1:alice")
    assert story(pit.send(amend(own(pit), qty=2, post_only=True)))[-1] == "buy 100.0 add 2, level 2"


# --- the table once more, as a list


Changes = tuple[int, int, int, int]
"""Which order, and its new price, quantity and display quantity; 0 leaves what it is."""


@given(
    st.lists(st.tuples(st.integers(98, 100), st.integers(1, 15), st.integers(0, 5)), min_size=1, max_size=8),
    st.lists(
        st.tuples(
            st.integers(0, 7), st.sampled_from([0, 98, 99, 100]), st.integers(0, 15), st.integers(0, 5)
        ),
        max_size=12,
    ),
)
def test_any_amends_keep_the_queues_that_the_table_says(
    orders: list[tuple[int, int, int]], amends: list[Changes]
) -> None:
    pit = opened()
    # Price, quantity, display quantity and what is shown, by order; first come first in each queue.
    queue: dict[str, list[int]] = {}
    for price, qty, display in orders:
        pit.send(place(buy, qty, at=price, display=display))
        queue[pit.orders()[-1].order_id] = [price, qty, display, min(display or qty, qty)]
    pit.send(SetLimits(False))
    for which, price, qty, wanted in amends:
        order = pit.orders()[which % len(orders)]
        row = queue[order.order_id]
        display = wanted if row[2] else 0
        if not (price or qty or display):
            continue
        told = story(pit.send(amend(order, qty or None, display or None, price or None)))
        assert told[0].startswith("alice amended")
        moves = (price or row[0]) != row[0] or qty > row[1]
        new = [price or row[0], qty or row[1], display or row[2]]
        most = min(new[2] or new[1], new[1])
        if moves:
            del queue[order.order_id]
        queue[order.order_id] = [*new, most if moves else min(row[3], most)]
    for level in pit.exchange.venue.markets["BTC/USD"].book.bids:
        expected = [name for name, row in queue.items() if row[0] * 10 == level.price]
        assert [each.order_id for each in level] == expected
        assert [each.shown for each in level] == [queue[name][3] * 10**8 for name in expected]
    held = sum(row[0] * row[1] for row in queue.values()) * 1004
    assert Decimal(pit.hold("alice", "USD")) * 1000 == held


# --- icebergs


ICE = "| 100.0 x 1+2(6):alice+3"


@pytest.mark.parametrize(
    ("changes", "book", "after"),
    [
        # A smaller display quantity shows less at once, a larger one from the next reload on.
        ({"display": 1}, "buy 100.0 modify 1, level 5", "| 100.0 x 1+1(6):alice+3"),
        ({"display": 5}, "", ICE),
        ({"display": 2}, "", ICE),
        # Less quantity is taken from what is hidden.
        ({"qty": 3}, "", "| 100.0 x 1+2(3):alice+3"),
        ({"qty": 2}, "", "| 100.0 x 1+2:alice+3"),
        ({"qty": 1}, "buy 100.0 modify 1, level 5", "| 100.0 x 1+1:alice+3"),
        ({"qty": 3, "display": 1}, "buy 100.0 modify 1, level 5", "| 100.0 x 1+1(3):alice+3"),
        # More goes to the back, and shows its new display quantity there.
        ({"qty": 7}, "buy 100.0 add 2, level 6", "| 100.0 x 1+3+2(7):alice"),
        ({"qty": 7, "display": 4}, "buy 100.0 add 4, level 8", "| 100.0 x 1+3+4(7):alice"),
        ({"display": 4, "at": 99}, "buy 99.0 add 4, level 4", "| 100.0 x 1+3, 99.0 x 4(6):alice"),
    ],
)
def test_amends_of_an_iceberg(changes: dict[str, Any], book: str, after: str) -> None:
    pit = opened(ICE)
    told = story(pit.send(amend(own(pit), **changes)))
    assert told[0].startswith("alice amended")
    assert told[1:][-1:] == ([book] if book else [])
    assert drawn(pit) == after


def test_a_larger_display_quantity_shows_with_the_next_reload() -> None:
    pit = opened(ICE)
    pit.send(amend(own(pit), display=3))
    told = story(pit.send(place(sell, 3, at=100, by="bob")))
    assert "alice shows 3 anew" in told
    assert drawn(pit) == "| 100.0 x 3+3(4):alice"


def test_the_display_rule_looks_at_what_remains() -> None:
    pit = opened("| 100.0 x 2(30):alice")
    order = own(pit)
    assert refused(pit, amend(order, display="1.99999999")) == BAD + "display_qty"
    assert refused(pit, amend(order, qty="30.00000001")) == BAD + "display_qty"
    pit.send(place(sell, 15, at=100, by="bob"))
    # 15 remain, of which 1 may be shown.
    assert story(pit.send(amend(order, display=1))) == [
        "alice amended to 30 at 100.0",
    ]
    assert drawn(pit) == "| 100.0 x 1(15):alice"
    assert refused(pit, amend(order, qty="30.00000001")) == BAD + "display_qty"
    # A price alone is not asked for it.
    assert story(pit.send(amend(order, at=99)))[-1] == "buy 99.0 add 1, level 1"


def test_a_display_quantity_is_not_below_the_pairs_minimum() -> None:
    pit = opened("| 10000.0 x 0.0001(0.0002):alice")
    assert refused(pit, amend(own(pit), display="0.00004999")) == BAD + "display_qty"
    assert (
        story(pit.send(amend(own(pit), display="0.00005")))[1] == "buy 10000.0 modify 0.00005, level 0.00005"
    )


# --- time


def test_an_amended_order_still_expires_once_at_its_time() -> None:
    pit = opened()
    due = pit.time_ns + 10 * SECOND_NS
    pit.send(place(buy, 1, at=100, time_in_force=TimeInForce.GTD, expire_ns=due))
    pit.send(amend(own(pit), at=101))
    pit.send(amend(own(pit), qty=3))
    assert story(pit.send(Tick(), at_ns=due - 1)) == []
    assert story(pit.send(Tick(), at_ns=due)) == ["buy 101.0 delete 3, level 0", "alice expired: Expired"]


def test_an_amend_makes_the_order_young_again_for_the_trading_counter() -> None:
    pit = opened("| 100.0 x 1:alice")
    account = pit.exchange.venue.accounts[AccountId("alice")]
    for _ in range(2):
        at_ns = pit.time_ns + 100 * SECOND_NS
        pit.send(amend(own(pit), qty="0.9"), at_ns=at_ns)
        assert account.counters["BTC/USD"] == (1_000 * 10**9, at_ns)
    at_ns = pit.time_ns + 4 * SECOND_NS
    pit.send(amend(own(pit), qty="0.8"), at_ns=at_ns)
    assert account.counters["BTC/USD"] == (4_000 * 10**9, at_ns)


def test_a_refused_amend_is_charged_too_and_none_over_the_threshold() -> None:
    pit = opened("| 100.0 x 1:alice")
    told = []
    for _ in range(60):
        told += story(pit.send(amend(own(pit), qty=10**6)))
    # 1 for the entry, then 4 each: 44 fit into 180.
    assert told[:44] == ["refused: EOrder:Insufficient funds"] * 44
    assert set(told[46:]) == {"refused: EOrder:Rate limit exceeded"}
