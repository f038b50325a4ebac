"""Every seed draws another world, always the same one, and anything can be left out of it."""

from krakenbox.sim.faults import Fault, Feature, drawn


def test_a_seed_draws_the_same_world_and_another_seed_another_one() -> None:
    assert drawn(7, 100) == drawn(7, 100)
    assert len({drawn(seed, 100).features for seed in range(50)}) > 40


def test_among_many_worlds_each_has_and_each_lacks_something() -> None:
    plans = [drawn(seed, 100) for seed in range(60)]
    for each in (*Feature, *Fault):
        assert {plan.has(each) for plan in plans} == {True, False}, each


def test_what_is_left_out_is_not_there_and_nothing_else_changes() -> None:
    plan = drawn(3, 100)
    gone, *others = sorted(plan.faults)
    fewer = plan.without(gone, "no such thing")
    assert not fewer.has(gone)
    assert sorted(fewer.faults) == others
    assert (fewer.features, fewer.seed, fewer.gap_ns) == (plan.features, plan.seed, plan.gap_ns)
