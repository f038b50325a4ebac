"""Dice: the same everywhere, even, and shaped as asked."""

from krakenbox.sim.dice import Dice


def test_a_stream_is_the_same_on_every_machine() -> None:
    dice = Dice(7, "agents", "BTC/USD")
    assert [dice.below(1_000) for _ in range(8)] == [50, 259, 587, 597, 298, 910, 655, 685]


def test_streams_of_other_seeds_or_labels_differ() -> None:
    streams = [Dice(7, "a"), Dice(8, "a"), Dice(7, "b"), Dice(7, "a", "a"), Dice(7)]
    assert len({dice.bits() for dice in streams}) == 5


def test_every_number_below_the_bound_comes_up_equally_often() -> None:
    dice = Dice(1)
    counts = [0] * 6
    for _ in range(60_000):
        counts[dice.below(6)] += 1
    assert all(9_700 < count < 10_300 for count in counts), counts


def test_chance_is_in_percent() -> None:
    dice = Dice(2)
    hits = sum(dice.chance(25) for _ in range(40_000))
    assert 9_700 < hits < 10_300


def test_the_bell_has_its_deviation_and_no_far_tails() -> None:
    dice = Dice(3)
    draws = [dice.bell(1_000) for _ in range(20_000)]
    assert abs(sum(draws)) < 20_000 * 25
    variance = sum(draw * draw for draw in draws) // 20_000
    assert 970**2 < variance < 1_030**2
    assert max(map(abs, draws)) <= 3_500


def test_skewed_draws_are_mostly_small_and_stay_below_the_bound() -> None:
    dice = Dice(4)
    draws = [dice.skewed(1_000) for _ in range(10_000)]
    assert set(draws) <= set(range(1_000))
    assert sum(draw < 100 for draw in draws) > 5_000
    assert max(draws) > 700
