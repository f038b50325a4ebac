"""Timers: due in order of time, then of setting; what was cleared stays away."""

from hypothesis import given
from hypothesis import strategies as st

from krakenbox.model.order import AccountId, OrderId
from krakenbox.venue.timers import Timer, TimerKind, Timers


def timer(name: str) -> Timer:
    return Timer(TimerKind.EXPIRE, AccountId("alice"), OrderId(name))


def drain(timers: Timers, time_ns: int) -> list[tuple[int, str]]:
    found = []
    while (due := timers.pop_due(time_ns)) is not None:
        found.append((due[0], due[1].order_id))
    return found


def test_timers_come_in_order_of_time_then_of_setting() -> None:
    timers = Timers()
    for name, due in (("z", 5), ("b", 3), ("a", 5), ("c", 9)):
        timers.set(timer(name), due)
    assert timers.next_deadline() == 3
    assert drain(timers, 2) == []
    assert drain(timers, 5) == [(3, "b"), (5, "z"), (5, "a")]
    assert timers.next_deadline() == 9


def test_a_cleared_timer_does_not_come() -> None:
    timers = Timers()
    timers.set(timer("a"), 1)
    timers.set(timer("b"), 2)
    timers.clear(timer("a"))
    timers.clear(timer("nobody"))
    assert timers.next_deadline() == 2
    assert drain(timers, 9) == [(2, "b")]
    assert timers.next_deadline() is None


def test_a_timer_set_anew_comes_once_at_its_new_time() -> None:
    timers = Timers()
    timers.set(timer("a"), 1)
    timers.set(timer("a"), 5)
    timers.set(timer("b"), 5)
    timers.set(timer("b"), 2)
    assert drain(timers, 9) == [(2, "b"), (5, "a")]


def test_cleared_timers_do_not_pile_up() -> None:
    timers = Timers()
    timers.set(timer("stays"), 10**9)
    for number in range(10_000):
        timers.set(timer(str(number)), 10**6 + number)
        timers.clear(timer(str(number)))
    assert len(timers._heap) <= 2 * 1 + 65
    assert drain(timers, 10**9) == [(10**9, "stays")]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 8)), max_size=200))
def test_timers_behave_like_a_sorted_list(sets: list[tuple[str, int]]) -> None:
    timers, expected = Timers(), {}
    for number, (name, due) in enumerate(sets):
        if due:
            timers.set(timer(name), due)
            expected[name] = (due, number)
        else:
            timers.clear(timer(name))
            expected.pop(name, None)
    again = Timers.restore(timers.capture(), timers.number)
    assert (again.capture(), again.number) == (timers.capture(), timers.number)
    ordered = [(due, name) for due, _, name in sorted((d, n, name) for name, (d, n) in expected.items())]
    assert drain(timers, 8) == drain(again, 8) == ordered
