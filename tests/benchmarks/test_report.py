"""The benchmark page: medians, ratios, and a mark where the client was the bottleneck."""

from benchmarks.load import Figures, Load
from benchmarks.report import Measured, table


def figures(
    p50_us: float = 0, orders_per_s: float = 0, frames_per_s: float = 0, client_load: float = 0.2
) -> Figures:
    return Figures(p50_us, p50_us * 2, orders_per_s, 10, frames_per_s, 0.0, client_load)


def test_latency_is_the_median_of_the_rounds() -> None:
    ours = [figures(p50_us=p50) for p50 in (100, 900, 120)]
    bare = [figures(p50_us=p50) for p50 in (20, 60, 90)]
    assert table([Measured(Load("ack", 5, in_flight=1), ours, bare)]).splitlines() == [
        "| | krakenbox | bare picows | ratio |",
        "|---|---:|---:|---:|",
        "| **ack** | | | |",
        "| p50 | 120 µs | 60 µs | 2.00 |",
        "| p99 | 240 µs | 120 µs | 2.00 |",
    ]


def test_a_rate_the_client_may_have_bounded_is_marked() -> None:
    ours, bare = [figures(orders_per_s=8_000)], [figures(orders_per_s=80_000, client_load=0.9)]
    assert table([Measured(Load("orders", 5, in_flight=64), ours, bare)]).splitlines()[3:] == [
        "| orders a second | 8,000 | 80,000 ¹ | 0.10 |",
        "| server CPU per order | 10.0 µs | 10.0 µs | 1.00 |",
    ]


def test_cpu_time_the_system_does_not_tell_is_left_out() -> None:
    ours, bare = [figures(frames_per_s=4_000)], [figures(frames_per_s=2_000)]
    assert table([Measured(Load("book", 5, in_flight=64, subscribers=2), ours, bare)]).splitlines()[3:] == [
        "| frames a second | 4,000 | 2,000 | 2.00 |",
        "| server CPU per frame | - | - | - |",
    ]
