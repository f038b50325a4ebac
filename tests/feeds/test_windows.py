"""Which windows are watched, and what they have collected."""

import pytest

from krakenbox.feeds.windows import LastChanges, Windows


def test_nothing_is_watched_at_first() -> None:
    assert not Windows()


def test_updates_are_handed_over_once() -> None:
    windows = Windows()
    windows.open(10)
    windows.open(100)
    windows.bids[1].entries.append("a bid")
    windows.bids[1].evicted.add(7)
    assert list(windows.updates()) == [(100, ["a bid"], [])]
    assert list(windows.updates()) == []
    assert windows.bids[1].evicted == set()


def test_a_closed_window_collects_no_more() -> None:
    windows = Windows()
    bids = windows.bids  # the views keep hold of the lists
    windows.open(10)
    windows.open(25)
    windows.close(10)
    assert [window.depth for window in bids] == [25]
    windows.close(25)
    assert not windows
    assert bids == []


def test_a_window_is_opened_once() -> None:
    windows = Windows()
    windows.open(10)
    with pytest.raises(AssertionError, match="watched already"):
        windows.open(10)


def test_a_change_is_noted_by_the_windows_that_reach_it() -> None:
    changes = LastChanges((10, 25, 100), 1)
    changes.note(rank=24, time_ns=2)
    changes.note(rank=100, time_ns=3)
    assert [changes.of(depth) for depth in (10, 25, 100)] == [1, 2, 2]
    changes.note(rank=0, time_ns=4)
    assert [changes.of(depth) for depth in (10, 25, 100)] == [4, 4, 4]


def test_windows_are_told_by_depth_whoever_came_first() -> None:
    windows = Windows()
    for depth in (100, 10, 25):
        windows.open(depth)
    assert [window.depth for window in windows.bids] == [10, 25, 100]
    assert [window.depth for window in windows.asks] == [10, 25, 100]


def test_times_of_changes_are_taken_on() -> None:
    changes = LastChanges((10, 25), 1)
    changes.note(rank=12, time_ns=5)
    copy = LastChanges((10, 25, 100), 7)
    copy.restore(changes.capture())
    assert [copy.of(depth) for depth in (10, 25, 100)] == [1, 5, 7]
