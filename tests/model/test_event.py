"""Events: one tag each, frozen, all stamped."""

from typing import get_args

import pytest

from krakenbox.model.event import BookAction, Event, LedgerKind, Outcome, Rejected
from krakenbox.model.order import AccountId

EVENTS = get_args(Event)


def test_every_event_begins_with_its_time() -> None:
    assert {event.__struct_fields__[0] for event in EVENTS} == {"time_ns"}


def test_tags_are_the_names_and_none_repeats() -> None:
    tags = [event.__struct_config__.tag for event in EVENTS]
    assert tags == [event.__name__ for event in EVENTS]
    assert len(set(tags)) == len(tags)


def test_an_event_cannot_be_changed() -> None:
    told = Rejected(1, AccountId("alice"), "EOrder:Unknown order")
    with pytest.raises(AttributeError):
        told.text = ""  # type: ignore[misc]
    assert told == Rejected(1, AccountId("alice"), "EOrder:Unknown order")


def test_an_outcome_may_lack_an_origin() -> None:
    assert Outcome(1, 2, []).origin is None


def test_words_are_those_of_the_wire() -> None:
    assert [str(action) for action in BookAction] == ["add", "modify", "delete"]
    assert [str(kind) for kind in LedgerKind] == ["deposit", "trade"]
