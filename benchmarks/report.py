"""Figures to the page: each the median of its rounds, krakenbox beside the yardstick."""

from collections.abc import Callable, Iterable
from statistics import median
from typing import NamedTuple

from benchmarks.load import Figures, Load

CLIENT_BOUND = 0.85
"""From this share of a core on, the client process may have been what a figure measures."""
MARK = " ¹"


class Measured(NamedTuple):
    """All rounds of one load, on both servers."""

    load: Load
    ours: list[Figures]
    bare: list[Figures]


class Row(NamedTuple):
    """One figure of a load and how it is printed."""

    name: str
    value: Callable[[Figures], float]
    text: str
    rate: bool = False
    """Whether a client that is too slow would lower it."""


_LATENCY = (
    Row("p50", lambda figures: figures.p50_us, "{:,.0f} µs"),
    Row("p99", lambda figures: figures.p99_us, "{:,.0f} µs"),
)
_ORDERS = (
    Row("orders a second", lambda figures: figures.orders_per_s, "{:,.0f}", rate=True),
    Row("server CPU per order", lambda figures: figures.order_cpu_us, "{:.1f} µs"),
)
_FRAMES = (
    Row("frames a second", lambda figures: figures.frames_per_s, "{:,.0f}", rate=True),
    Row("server CPU per frame", lambda figures: figures.frame_cpu_us, "{:.2f} µs"),
)


def table(measured: Iterable[Measured]) -> str:
    """All figures as a Markdown table."""
    lines = ["| | krakenbox | bare picows | ratio |", "|---|---:|---:|---:|"]
    for load, ours, bare in measured:
        lines.append(f"| **{load.name}** | | | |")
        lines += [_line(row, ours, bare) for row in _rows(load)]
    return "\n".join(lines)


def _rows(load: Load) -> tuple[Row, ...]:
    if load.in_flight == 1:
        return _LATENCY
    return _FRAMES if load.subscribers else _ORDERS


def _line(row: Row, ours: list[Figures], bare: list[Figures]) -> str:
    mine, theirs = (median(map(row.value, rounds)) for rounds in (ours, bare))
    ratio = f"{mine / theirs:.2f}" if theirs else "-"
    return f"| {row.name} | {_cell(row, mine, ours)} | {_cell(row, theirs, bare)} | {ratio} |"


def _cell(row: Row, value: float, rounds: list[Figures]) -> str:
    if not value:
        return "-"  # the system does not tell CPU time
    bound = row.rate and median(each.client_load for each in rounds) >= CLIENT_BOUND
    return row.text.format(value) + (MARK if bound else "")
