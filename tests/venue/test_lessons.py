"""Bugs other engines paid for, each a test of its own; those of icebergs and triggers come with them."""

import pytest

from builders import (
    SECOND_NS,
    Pit,
    buy,
    cancel_all,
    drawn,
    opened,
    opening,
    place,
    sell,
    story,
)
from krakenbox.model.command import Tick
from krakenbox.model.event import OrderClosed, OrderFilled, Rejected
from krakenbox.model.order import StpType, TimeInForce
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.state import decode, encode

IOC, FOK, GTD = TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD
LEVELS = "104.0 x 1, 103.0 x 1, 102.0 x 1 | 100.0 x 1"


def test_a_mass_cancel_goes_in_order_of_entry_whatever_was_filled_between() -> None:
    pit = opened()
    prices = [93, 99, 91, 97, 95, 98, 92]
    for price in prices:
        pit.send(place(buy, 1, at=price))
    pit.send(place(sell, "1.5", at=98, by="bob"))
    told = story(pit.send(cancel_all()))
    assert [each.split()[1] for each in told[:-1:2]] == ["93.0", "91.0", "97.0", "95.0", "98.0", "92.0"]


def test_ids_and_times_come_from_the_stamp_alone() -> None:
    runs = []
    for _ in range(2):
        pit = Pit(Exchange(11))
        pit.send_all(*opening())
        runs.append(pit.send_all(place(buy, 1, at=100), place(sell, 1, at=100, by="bob")))
    assert runs[0] == runs[1]


def test_an_ioc_that_filled_is_no_rejection() -> None:
    pit = opened(LEVELS)
    told = pit.send(place(buy, 3, at=103, time_in_force=IOC))
    assert not [event for event in told if isinstance(event, Rejected)]
    assert len([event for event in told if isinstance(event, OrderFilled)]) == 4
    assert isinstance(told[-1], OrderClosed)
    assert (told[-1].status, told[-1].cum_qty) == ("canceled", 2 * 10**8)


def test_a_partly_filled_maker_stays_first() -> None:
    pit = opened("102.0 x 2:bob+2:carol |")
    for left in ("1.5:bob+2:carol", "1:bob+2:carol", "0.5:bob+2:carol", "2:carol"):
        pit.send(place(buy, "0.5", at=102))
        assert drawn(pit) == f"102.0 x {left} |"


@pytest.mark.parametrize("qty", ["1", "2.5", "3", "99"])
def test_post_only_is_atomic_across_levels(qty: str) -> None:
    pit = opened(LEVELS)
    told = story(pit.send(place(buy, qty, at=104, post_only=True)))
    assert told == ["alice accepted", "alice canceled: Post only order"]
    assert drawn(pit) == LEVELS


@pytest.mark.parametrize(("qty", "at"), [("3.00000001", 104), ("2.00000001", 103), ("1", 101)])
@pytest.mark.parametrize("stp", StpType)
def test_fill_or_kill_is_atomic_across_levels(qty: str, at: int, stp: StpType) -> None:
    pit = opened(LEVELS)
    told = story(pit.send(place(buy, qty, at=at, time_in_force=FOK, stp=stp)))
    assert told == ["alice accepted", "alice opened", "alice canceled: Fill or kill"]
    assert drawn(pit) == LEVELS
    assert pit.hold("alice", "USD") == "0"


def test_what_waits_for_its_time_is_not_forgotten_after_a_restore() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    pit.send(place(buy, 1, at=99, time_in_force=GTD, expire_ns=due))
    copy = Pit(decode(encode(pit.exchange)))
    assert copy.exchange.next_deadline() == due
    assert story(copy.send(Tick(), at_ns=due + 5 * SECOND_NS)) == [
        "buy 99.0 delete 1, level 0",
        "alice expired: Expired",
    ]


def test_what_fell_due_while_down_expires_at_its_own_time_before_anything_trades() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    pit.send(place(buy, 1, at=99, time_in_force=GTD, expire_ns=due))
    told = pit.send(place(sell, 1, at=99, by="bob"), at_ns=due + 3600 * SECOND_NS)
    assert story(told)[1] == "alice expired: Expired"
    assert told[1].time_ns == due
    assert drawn(pit) == "99.0 x 1:bob |"


def test_a_level_never_holds_more_than_its_orders() -> None:
    pit = opened("102.0 x 0.01+0.3+1.00000001 |")
    for qty, book in (
        ("0.005", "102.0 x 0.005+0.3+1.00000001 |"),
        ("0.01", "102.0 x 0.295+1.00000001 |"),
        ("0.5", "102.0 x 0.79500001 |"),
        ("0.79500001", "|"),
    ):
        pit.send(place(buy, qty, at=102))
        assert drawn(pit) == book


def test_a_refusal_leaves_no_hold_behind() -> None:
    pit = opened(LEVELS)
    for command in (
        place(buy, 1, at=100, deadline_ns=1),
        place(buy, 10**6, at=100),
        place(buy, 1, at=100, validate=True),
        place(buy, cash="0.1"),
    ):
        pit.send(command)
        assert pit.hold("alice", "USD") == "0"
