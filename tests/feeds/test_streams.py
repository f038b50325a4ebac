"""Private subscriptions: by account, one a connection, each with its own count."""

import pytest

from krakenbox.feeds.streams import Streams, Subscriber
from krakenbox.model.order import AccountId

ALICE, BOB = AccountId("alice"), AccountId("bob")
ONE, TWO, THREE = Subscriber(1), Subscriber(2), Subscriber(3)


def test_listeners_are_found_by_account_oldest_first() -> None:
    streams: Streams[str] = Streams()
    for who, account in ((TWO, ALICE), (ONE, ALICE), (THREE, BOB)):
        streams.add(who, account, f"options of {who}")
    assert [(stream.who, stream.options) for stream in streams.of(ALICE)] == [
        (TWO, "options of 2"),
        (ONE, "options of 1"),
    ]
    assert list(streams.of(AccountId("carol"))) == []


def test_each_counts_its_own_messages_from_one() -> None:
    streams: Streams[None] = Streams()
    first, second = streams.add(ONE, ALICE, None), streams.add(TWO, ALICE, None)
    assert [first.count(), first.count(), second.count()] == [1, 2, 1]


def test_a_connection_subscribes_once() -> None:
    streams: Streams[None] = Streams()
    streams.add(ONE, ALICE, None)
    assert ONE in streams
    with pytest.raises(AssertionError, match="subscribes once"):
        streams.add(ONE, BOB, None)


def test_removing_ends_it_and_is_harmless_without_one() -> None:
    streams: Streams[None] = Streams()
    streams.add(ONE, ALICE, None)
    streams.remove(ONE)
    streams.remove(ONE)
    assert ONE not in streams
    assert list(streams.of(ALICE)) == []
    streams.add(ONE, BOB, None)
    assert [stream.who for stream in streams.of(BOB)] == [ONE]
