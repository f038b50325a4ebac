"""The record of what was published: the next start must repeat it, and no id comes twice."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from builders import Pit, buy, cancel_all, opening, place, sell
from krakenbox.model.command import Command
from krakenbox.model.event import BalancePosted, Event, OrderClosed, OrderFilled, Outcome, Traded
from krakenbox.sim.chronicle import Chronicle

LIFE: list[Command] = [
    *opening(),
    place(sell, 2, at=101, by="bob"),
    place(buy, 1, at=101),
    place(buy, 3, at=99),
    cancel_all(),
]


def lived() -> list[Outcome]:
    pit = Pit()
    return [
        Outcome(seq, pit.time_ns, events) for seq, events in enumerate((pit.send(each) for each in LIFE), 1)
    ]


def published(outcomes: list[Outcome]) -> Chronicle:
    chronicle = Chronicle()
    for outcome in outcomes:
        chronicle.published(outcome)
    return chronicle


def test_it_knows_what_was_accepted_filled_and_closed() -> None:
    chronicle = published(lived())
    assert (len(chronicle.accepted), len(chronicle.closed), len(chronicle.fills)) == (3, 2, 2)
    assert chronicle.told_seq == chronicle.seq == len(LIFE)


def test_a_start_that_repeats_it_may_end_there_or_go_on() -> None:
    outcomes = lived()
    chronicle = published(outcomes[:-1])
    for outcome in outcomes:
        chronicle.repeated(outcome)
    chronicle.came_back(len(outcomes))
    assert (chronicle.told_seq, chronicle.seq) == (len(outcomes) - 1, len(outcomes))


def test_a_start_that_ends_before_what_was_published_is_found() -> None:
    chronicle = published(lived())
    with pytest.raises(AssertionError, match=f"command {len(LIFE)} was published, but the log ended at 7"):
        chronicle.came_back(7)


def test_a_start_at_which_a_command_comes_to_something_else_is_found() -> None:
    outcomes = lived()
    chronicle = published(outcomes)
    with pytest.raises(AssertionError, match="after a restart; was"):
        chronicle.repeated(replace(outcomes[-1], events=outcomes[-1].events[:-1]))


def doubled(kind: type[Event]) -> Callable[[list[Event]], list[Event]]:
    return lambda events: [each for event in events for each in [event] * (1 + isinstance(event, kind))]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (doubled(OrderFilled), "filled twice"),
        (doubled(OrderClosed), "closed after its end"),
        (doubled(Traded), "trade 1 after 1"),
        (doubled(BalancePosted), "was posted twice"),
        (lambda events: [e for e in events if not isinstance(e, Traded)], None),
    ],
)
def test_what_happens_twice_is_found(change: Callable[[list[Event]], list[Event]], why: str | None) -> None:
    outcomes = [replace(outcome, events=change(outcome.events)) for outcome in lived()[-3:]]
    before = published(lived()[:-3])
    if why is None:
        for outcome in outcomes:
            before.published(outcome)
        return
    with pytest.raises(AssertionError, match=why):
        list(map(before.published, outcomes))


def test_a_command_left_out_is_found() -> None:
    first, _, third = lived()[:3]
    with pytest.raises(AssertionError, match="command 3 published after 1"):
        published([first, third])
