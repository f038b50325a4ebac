"""Scenarios in plain text, each played at three depths: core, sessions, sockets."""

import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal

import pytest

from gateway.peer import run
from scenarios.core import CoreStage, played
from scenarios.lines import session_stage, socket_stage
from scenarios.script import (
    CROWD,
    PRINTER,
    TAGS,
    Action,
    Print,
    Scenario,
    Step,
    action,
    of_the_wire,
    read,
    scenarios,
)
from scenarios.stages import Money, Stage, Told, drawn, plain
from scenarios.subjects import SUBJECTS, cases, unproved


@asynccontextmanager
async def core_stage() -> AsyncIterator[CoreStage]:
    yield CoreStage()


STAGES: dict[str, Callable[[], AbstractAsyncContextManager[Stage]]] = {
    "core": core_stage,
    "session": session_stage,
    "socket": socket_stage,
}


@pytest.mark.parametrize("depth", STAGES)
@pytest.mark.parametrize("scenario", scenarios(), ids=str)
def test_scenario(scenario: Scenario, depth: str) -> None:
    async def test() -> None:
        async with STAGES[depth]() as stage:
            await Play(scenario, stage).play()

    run(test())


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ("when alice buys 1 at 100", "more was told"),
        ("when alice buys 1 at 100\n then alice: pending_new", "then alice: pending_new"),
        ("when alice buys 1 at 100\n then alice: new, pending_new", "then alice: new, pending_new"),
        ("when alice buys 1 at 100\n then bob: pending_new, new", "then bob"),
        ("when alice buys 1 at 100\n then alice: pending_new, new\n when alice cancels all\n book |", "more"),
        ("given alice buys 0 at 100", "given alice buys 0"),
        ("given 101.0 x 1 |\n book 101.0 x 2 |", "book 101.0 x 2"),
        ("given 101.0 x 1:bob |\n book 101.0 x 1 |", "book 101.0 x 1"),
        ("given 101.0 x 1 |\n given bob buys 1 at 101\n money bob: as before", "money bob"),
        ("given alice buys 1 at 100 quickly", "unknown word quickly"),
        ("given dave buys 1 at 100", "was dave"),
        ("perhaps alice buys 1 at 100", "was perhaps"),
        ("when alice buys 1 at 100 margin", "the core has no words"),
        ("given alice adds: buys 1 at 9; sells 1 settle-position", "the core has no words"),
        ("wire alice buys 1 at 100", "the core has words"),
        ("wire alice buys 1 at 100 margin", "more was told"),
        ("wire alice buys 1 at 100 margin\n then alice: pending_new, new", "then alice: pending_new"),
        ("wire alice buys 1 at 100 margin\n then bob: refused EOrder:Cannot open position", "then bob"),
    ],
)
def test_a_scenario_that_is_not_so_fails(steps: str, fault: str) -> None:
    async def test() -> None:
        (scenario,) = read("bad", f"A scenario that is not so\n {steps}")
        await Play(scenario, CoreStage()).play()

    with pytest.raises(AssertionError, match=re.escape(fault)):
        run(test())


def test_scenarios_have_titles_of_their_own() -> None:
    titles = [str(scenario) for scenario in scenarios()]
    assert len(titles) == len(set(titles)) > 100


def test_every_subject_has_a_normal_and_an_awkward_case() -> None:
    assert cases(scenarios()) == Counter((subject, tag) for subject in SUBJECTS for tag in TAGS)


def test_tags_are_borne_out() -> None:
    assert {str(each): unproved(each) for each in scenarios() if unproved(each)} == {}


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ("normal fok\n when alice buys 1 at 100 ioc", ["fok"]),
        ("awkward margin, limit\n wire alice buys 1 at 100 margin", []),
        ("normal amend price\n when alice edits A at 100", ["amend price"]),
        ("normal reduce-only\n wire alice edits A at 100 reduce-only", []),
        ("normal iceberg\n awkward fok\n when alice adds: buys 1 at 9; buys 2 at 9 showing 1", ["fok"]),
    ],
)
def test_a_tag_with_nothing_to_show_is_found(steps: str, found: list[str]) -> None:
    (scenario,) = read("tagged", f"A scenario with tags\n {steps}")
    assert unproved(scenario) == found


UNHEARD = "refused unheard"
"""What the core is taken to say to what it has no words for."""


class Play:
    """One scenario on one stage."""

    def __init__(self, scenario: Scenario, stage: Stage) -> None:
        self._scenario = scenario
        self._stage = stage
        self._told: Told = {}
        self._opening: dict[str, Money] = {}

    async def play(self) -> None:
        """Do every step; nothing may be left untold at the end."""
        before = ""
        for step in self._scenario.steps:
            if before == "then" != step.keyword:
                self._nothing_else(step)
            await self._do(step)
            before = step.keyword
        self._nothing_else(self._scenario.steps[-1])

    async def _do(self, step: Step) -> None:
        match step.keyword:
            case "given" | "when" if of_the_wire(action(step.text)):
                raise AssertionError(f"{self._at(step)}: the core has no words for this")
            case "given":
                told = await self._act(action(step.text))
                refusals = [line for lines in told.values() for line in lines if line.startswith("refused")]
                assert refusals == [], self._at(step)
            case "when":
                for account, lines in (await self._act(action(step.text))).items():
                    self._told.setdefault(account, []).extend(lines)
            case "wire":
                await self._ask_the_gateway(step)
            case "then":
                account, _, expected = step.text.partition(": ")
                lines = self._told.pop(account, [])
                if lines == [UNHEARD]:
                    assert expected.startswith("refused "), self._at(step)
                else:
                    assert lines == expected.split(", "), self._at(step)
            case "book":
                assert drawn(*await self._stage.book()) == step.text, self._at(step)
            case _:
                account, _, expected = step.text.partition(": ")
                assert await self._change(account) == expected, self._at(step)

    async def _ask_the_gateway(self, step: Step) -> None:
        """Ask for what is refused before any command exists; the core is not asked."""
        self._nothing_else(step)
        asked = action(step.text)
        assert of_the_wire(asked), f"{self._at(step)}: the core has words for this"
        before = await self._stage.clock_in()
        told = await self._act(asked) if self._stage.wired else {asked.account: [UNHEARD]}
        refusals = [line for lines in told.values() for line in lines]
        assert [line.partition(" ")[0] for line in refusals] == ["refused"], self._at(step)
        self._told = told
        assert await self._stage.clock_in() == before + 1, f"{self._at(step)}: a command came of it"

    async def _act(self, wanted: Action) -> Told:
        for account in ("alice", "bob", "carol"):
            if account not in self._opening:
                self._opening[account] = await self._stage.money(account)
        told: Told = {}
        for each in played(wanted):
            for account, lines in (await self._stage.act(each)).items():
                if account != CROWD and not (isinstance(wanted, Print) and account == PRINTER):
                    told.setdefault(account, []).extend(lines)
        return told

    async def _change(self, account: str) -> str:
        """How an account's money differs from what it began with: `BTC +1, USD -100.4`."""
        money, opening = await self._stage.money(account), self._opening[account]
        changes = {asset: money[asset] - opening.get(asset, Decimal(0)) for asset in sorted(money)}
        return (
            ", ".join(f"{asset} {_signed(change)}" for asset, change in changes.items() if change)
            or "as before"
        )

    def _nothing_else(self, step: Step) -> None:
        assert self._told == {}, f"{self._at(step)}: more was told than the scenario says"

    def _at(self, step: Step) -> str:
        return f"{self._scenario.file}.txt:{step.number}: {step.keyword} {step.text}"


def _signed(change: Decimal) -> str:
    return ("+" if change > 0 else "") + plain(change)
