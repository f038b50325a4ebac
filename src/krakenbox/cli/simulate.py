"""`krakenbox simulate`: worlds that try to break the exchange."""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Annotated

import typer

from krakenbox.sim.faults import Fault, Feature
from krakenbox.sim.swarm import STEPS, Failure, run, shrunk
from krakenbox.sim.world import Report

_CHUNK = 4
"""Seeds a process is handed at a time."""
_MOST_FAILURES = 5
"""Failures after which nothing further is tried: the next ones have the same cause."""

Run = tuple[int, int, tuple[str, ...]]


def simulate(  # noqa: PLR0913 - a parameter is an option of the command line
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many worlds, one a seed.")] = 200,
    first: Annotated[int, typer.Option(min=0, help="The first seed.")] = 0,
    seed: Annotated[int | None, typer.Option(min=0, help="This world alone.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of each world.")] = STEPS,
    without: Annotated[str, typer.Option(help="Features and faults to leave out, by commas.")] = "",
    jobs: Annotated[int, typer.Option(min=1, help="Processes that share the worlds.")] = 2,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="A line for each world.")] = False,
) -> None:
    """Run simulated worlds: exchange, clients, network, disk, clock and faults, all of it by seed.

    Ends with status 1 if something in one of them is not as it must be, and says how to repeat that.
    """
    left_out = _names(without)
    numbers = range(first, first + seeds) if seed is None else (seed,)
    began_s = time.monotonic()
    total, failures = Report(), []
    for number, found in _results([(number, steps, left_out) for number in numbers], jobs):
        if isinstance(found, Report):
            total.add(found)
        else:
            failures.append(found)
            print(f"seed {number}, step {found.step}: {found.why}")
        if verbose and isinstance(found, Report):
            print(
                f"seed {number}: {found.commands} commands, {found.starts} starts, {_counted(found.faults)}"
            )
        if len(failures) >= _MOST_FAILURES:
            break
    for line in _summary(total, time.monotonic() - began_s):
        print(line)
    if failures:
        print(f"\n{len(failures)} failed; the shortest commands that repeat them:")
        for failure in failures:
            smallest = shrunk(failure)
            print(f"  {smallest.command}\n    step {smallest.step}: {smallest.why}")
        raise typer.Exit(1)


def _names(without: str) -> tuple[str, ...]:
    names = tuple(filter(None, (name.strip() for name in without.split(","))))
    known = {each.value for each in (*Feature, *Fault)}
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"--without takes {', '.join(sorted(known))}; was {name}")
    return names


def _results(runs: list[Run], jobs: int) -> Iterator[tuple[int, Report | Failure]]:
    if jobs == 1 or len(runs) == 1:
        yield from ((each[0], run(*each)) for each in runs)
        return
    # Not forked: a lock that another thread holds at that moment would be held in the child for ever.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        try:
            found = pool.map(run, *zip(*runs, strict=True), chunksize=_CHUNK)
            yield from zip((each[0] for each in runs), found, strict=True)
        finally:
            pool.shutdown(cancel_futures=True)


def _summary(total: Report, took_s: float) -> Iterator[str]:
    world_s = total.world_ns / 1e9
    yield (
        f"{total.worlds} worlds, {total.steps:,} steps, {total.commands:,} commands, "
        f"{total.messages:,} answers, {total.starts:,} starts, {total.snapshots:,} snapshots, "
        f"{total.comparisons:,} comparisons with clients, {total.unavailable:,} refusals by failed disks"
    )
    yield f"faults: {_counted(total.faults)}"
    yield f"events: {_counted(total.events)}"
    speed = world_s / max(took_s, 1e-9)
    yield f"{world_s:,.0f} simulated seconds in {took_s:.1f} s: {speed:,.0f} times real time"


def _counted(faults: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(faults.items())) or "none"
