"""The dead man's switch: armed, put off, disarmed, fired; never early, never late, never twice."""

import pytest

from builders import SECOND_NS, Pit, buy, cancel_all, drawn, opened, place, sell, story
from changes import arm
from krakenbox.model.command import SetCancelTimer, SetSystemStatus, Tick
from krakenbox.model.event import CancelTimerSet, OrderClosed
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import AccountId, TimeInForce
from krakenbox.venue.state import decode, encode, state_hash
from sleepers import dormant, print_at

BOOK = "110.0 x 1:alice | 100.0 x 1:alice+2:bob, 99.0 x 3:alice"
FIRED = [
    "sell 110.0 delete 1, level 0",
    "alice canceled: Cancel all orders after",
    "buy 100.0 delete 1, level 2",
    "alice canceled: Cancel all orders after",
    "buy 99.0 delete 3, level 0",
    "alice canceled: Cancel all orders after",
]


def test_it_cancels_everything_of_the_account_at_its_very_time() -> None:
    pit = opened(BOOK)
    command = arm(pit, 60)
    assert pit.send(command) == [CancelTimerSet(pit.time_ns, AccountId("alice"), command.trigger_ns)]
    assert pit.exchange.next_deadline() == command.trigger_ns
    assert pit.send(Tick(), at_ns=command.trigger_ns - 1) == []
    told = pit.send(Tick(), at_ns=command.trigger_ns)
    assert story(told) == FIRED
    assert {event.time_ns for event in told} == {command.trigger_ns}
    assert drawn(pit) == "| 100.0 x 2:bob"
    assert pit.exchange.next_deadline() is None


def test_after_firing_it_is_off() -> None:
    pit = opened(BOOK)
    pit.send(arm(pit, 1))
    pit.send(Tick(), at_ns=pit.time_ns + 2 * SECOND_NS)
    pit.send(place(buy, 1, at=100))
    assert pit.send(Tick(), at_ns=pit.time_ns + 10**6 * SECOND_NS) == []
    assert len(pit.orders()) == 1


def test_it_fires_late_commands_notwithstanding_at_its_own_time() -> None:
    pit = opened(BOOK)
    command = arm(pit, 5)
    pit.send(command)
    told = pit.send(place(buy, 1, at=98, by="bob"), at_ns=command.trigger_ns + 3 * SECOND_NS)
    closed = [event for event in told if isinstance(event, OrderClosed)]
    assert {event.time_ns for event in closed} == {command.trigger_ns}
    assert story(told)[len(FIRED) :][:2] == ["bob accepted", "bob opened"]


@pytest.mark.parametrize("seconds", [30, 90])
def test_arming_again_replaces_the_time(seconds: int) -> None:
    pit = opened(BOOK)
    first = arm(pit, 60)
    pit.send(first)
    second = arm(pit, seconds)
    pit.send(second)
    assert pit.exchange.next_deadline() == second.trigger_ns
    assert pit.send(Tick(), at_ns=second.trigger_ns - 1) == []
    assert story(pit.send(Tick(), at_ns=second.trigger_ns)) == FIRED
    assert pit.send(Tick(), at_ns=first.trigger_ns + 100 * SECOND_NS) == []


def test_it_is_disarmed() -> None:
    pit = opened(BOOK)
    pit.send(arm(pit, 60))
    assert story(pit.send(arm(pit, 0))) == ["alice timer 0"]
    assert pit.exchange.next_deadline() is None
    assert pit.send(Tick(), at_ns=pit.time_ns + 100 * SECOND_NS) == []
    assert story(pit.send(arm(pit, 0))) == ["alice timer 0"]


def test_every_account_has_its_own() -> None:
    pit = opened(BOOK)
    pit.send_all(arm(pit, 60), arm(pit, 61, by="bob"), arm(pit, 0))
    told = story(pit.send(Tick(), at_ns=pit.time_ns + 99 * SECOND_NS))
    assert told == ["buy 100.0 delete 2, level 1", "bob canceled: Cancel all orders after"]


def test_it_covers_what_came_after_it_and_what_waits() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(arm(pit, 60))
    start = (pit.time_ns // SECOND_NS + 1000) * SECOND_NS
    pit.send(dormant(sell, 1, "stop-loss", "95"))
    pit.send(place(buy, 1, at=90, effective_ns=start))
    pit.send(place(buy, 1, at=90, time_in_force=TimeInForce.GTD, expire_ns=start))
    told = story(pit.send(Tick(), at_ns=pit.time_ns + 61 * SECOND_NS))
    assert told.count("alice canceled: Cancel all orders after") == 3
    assert pit.orders() == []
    assert pit.exchange.next_deadline() is None


def test_with_nothing_open_nothing_happens() -> None:
    pit = opened(BOOK)
    pit.send_all(arm(pit, 60), cancel_all())
    assert pit.send(Tick(), at_ns=pit.time_ns + 60 * SECOND_NS) == []


def test_a_time_that_has_passed_fires_at_once() -> None:
    pit = opened(BOOK)
    told = story(pit.send(SetCancelTimer(AccountId("alice"), pit.time_ns)))
    assert told == [f"alice timer {pit.time_ns - 10**6}", *FIRED]
    assert pit.exchange.next_deadline() is None


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (SetCancelTimer(AccountId("nobody"), 2**62), "EGeneral:Permission denied"),
        (SetCancelTimer(AccountId("alice"), -1), "EGeneral:Invalid arguments:timeout"),
    ],
)
def test_refusals_leave_it_as_it_was(command: SetCancelTimer, text: str) -> None:
    pit = opened(BOOK)
    pit.send(arm(pit, 60))
    due = pit.exchange.next_deadline()
    assert story(pit.send(command)) == [f"refused: {text}"]
    assert pit.exchange.next_deadline() == due


def test_it_fires_in_maintenance_too() -> None:
    pit = opened(BOOK)
    pit.send_all(arm(pit, 60), SetSystemStatus(SystemStatus.MAINTENANCE))
    assert story(pit.send(Tick(), at_ns=pit.time_ns + 61 * SECOND_NS)) == FIRED


def test_it_survives_a_restart() -> None:
    pit = opened(BOOK)
    command = arm(pit, 60)
    pit.send(command)
    copy = Pit(decode(encode(pit.exchange)))
    assert copy.exchange.next_deadline() == command.trigger_ns
    later = command.trigger_ns + SECOND_NS
    assert copy.send(Tick(), at_ns=later) == pit.send(Tick(), at_ns=later)
    assert state_hash(copy.exchange) == state_hash(pit.exchange)
    assert drawn(copy) == "| 100.0 x 2:bob"
