"""Orders that wait, over random commands: what their events tell must hang together, rich or poor.

`Pit.send` audits the whole venue after every command, dormant orders and their peaks included.
"""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import Pit, opened, opening, sell
from krakenbox.engine.triggers import rises
from krakenbox.model.command import Deposit
from krakenbox.model.event import (
    Event,
    OrderAccepted,
    OrderAmended,
    OrderClosed,
    OrderFilled,
    OrderOpened,
    TriggerChanged,
)
from krakenbox.model.fixed import Amount
from krakenbox.model.reject import Reason
from streams import run, steps

SEEDS = st.integers(0, 2**32)
COUNT = 120


def poor() -> Pit:
    """Everybody has so little that a firing order may find nothing left."""
    pit = Pit()
    for command in opening():
        is_deposit = isinstance(command, Deposit)
        pit.send(replace(command, amount=Amount(command.amount // 20_000)) if is_deposit else command)
    return pit


@given(SEEDS, st.booleans())
def test_a_trigger_fires_once_where_it_stood_and_only_then_does_its_order_trade(
    seed: int, rich: bool
) -> None:
    stood: dict[str, int] = {}
    peaks: dict[str, int] = {}
    fired: set[str] = set()
    for event in run(opened() if rich else poor(), steps(seed, COUNT)):
        match event:
            case OrderAccepted(order_id=order_id) if event.terms.trigger is not None:
                stood[order_id], peaks[order_id] = event.trigger_price, event.peak_price
            case OrderAmended(order_id=order_id):
                stood[order_id] = event.trigger_price
            case TriggerChanged(order_id=order_id):
                assert order_id not in fired
                if event.triggered:
                    fired.add(order_id)
                    assert event.trigger_price == stood[order_id] or event.terms.effective_ns
                    below = event.last_price <= event.trigger_price
                    assert below or rises(event.terms)
                    assert event.last_price >= event.trigger_price or not rises(event.terms)
                else:
                    assert event.peak_price == event.last_price
                    up = event.peak_price > peaks[order_id]
                    assert up is (event.terms.side is sell) or event.terms.effective_ns
                    peaks[order_id] = event.peak_price
                stood[order_id] = event.trigger_price
            case OrderFilled(order_id=order_id) if event.terms.trigger is not None:
                assert order_id in fired
            case _:
                pass


@given(SEEDS)
def test_every_fill_of_a_primary_has_its_secondary(seed: int) -> None:
    owed: Counter[tuple[str, str, int]] = Counter()
    for event in run(opened(), steps(seed, COUNT)):
        match event:
            case OrderFilled() if event.terms.conditional is not None:
                owed[event.order_id, event.terms.side.opposite, event.qty] += 1
            case OrderAccepted() if event.parent_id:
                owed[event.parent_id, event.terms.side, event.terms.qty] -= 1
                assert event.terms.conditional is None
    assert not +owed
    assert not -owed


def ends(told: list[Event]) -> set[str]:
    """How triggered orders, scheduled orders and secondaries ended."""
    accepted = {e.order_id: e for e in told if isinstance(e, OrderAccepted)}
    opened_ids = {e.order_id for e in told if isinstance(e, OrderOpened)}
    found = set()
    for event in told:
        if isinstance(event, OrderClosed):
            what = "secondary" if accepted[event.order_id].parent_id else event.terms.order_type.value
            when = "" if event.order_id in opened_ids else " before its start"
            found.add(f"{what} {event.reason or event.status}{when}")
    return found


def test_the_streams_meet_what_they_are_for() -> None:
    found = {end for seed in range(25) for end in ends(run(poor(), steps(seed, 250)))}
    assert {
        "stop-loss filled",
        "stop-loss-limit filled",
        "take-profit filled",
        "take-profit-limit filled",
        "trailing-stop filled",
        "trailing-stop-limit filled",
        "secondary filled",
        f"stop-loss {Reason.WOULD_TRIGGER} before its start",
        f"secondary {Reason.WOULD_TRIGGER} before its start",
        f"trailing-stop {Reason.EXPIRED}",
    } <= found
    assert any(end.endswith(f"{Reason.USER} before its start") for end in found)
