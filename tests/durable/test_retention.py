"""What may go, and what a start or the history still needs."""

import pytest

from krakenbox.durable.retention import Stock, Surplus, surplus

STOCK = Stock(
    images=((100, 5), (200, 5), (300, 5)), segments=((1, 10), (91, 10), (181, 10), (271, 10), (361, 10))
)
"""65 bytes: segments end at 90, 180, 270, 360 and nowhere yet."""


@pytest.mark.parametrize(
    ("retain", "expected"),
    [
        (65, Surplus()),
        (64, Surplus((), 100)),  # from 100 on: the first segment goes
        (55, Surplus((), 100)),
        (54, Surplus((100,), 200)),
        (40, Surplus((100,), 200)),
        (39, Surplus((100, 200), 300)),
        (1, Surplus((100, 200), 300)),  # the newest snapshot and all behind it stay, however large
    ],
)
def test_the_oldest_start_moves_forward_until_the_rest_fits(retain: int, expected: Surplus) -> None:
    assert surplus(STOCK, retain, history_seq=1_000) == expected


@pytest.mark.parametrize(
    ("history_seq", "expected"),
    [(99, Surplus()), (100, Surplus((), 100)), (299, Surplus((100,), 200)), (300, Surplus((100, 200), 300))],
)
def test_nothing_goes_that_the_history_was_not_told(history_seq: int, expected: Surplus) -> None:
    assert surplus(STOCK, 1, history_seq) == expected


def test_without_a_snapshot_everything_stays() -> None:
    assert surplus(Stock((), ((1, 10), (91, 10))), 1, history_seq=1_000) == Surplus()
    assert surplus(Stock((), ()), 1, history_seq=0) == Surplus()
