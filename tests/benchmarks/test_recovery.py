"""The page on starts: rates, and each beside the engine alone."""

from benchmarks.recovery import Figures, table
from benchmarks.traffic import Traffic
from builders import Pit
from krakenbox.model.event import Outcome, Rejected, Traded


def test_each_start_stands_beside_the_engine_alone() -> None:
    figures = Figures(
        commands=1_000_000,
        open_orders=100_000,
        apply_s=20.0,
        state_s=40.0,
        journal_s=25.0,
        journal_mb=143.4,
        snapshot_s=1.56,
        snapshot_mb=60.0,
    )
    assert table(figures).splitlines() == [
        "| | time | commands a second | of the engine's speed |",
        "|---|---:|---:|---:|",
        "| 1,000,000 commands, the engine alone | 20.0 s | 50,000 | 1.00 |",
        "| 1,000,000 commands, engine, views and state hash | 40.0 s | 25,000 | 0.50 |",
        "| start from a journal of 1,000,000 commands, 143 MB | 25.0 s | 40,000 | 0.80 |",
        "| start from a snapshot with 100,000 open orders, 60 MB | 1.6 s | | |",
    ]


def test_its_traffic_is_accepted_trades_and_leaves_as_many_orders_as_wanted() -> None:
    traffic, pit = Traffic(2_000, 200), Pit()
    for command in traffic.opening():
        traffic.heard([Outcome(pit.seq, pit.time_ns, pit.send(command))])
    told = []
    for _ in range(2_000):
        events = pit.send(traffic.next())
        traffic.heard([Outcome(pit.seq, pit.time_ns, events)])
        told += events
    assert not [event for event in told if isinstance(event, Rejected)]
    assert sum(isinstance(event, Traded) for event in told) > 50
    open_orders = sum(len(account.orders) for account in pit.exchange.venue.accounts.values())
    assert 180 < open_orders <= 220
