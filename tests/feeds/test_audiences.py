"""Fan-out: global order per connection whatever the flush, shared bytes, bounded lists, no lost frames."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from krakenbox.feeds.audiences import Audiences, ViewKey
from krakenbox.feeds.streams import Subscriber

BOOK, TRADE, OHLC = ViewKey("book", "BTC/USD", 10), ViewKey("trade", "BTC/USD"), ViewKey("ohlc", "BTC/USD", 1)
VIEWS = (BOOK, TRADE, OHLC)
ONE, TWO, THREE = Subscriber(1), Subscriber(2), Subscriber(3)


def seated(*seats: tuple[Subscriber, set[ViewKey]]) -> Audiences:
    audiences = Audiences()
    for who, views in seats:
        audiences.change(who, frozenset(views))
    return audiences


def test_a_view_is_its_plain_tuple() -> None:
    assert ViewKey("book", "BTC/USD", 10) == ("book", "BTC/USD", 10)
    assert ViewKey("instrument") == ("instrument", "", 0)


def test_frames_of_all_views_keep_their_order() -> None:
    audiences = seated((ONE, {BOOK, TRADE}), (TWO, {TRADE}))
    for view, frame in ((TRADE, b"t1"), (BOOK, b"b1"), (TRADE, b"t2")):
        audiences.publish(view, frame)
    assert audiences.take(ONE) == b"t1b1t2"
    assert audiences.take(TWO) == b"t1t2"
    assert audiences.take(ONE) == b""


def test_members_with_the_same_views_share_one_object() -> None:
    audiences = seated((ONE, {BOOK, TRADE}), (TWO, {TRADE, BOOK}))
    audiences.publish(BOOK, b"b1")
    audiences.publish(TRADE, b"t1")
    assert audiences.take(ONE) is audiences.take(TWO)


def test_a_new_member_joins_at_the_end() -> None:
    audiences = seated((ONE, {BOOK}))
    audiences.publish(BOOK, b"b1")
    audiences.change(TWO, frozenset({BOOK}))
    audiences.publish(BOOK, b"b2")
    assert audiences.take(TWO) == b"b2"
    assert audiences.take(ONE) == b"b1b2"


def test_what_is_pending_survives_a_change_of_views() -> None:
    audiences = seated((ONE, {BOOK}), (TWO, {BOOK}), (THREE, {BOOK, TRADE}))
    audiences.publish(BOOK, b"b1")
    audiences.change(ONE, frozenset({BOOK, TRADE}))
    audiences.publish(TRADE, b"t1")
    audiences.change(ONE, frozenset())
    audiences.publish(BOOK, b"b2")
    assert audiences.dirty() == [ONE, TWO, THREE]
    assert audiences.take(ONE) == b"b1t1"


def test_a_frame_for_one_connection_takes_its_place_in_the_order() -> None:
    audiences = seated((ONE, {BOOK}), (TWO, {BOOK}))
    audiences.publish(BOOK, b"b1")
    audiences.send(ONE, b"s")
    audiences.send(THREE, b"s")
    audiences.publish(BOOK, b"b2")
    assert audiences.take(ONE) == b"b1sb2"
    assert audiences.take(TWO) == b"b1b2"
    assert audiences.take(THREE) == b"s"
    assert audiences.dirty() == []


def test_dirty_names_who_has_something_pending() -> None:
    audiences = seated((ONE, {BOOK}), (TWO, {TRADE}))
    assert audiences.dirty() == []
    audiences.publish(TRADE, b"t1")
    assert audiences.dirty() == [TWO]
    audiences.take(TWO)
    assert audiences.dirty() == []


def test_a_view_is_watched_while_anybody_sees_it() -> None:
    audiences = seated((ONE, {BOOK}), (TWO, {BOOK, TRADE}))
    audiences.change(ONE, frozenset())
    assert audiences.watched(BOOK)
    audiences.drop(TWO)
    assert not audiences.watched(BOOK)
    assert audiences.views(TWO) == frozenset()
    audiences.drop(TWO)
    assert audiences.take(TWO) == b""


def test_frames_are_forgotten_once_every_member_was_served() -> None:
    audiences = seated((ONE, {BOOK}), (TWO, {BOOK}))
    for _ in range(100):
        audiences.publish(BOOK, b"b")
        for who in audiences.dirty():
            audiences.take(who)
    [audience] = audiences.audiences()
    assert audience.kept <= 1
    audiences.publish(BOOK, b"b")
    audiences.publish(BOOK, b"b")
    audiences.take(ONE)
    assert audiences.dirty() == [TWO]
    assert audience.kept == 2
    audiences.drop(TWO)
    assert audiences.dirty() == []
    assert audience.kept == 0


def test_nobody_sees_what_nobody_watches() -> None:
    with pytest.raises(KeyError):
        seated((ONE, {BOOK})).publish(TRADE, b"t")


@given(st.integers(0, 2**32))
def test_every_connection_gets_every_frame_of_its_views_in_order(seed: int) -> None:
    dice, audiences = Random(seed), Audiences()
    views: dict[Subscriber, set[ViewKey]] = {ONE: set(), TWO: set(), THREE: set()}
    owed, got = dict.fromkeys(views, b""), dict.fromkeys(views, b"")
    for number in range(200):
        who, view, frame = dice.choice(list(views)), dice.choice(VIEWS), b"%d;" % number
        match dice.choice(("publish", "publish", "change", "take", "flush", "send")):
            case "publish" if audiences.watched(view):
                audiences.publish(view, frame)
                for each, seen in views.items():
                    owed[each] += frame if view in seen else b""
            case "change":
                views[who] ^= {view}
                audiences.change(who, frozenset(views[who]))
            case "take":
                got[who] += audiences.take(who)
            case "flush":
                for each in audiences.dirty():
                    got[each] += audiences.take(each)
                assert got == owed
            case "send":
                audiences.send(who, frame)
                owed[who] += frame
        assert {view for view in (BOOK, TRADE, OHLC) if audiences.watched(view)} == set().union(
            *views.values()
        )
    assert {who: got[who] + audiences.take(who) for who in views} == owed
