"""What scenarios must cover: each subject in one normal and one awkward case, tagged so.

A tag is not believed: what a scenario asks for must bear it out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from krakenbox.model.order import OrderType, StpType, TimeInForce
from scenarios.script import TAGS, Change, Entry, Place, PlaceTogether, Scenario, action

AMENDS: dict[str, tuple[str, ...]] = {
    "amend quantity down": ("qty",),
    "amend quantity up": ("qty",),
    "amend below filled": ("qty",),
    "amend price": ("price",),
    "amend display": ("display",),
    "amend fifteenth": ("display", "qty"),
    "amend trigger": ("trigger",),
    "amend post-only": ("post_only",),
    "amend self-trade": ("price",),
    "amend conditional": ("qty", "price", "trigger"),
    "amend dormant": ("qty", "trigger"),
    "amend scheduled": ("qty",),
}
"""Amend rules, and the fields of an amend of which one must be given to show them."""

SUBJECTS = (
    *map(str, OrderType),
    *map(str, TimeInForce),
    *(mode.replace("_", "-") for mode in StpType),
    "margin",
    "reduce-only",
    *AMENDS,
)


def cases(scenarios: Iterable[Scenario]) -> Counter[tuple[str, str]]:
    """How often each subject is tagged, as normal and as awkward."""
    return Counter(
        (subject, tag) for scenario in scenarios for tag in TAGS for subject in getattr(scenario, tag)
    )


def unproved(scenario: Scenario) -> list[str]:
    """Tags that nothing the scenario asks for bears out."""
    shown = set(_shown(scenario))
    return [subject for subject in scenario.normal + scenario.awkward if subject not in shown]


def _shown(scenario: Scenario) -> Iterator[str]:
    for step in scenario.steps:
        if step.keyword not in ("given", "when", "wire"):
            continue
        match action(step.text):
            case Place(entry=entry):
                yield from _entered(entry)
            case PlaceTogether(entries=entries):
                for entry in entries:
                    yield from _entered(entry)
            case Change(edits=False) as change:
                yield from (rule for rule, fields in AMENDS.items() if _says(change, fields))
            case Change(reduce_only=True):
                yield "reduce-only"
            case _:
                pass


def _says(change: Change, fields: Iterable[str]) -> bool:
    return any(getattr(change, field) for field in fields)


def _entered(entry: Entry) -> Iterator[str]:
    yield from (entry.order_type, entry.time_in_force)
    yield entry.stp.replace("_", "-") or "cancel-newest"
    if entry.margin:
        yield "margin"
    if entry.reduce_only:
        yield "reduce-only"
