"""The writer's thread: no read contradicts what was told, and a database that is away loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, func, select, text

from builders import VENUE_ID, buy, place
from history.pasts import Past, dumped, expected
from history.postgres import Server
from krakenbox.errors import HistoryError
from krakenbox.history import History, history
from krakenbox.history.schema import FILLS, ORDERS
from krakenbox.model.command import Tick
from krakenbox.model.event import Outcome

SEED, COUNT = 5, 150


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[History]:
    """A history that is closed in the end."""
    found = History(url, VENUE_ID)
    try:
        yield found
    finally:
        await found.close()


def run(test: Coroutine[Any, Any, None]) -> None:
    """Run one test on a loop."""
    asyncio.run(test)


def fills(connection: Connection) -> int:
    """How many fills there are."""
    return connection.scalar(select(func.count()).select_from(FILLS)) or 0


def observe(found: History, outcomes: Iterable[Outcome]) -> None:
    """Let a history see outcomes."""
    for outcome in outcomes:
        found.observe(outcome)


@contextmanager
def blocked(url: str) -> Iterator[None]:
    """The writer waits for somebody else's transaction."""
    engine = create_engine(url)
    with engine.connect() as connection:
        lock = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "LOCK TABLE progress"
        connection.execute(text(lock))
        yield
        connection.rollback()
    engine.dispose()


def behind(past: Past) -> Callable[[int], list[Outcome]]:
    """What a journal gives back."""
    return lambda seq: [outcome for outcome in past.outcomes if outcome.seq > seq]


def test_a_read_sees_what_was_observed_before(url: str) -> None:
    async def test() -> None:
        past = Past("100.0 x 99 |")
        async with opened(url) as found:
            observe(found, past.outcomes)
            for count in range(1, 20):
                past.send(place(buy, 1, at=100))
                found.observe(past.outcomes[-1])
                assert await found.read(fills) == count
            assert (found.lag, found.gap, found.trouble) == (0, None, "")

    run(test())


def test_readers_do_not_wait_for_each_other(url: str) -> None:
    async def test() -> None:
        past = Past("100.0 x 99 |")
        async with opened(url) as found:
            observe(found, past.outcomes)
            counts = []
            for _ in range(10):
                past.send(place(buy, 1, at=100))
                found.observe(past.outcomes[-1])
                counts.append(found.read(fills))
            # Each was asked at the same moment, so each sees all ten.
            assert await asyncio.gather(*counts) == [10] * 10

    run(test())


def test_commands_without_rows_are_passed_too(url: str) -> None:
    async def test() -> None:
        past = Past()
        async with opened(url) as found:
            observe(found, past.outcomes)
            past.send(Tick())
            found.observe(past.outcomes[-1])
            await found.reached(past.seq)
            assert (found.seen_seq, found.lag) == (past.seq, 0)

    run(test())


def test_progress_without_rows_is_written_in_the_end(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "IDLE_ROUNDS", 0)

    async def test() -> None:
        past = Past()
        past.send(Tick())
        async with opened(url) as found:
            observe(found, past.outcomes)
            await found.reached(past.seq)
            assert found.committed_seq == past.seq

    run(test())


def test_a_close_writes_what_is_left(url: str) -> None:
    async def test() -> None:
        async with opened(url) as found:
            observe(found, past.outcomes)

    past = Past().live(SEED, COUNT)
    run(test())
    assert dumped(url) == expected(past)


def test_a_restart_goes_on_from_anywhere_before(url: str) -> None:
    async def test(outcomes: list[Outcome]) -> int:
        async with opened(url) as found:
            observe(found, outcomes)
            return found.committed_seq

    past = Past().live(SEED, COUNT)
    run(test(past.outcomes[:100]))  # type: ignore[arg-type]
    assert asyncio.run(test(past.outcomes[60:])) == past.outcomes[99].seq
    assert dumped(url) == expected(past)


def test_an_observer_waits_for_room_where_nothing_could_be_brought_back(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "BUFFER_EVENTS", 10)
    monkeypatch.setattr(history, "BATCH_EVENTS", 4)

    async def test() -> None:
        async with opened(url) as found:
            observe(found, past.outcomes)
            assert found.gap is None

    past = Past().live(SEED, COUNT)
    run(test())
    assert dumped(url) == expected(past)


def test_what_an_overflow_drops_is_caught_up(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BUFFER_EVENTS", 50)

    async def test() -> None:
        async with opened(url) as found:
            observe(found, past.outcomes[:10])
            await found.reached(past.outcomes[9].seq)
            found.catch_up = behind(past)
            with blocked(url):
                observe(found, past.outcomes[10:])
                assert found.gap == past.outcomes[9].seq
                assert found.lag == past.seq - found.gap
            await found.reached(past.seq)
            assert found.gap is None

    past = Past().live(SEED, COUNT)
    run(test())
    assert dumped(url) == expected(past)


def test_an_overflow_while_catching_up_is_caught_up_too(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BUFFER_EVENTS", 50)
    past, journal, passes = Past().live(SEED, COUNT), list[Outcome](), []

    async def test() -> None:
        async with opened(url) as found:

            def publish(count: int) -> None:
                told = past.outcomes[len(journal) : len(journal) + count]
                journal.extend(told)
                observe(found, told)

            def catch_up(seq: int) -> Iterator[Outcome]:
                passes.append(seq)
                yield from [outcome for outcome in journal if outcome.seq > seq]
                if len(passes) < 3:
                    publish(40)

            found.catch_up = catch_up
            with blocked(url):
                publish(80)
                assert found.gap == 0
            await found.reached(past.outcomes[159].seq)
            publish(len(past.outcomes))

    run(test())
    assert passes[0] == 0
    assert len(passes) >= 3
    assert passes == sorted(passes)
    assert dumped(url) == expected(past)


def test_an_error_of_ours_stops_it_and_is_told(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "BUFFER_EVENTS", 50)
    told: list[Exception] = []

    def catch_up(seq: int) -> list[Outcome]:
        raise OSError(f"no journal behind {seq}")

    async def test() -> None:
        past = Past().live(SEED, COUNT)
        async with opened(url) as found:
            found.catch_up, found.on_failure = catch_up, told.append
            with blocked(url):
                observe(found, past.outcomes)
            with pytest.raises(HistoryError, match="no journal behind 0"):
                await found.reached(past.seq)
            with pytest.raises(HistoryError, match="has stopped: no journal behind 0"):
                await found.read(fills)

    run(test())
    assert [str(error) for error in told] == ["no journal behind 0"]


def test_a_server_that_goes_away_loses_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.database()
    past = Past().live(SEED, COUNT)

    async def test() -> None:
        async with opened(url) as found:
            observe(found, past.outcomes[:50])
            await found.read(fills)
            server.stop()
            try:
                observe(found, past.outcomes[50:120])
                with monkeypatch.context() as patch:
                    patch.setattr(history, "WAIT_S", 0.3)
                    with pytest.raises(HistoryError, match="the history is 70 commands behind"):
                        await found.read(fills)
                assert found.trouble
                assert found.gap is None
            finally:
                server.start()
            observe(found, past.outcomes[120:])
            await found.read(fills)
            assert (found.trouble, found.lag) == ("", 0)

    run(test())
    assert dumped(url) == expected(past)


def test_a_server_that_is_away_when_asked_is_told(server: Server) -> None:
    url = server.database()
    server.stop()
    try:
        with pytest.raises(HistoryError, match="the history cannot be opened: "):
            History(url, VENUE_ID)
    finally:
        server.start()


def test_a_read_that_fails_is_told(url: str) -> None:
    async def test() -> None:
        async with opened(url) as found:
            with pytest.raises(HistoryError, match="nowhere"):
                await found.read(lambda connection: connection.execute(text("SELECT * FROM nowhere")))
            assert await found.read(lambda c: c.scalar(select(func.count()).select_from(ORDERS))) == 0

    run(test())


def test_reads_beyond_the_bound_are_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "READS_WAITING", 3)

    async def test() -> None:
        async with opened(url) as found:
            answers = await asyncio.gather(*(found.read(fills) for _ in range(5)), return_exceptions=True)
            assert answers[:3] == [0, 0, 0]
            assert [str(each) for each in answers[3:]] == ["3 reads are waiting already"] * 2
            assert await found.read(fills) == 0

    run(test())
