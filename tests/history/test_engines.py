"""Which databases can be a history, and what is said of those that cannot."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from krakenbox.errors import ConfigError, HistoryError
from krakenbox.history import engines


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("history", "must be like postgresql"),
        ("mysql://here/x", r"must begin with one of \('sqlite', 'postgresql\+psycopg'\); was mysql"),
        ("postgresql://here/x", "was postgresql"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
    ],
)
def test_other_urls_are_refused(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        engines.opened(url)


def test_readers_cannot_write(url: str) -> None:
    opened = engines.opened(url)
    with opened.writing.begin() as connection:
        connection.execute(text("CREATE TABLE drawer (spoons INTEGER)"))
    with opened.reading.connect() as connection, pytest.raises(DBAPIError, match=r"read-?only"):
        connection.execute(text("INSERT INTO drawer VALUES (1)"))
    opened.dispose()


def test_sqlite_lets_readers_and_the_writer_go_on(tmp_path: object) -> None:
    opened = engines.opened(f"sqlite:///{tmp_path}/history.sqlite")
    with opened.writing.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 1
    opened.dispose()


def test_a_database_error_is_told_in_its_own_words(tmp_path: object) -> None:
    opened = engines.opened(f"sqlite:///{tmp_path}/missing/history.sqlite")
    with pytest.raises(HistoryError, match="cannot be opened: unable to open database file"):
        engines.attempt(opened.writing.connect)
    assert engines.said(SQLAlchemyError("one\n  two")) == "one two"
