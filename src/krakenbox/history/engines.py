"""Connections to the history's database: one engine that writes, one that only reads."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from krakenbox.errors import ConfigError, HistoryError

DIALECTS = ("sqlite", "postgresql+psycopg")
CONNECT_S = 5
"""How long a PostgreSQL server may take to answer a connect, and how long SQLite waits for another's lock."""

T = TypeVar("T")


class Engines(Struct, frozen=True):
    """A database's engines."""

    writing: Engine
    reading: Engine

    def dispose(self) -> None:
        """Close all connections."""
        self.writing.dispose()
        self.reading.dispose()


def opened(url: str) -> Engines:
    """Engines for a URL; nothing is connected yet. Raises `ConfigError`."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError("the history's URL must be like postgresql+psycopg://user@host/name") from None
    if parsed.drivername not in DIALECTS:
        raise ConfigError(f"the history's URL must begin with one of {DIALECTS}; was {parsed.drivername}")
    if parsed.drivername == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError("the history's URL must name a file: sqlite:///history.sqlite")
    try:
        return Engines(_engine(parsed, reading=False), _engine(parsed, reading=True))
    except (ImportError, NoSuchModuleError) as error:
        raise ConfigError(
            f"PostgreSQL needs a driver: pip install 'krakenbox[postgres]' ({error})"
        ) from error


def attempt(step: Callable[[], T]) -> T:
    """One step of opening. Raises `HistoryError` for what the database raises."""
    try:
        return step()
    except SQLAlchemyError as error:
        raise HistoryError(f"the history cannot be opened: {said(error)}") from error


def said(error: SQLAlchemyError) -> str:
    """The database's own words, on one line."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())


def _engine(url: URL, *, reading: bool) -> Engine:
    if url.drivername == "sqlite":
        engine = create_engine(url, connect_args={"timeout": CONNECT_S})
        event.listen(engine, "connect", _read_only if reading else _write_ahead)
        return engine
    options = {"postgresql_readonly": True} if reading else {}
    return create_engine(
        url,
        # The statements of `writer` have marks without names.
        paramstyle="format",
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_S},
        execution_options=options,
    )


def _write_ahead(connection: Any, _: object) -> None:
    # Readers and the writer do not wait for each other. A power cut may lose the last transactions, never the
    # database: the journal is what is durable, and has them.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _read_only(connection: Any, _: object) -> None:
    connection.execute("PRAGMA query_only=ON")
