"""`apply` as a whole: the order of events, timers before the command, stamps, every command handled."""

from typing import get_args

import pytest

from builders import (
    SECOND_NS,
    STEP_NS,
    Pit,
    buy,
    cancel,
    cancel_all,
    drawn,
    opened,
    opening,
    place,
    postings,
    sell,
    story,
)
from krakenbox.model.command import Command, Stamped, Tick, Void
from krakenbox.model.event import OrderClosed
from krakenbox.model.order import TimeInForce
from krakenbox.venue.exchange import _HANDLERS, Exchange

GTD = TimeInForce.GTD


def test_every_command_has_a_handler() -> None:
    assert set(_HANDLERS) == set(get_args(Command))


def test_the_order_of_events() -> None:
    pit = opened("102.0 x 1, 101.0 x 2 | 100.0 x 1")
    told = pit.send(place(buy, 3, at="101.5"))
    assert story(told) == [
        "alice accepted",
        "alice opened",
        "traded 2 at 101.0, taker buys",
        "sell 101.0 delete 2, level 0",
        "mia made 2 at 101.0",
        "mia filled",
        "alice took 2 at 101.0",
        "buy 101.5 add 1, level 1",
    ]
    # Both legs of the maker, then of the taker, base first, between the fill and what follows.
    assert postings(told) == [
        "mia BTC -2",
        "mia USD 202 fee 0.505",
        "alice BTC 2",
        "alice USD -202 fee 0.808",
    ]
    # The trading counter comes first, so that every row of the order can tell it.
    assert type(told[0]).__name__ == "RateCounted"
    assert [type(event).__name__ for event in told[8:]] == ["BalancePosted"] * 4 + ["BookChanged"]
    assert {event.time_ns for event in told} == {pit.time_ns}
    assert drawn(pit) == "102.0 x 1 | 101.5 x 1:alice, 100.0 x 1"


def test_a_tick_alone_does_nothing_and_so_does_a_voided_command() -> None:
    pit = opened("| 100.0 x 1")
    assert pit.send(Tick()) == []
    assert pit.send(Void(3)) == []


def test_timers_fire_before_the_command_each_at_its_own_time() -> None:
    pit = opened("| 90.0 x 1")
    soon, later = pit.time_ns + 5 * SECOND_NS, pit.time_ns + 6 * SECOND_NS
    pit.send(place(buy, 1, at=99, time_in_force=GTD, expire_ns=later))
    pit.send(place(buy, 1, at=98, time_in_force=GTD, expire_ns=soon))
    assert pit.exchange.next_deadline() == soon
    told = pit.send(place(sell, 1, at=90, by="bob"), at_ns=later + 1)
    assert story(told) == [
        "buy 98.0 delete 1, level 0",
        "alice expired: Expired",
        "buy 99.0 delete 1, level 0",
        "alice expired: Expired",
        "bob accepted",
        "bob opened",
        "traded 1 at 90.0, taker sells",
        "buy 90.0 delete 1, level 0",
        "mia made 1 at 90.0",
        "mia filled",
        "bob took 1 at 90.0",
        "bob filled",
    ]
    assert [event.time_ns for event in told[:5]] == [soon, soon, later, later, later + 1]
    assert pit.exchange.next_deadline() is None


def test_an_order_is_gone_at_its_very_deadline() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    pit.send(place(buy, 1, at=99, time_in_force=GTD, expire_ns=due))
    assert pit.send(Tick(), at_ns=due - 1) == []
    assert story(pit.send(Tick(), at_ns=due)) == ["buy 99.0 delete 1, level 0", "alice expired: Expired"]
    assert pit.send(Tick()) == []


def test_orders_due_at_once_expire_in_order_of_entry() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    for price in (97, 99, 98):
        pit.send(place(buy, 1, at=price, time_in_force=GTD, expire_ns=due))
    told = pit.send(Tick(), at_ns=due + 1)
    assert story(told)[::2] == [f"buy {price}.0 delete 1, level 0" for price in (97, 99, 98)]


def test_a_partly_filled_order_expires_with_its_totals() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    pit.send(place(buy, 3, at=100, time_in_force=GTD, expire_ns=due))
    pit.send(place(sell, 1, at=100, by="bob"))
    closed = pit.send(Tick(), at_ns=due)[-1]
    assert isinstance(closed, OrderClosed)
    assert (closed.cum_qty, closed.cum_cost, closed.avg_price) == (10**8, 100_00000, 1000)


def test_a_canceled_order_does_not_expire_again() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    pit.send(place(buy, 1, at=99, time_in_force=GTD, expire_ns=due))
    pit.send(cancel_all())
    assert pit.exchange.next_deadline() is None
    assert pit.send(Tick(), at_ns=due) == []


@pytest.mark.parametrize(("seq", "time_ns"), [(0, 1), (-1, 1), (1, 0), (1, -5)])
def test_stamps_only_rise(seq: int, time_ns: int) -> None:
    pit = opened()
    with pytest.raises(AssertionError, match="after"):
        pit.exchange.apply(Stamped(pit.seq + seq, pit.time_ns + time_ns, Tick()))


def test_equal_commands_make_equal_events_and_ids() -> None:
    def run(venue_id: int) -> list[object]:
        pit = Pit(Exchange(venue_id))
        told: list[object] = [*pit.send_all(*opening())]
        told += pit.send_all(place(buy, 2, at=100), place(sell, 3, at=99, by="bob"), cancel_all("bob"))
        return told

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_no_id_is_given_twice() -> None:
    pit = opened("103.0 x 1, 102.0 x 1+1 | 100.0 x 1")
    told = pit.send(place(buy, 3, at=103)) + pit.send(place(sell, 1, at=100))
    ids = [getattr(event, "ledger_id", None) or getattr(event, "exec_id", None) for event in told]
    found = [each for each in ids if each]
    assert len(found) == len(set(found)) == 4 * 6


def test_instruments_are_there_for_readers() -> None:
    assert next(iter(opened().exchange.instruments.instruments)) == "BTC/USD"


def test_a_command_takes_a_millisecond_in_tests() -> None:
    pit = opened()
    before = pit.time_ns
    pit.send(cancel("OABCDE-ABCDE-ABCDEF"))
    assert pit.time_ns == before + STEP_NS
