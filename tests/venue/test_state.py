"""The whole state, out and in again: the copy goes on exactly as the original."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError

from builders import DAY_NS, Pit, buy, cancel, cancel_all, draw, drawn, opened, place, sell, story
from changes import amend, arm
from krakenbox.model.command import (
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetProtection,
    SetSystemStatus,
    Tick,
    UseNonce,
)
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import FeePreference, Order, Reference, TimeInForce
from krakenbox.venue.audit import audit
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.hashing import ORDER_FIELDS
from krakenbox.venue.state import decode, encode, state_hash
from sleepers import dormant, oto
from streams import run, steps


def busy() -> Pit:
    """An exchange with something of everything."""
    pit = opened("103.0 x 1, 102.0 x 2+3:bob | 101.0 x 1:carol+1, 100.0 x 1")
    due = pit.time_ns + DAY_NS
    pit.send_all(
        place(buy, 1, at=99, time_in_force=TimeInForce.GTD, expire_ns=due, cl_ord_id="gtd"),
        place(sell, 1, at=150, time_in_force=TimeInForce.GTD, expire_ns=due, userref=3),
        place(buy, "2.5", at=102, by="carol"),
        SetIndexPrice("EUR/USD", Price(110_000)),
        SetSystemStatus(SystemStatus.POST_ONLY),
        SetSystemStatus(SystemStatus.ONLINE),
        SetLimits(False),
        dormant(buy, 1, "trailing-stop-limit", "3q", "1q"),
        dormant(sell, 1, "stop-loss", "90", by="bob", conditional=oto("limit", at="80")),
        dormant(sell, 1, "take-profit", "1%", "0", by="bob", reference=Reference.INDEX),
        place(buy, 1, at=98, effective_ns=due),
        UseNonce("key", 2**64 - 1),
    )
    draw(pit, "102.5 x 0.5(3) |")
    pit.send_all(
        place(buy, "2.75", at="102.5", fee_preference=FeePreference.BASE, sender_sub_id="desk"),
        amend(pit.orders()[0], qty=2, at=97),
        SetProtection(40_000),
        arm(pit, 3600, by="bob"),
    )
    draw(pit, "0.0000009 x 9000000000 |", "DOGE/USD")
    pit.send(place(buy, "8000000000", at="0.0000009", symbol="DOGE/USD"))
    return pit


def copied(pit: Pit) -> Pit:
    return Pit(decode(encode(pit.exchange)))


def test_a_copy_is_equal_and_sound() -> None:
    pit = busy()
    copy = copied(pit)
    assert encode(copy.exchange) == encode(pit.exchange)
    assert state_hash(copy.exchange) == state_hash(pit.exchange)
    assert drawn(copy) == drawn(pit)
    assert (copy.seq, copy.time_ns) == (pit.seq, pit.time_ns)
    audit(copy.exchange)


def test_trading_counters_go_on_in_a_copy() -> None:
    pit = opened()
    for _ in range(50):
        pit.send(place(buy, "0.1", at=99, by="carol"))
    copy = copied(pit)
    cancels = [cancel(order.order_id, by="carol") for order in pit.orders("carol")[:3]]
    orders = [place(buy, "0.1", at=99, by="carol")] * 3
    told = pit.send_all(*orders, *cancels, *orders)
    assert copy.send_all(*orders, *cancels, *orders) == told
    assert "refused: EOrder:Rate limit exceeded" in story(told)
    assert state_hash(copy.exchange) == state_hash(pit.exchange)


def test_a_copy_shows_what_the_original_showed() -> None:
    pit = busy()
    assert "102.5 x 0.25(2.75)" in drawn(pit)
    copy = copied(pit)
    assert drawn(copy) == drawn(pit)
    assert copy.exchange.venue.protection_ppm == 40_000
    assert copy.exchange.next_deadline() == pit.exchange.next_deadline()
    order = copy.orders()[0]
    assert (order.amended, order.qty, order.terms.qty) == (True, 2 * 10**8, 10**8)


def test_a_copy_goes_on_like_the_original() -> None:
    pit = busy()
    copy = copied(pit)
    for command in (
        place(sell, 9, at=99, by="bob", cl_ord_id="x"),
        place(buy, 1, at=99, cl_ord_id="gtd"),
        place(buy, 5),
        cancel_all("mia"),
        SetFeeSchedule("spot", ()),
    ):
        assert copy.send(command) == pit.send(command)
    later = pit.time_ns + 40 * DAY_NS
    assert copy.send(Tick(), at_ns=later) == pit.send(Tick(), at_ns=later) != []
    assert state_hash(copy.exchange) == state_hash(pit.exchange)


def test_turns_and_numbers_go_on_where_they_stood() -> None:
    pit = opened("| 100.0 x 1")
    pit.send(place(sell, "0.1"))
    for _ in range(2):
        pit.send(dormant(sell, 1, "stop-loss", "90"))
        pit.send(place(buy, 1, at=50, time_in_force=TimeInForce.GTD, expire_ns=pit.time_ns + DAY_NS))
    pit.send_all(*(cancel(order.order_id) for order in pit.orders()[-2:]))
    copy = copied(pit)
    assert copy.exchange.venue.timers.number == pit.exchange.venue.timers.number == 2
    assert copy.exchange.venue.markets["BTC/USD"].triggers.turn == 2
    command = dormant(sell, 1, "stop-loss", "90")
    assert copy.send(command) == pit.send(command)
    assert encode(copy.exchange) == encode(pit.exchange)


def test_an_empty_exchange_is_copied_too() -> None:
    assert encode(decode(encode(Exchange(3)))) == encode(Exchange(3))


def test_an_image_has_every_field_of_an_order() -> None:
    names = [field.name for field in fields(Order)]
    assert [name for name in names if name not in ("account", "prev", "next")] == list(ORDER_FIELDS)
    assert names[:2] == ["order_id", "account"]
    assert names[-2:] == ["prev", "next"]


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(ValidationError, match="venue_id"):
        decode(b"{}")


IMAGES = Path(__file__).parents[1] / "journals" / "images"


def test_images_of_earlier_versions_are_read_for_ever() -> None:
    # Never write these files anew: what a change adds needs a default for the images that lack it.
    copy = Pit(decode((IMAGES / "venue-1.json").read_bytes()))
    venue = copy.exchange.venue
    audit(copy.exchange)
    assert drawn(copy) == (
        "150.0 x 1:alice, 103.0 x 1, 102.5 x 0.25(2.75) | 101.0 x 1:carol+1, 100.0 x 1, 97.0 x 2:alice"
    )
    assert [order.terms.order_type for order in venue.markets["BTC/USD"].triggers] == [
        "trailing-stop-limit",
        "stop-loss",
        "take-profit",
    ]
    assert (venue.protection_ppm, venue.nonces) == (40_000, {"key": 2**64 - 1})
    assert [timer.kind for timer in venue.timers.pending] == ["expire", "expire", "start", "cancel_all"]
    assert copy.exchange.next_deadline() is not None
    assert copy.send(cancel_all("mia")) != []


def test_the_hash_sees_the_smallest_change() -> None:
    pit = busy()
    before = state_hash(pit.exchange)
    pit.exchange.venue.ledger.fees.balances["USD"] += 1
    assert state_hash(pit.exchange) != before
    assert len(before) == 32


def test_the_hash_sees_who_stands_first_in_a_queue() -> None:
    hashes = set()
    for first, second in (("alice", "bob"), ("bob", "alice")):
        pit = opened(f"| 100.0 x 1:{first}+1:{second}")
        for account in pit.exchange.venue.accounts.values():
            for order in account.orders.values():
                order.time_ns = 1 if order.prev is None else 2
                order.created_ns = order.touched_ns = 0
                order.order_id = order.account  # type: ignore[assignment]
            account.orders = {o.order_id: o for o in account.orders.values()}
        hashes.add(state_hash(pit.exchange))
    assert len(hashes) == 2


@given(st.integers(0, 2**32), st.integers(0, 120))
def test_a_copy_in_the_middle_of_any_stream_changes_nothing(seed: int, middle: int) -> None:
    pit = opened()
    run(pit, steps(seed, middle))
    copy = copied(pit)
    rest = steps(seed + 1, 60)
    assert run(copy, rest) == run(pit, rest)
    assert state_hash(copy.exchange) == state_hash(pit.exchange)
