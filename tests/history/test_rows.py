"""Events to rows, without a database."""

from builders import buy, place, sell
from changes import amend, own
from history.pasts import Past
from krakenbox.history.rows import Known, Recorder
from krakenbox.history.schema import METADATA, PLACE_BITS
from krakenbox.history.sieve import Kept, Sieve


def recorded(past: Past, known: Known | None = None, after: int = 0) -> Recorder:
    """A recorder that was given everything behind a command."""
    recorder, sieve = Recorder(known or Known(), after), Sieve(["mia"])
    for outcome in past.outcomes:
        recorder.record(Kept(outcome.seq, outcome.time_ns, sieve.keep(outcome)))
    return recorder


def test_a_row_has_a_value_for_each_column() -> None:
    past = Past("102.0 x 2 |")
    past.send(place(sell, 2, at=101))
    past.send(amend(own(past), qty=3))
    past.send(place(buy, 1, at=103, by="bob"))
    batch = recorded(past).take()
    columns = {table.name: len(table.columns) for table in METADATA.sorted_tables}
    assert set(batch.inserted) == {"assets", "instruments", "accounts", "ledger", "amends", "fills", "trades"}
    for name, rows in batch.inserted.items():
        assert {len(row) for row in rows} == {columns[name]}, name
    assert {len(row) for row in batch.candles} == {columns["candles"]}
    assert {tuple(order) for order in batch.opened.values()} == {
        tuple(METADATA.tables["orders"].columns.keys())
    }


def test_a_row_is_numbered_by_its_command_and_its_place() -> None:
    past = Past("100.0 x 2 |")
    past.send(place(buy, 1, at=100))
    batch = recorded(past).take()
    (fill,) = batch.inserted["fills"]
    (order,) = batch.opened.values()
    assert (order["id"], fill[0]) == (past.seq << PLACE_BITS | 1, past.seq << PLACE_BITS | 6)
    assert (batch.seq, batch.time_ns) == (past.seq, past.time_ns)


def test_what_was_recorded_is_passed_over() -> None:
    past = Past("100.0 x 2 |")
    recorder = recorded(past)
    size = recorder.size
    for outcome in past.outcomes:
        recorder.record(Kept(outcome.seq, outcome.time_ns, Sieve([]).keep(outcome)))
    assert recorder.size == size
    assert recorder.seq == past.seq


def test_a_batch_is_taken_once() -> None:
    recorder = recorded(Past("100.0 x 2 |"))
    assert recorder.take()
    assert recorder.size == 0
    assert not recorder.take()


def test_time_that_passes_without_rows_is_progress() -> None:
    recorder = Recorder(Known(), 5)
    recorder.advance(9, 90)
    recorder.advance(7, 70)
    batch = recorder.take()
    assert (batch.seq, batch.time_ns, bool(batch)) == (9, 90, False)


def test_an_order_of_an_earlier_batch_tells_its_changes_alone() -> None:
    past = Past("100.0 x 2 |")
    past.send(place(buy, 1, at=99))
    recorder = recorded(past)
    recorder.take()
    past.outcomes.clear()
    order_id = own(past).order_id
    past.send(amend(own(past), qty=2))
    (outcome,) = past.outcomes
    recorder.record(Kept(outcome.seq, outcome.time_ns, Sieve([]).keep(outcome)))
    batch = recorder.take()
    assert batch.opened == {}
    changes = batch.changed[order_id]
    assert (changes["qty"], changes["limit_price"], changes["amended"]) == ("2.00000000", "99.0", True)
    assert "account" not in changes
