"""One transaction after the other: a batch's rows, and with them the command they reach to.

A batch whose command the database has reached already is passed over, so that to write one twice, or to
replay what was written, changes nothing.
"""

from collections.abc import Callable, Iterable
from itertools import islice

from msgspec import Struct
from sqlalchemy import Connection, Engine, Table, func, inspect, select, tuple_

from krakenbox.errors import ConfigError
from krakenbox.history.rows import Batch, Changes, Known, Row, Scales
from krakenbox.history.schema import (
    ACCOUNTS,
    ASSETS,
    CANDLES,
    INSTRUMENTS,
    METADATA,
    ORDERS,
    PROGRESS,
    VERSION,
)
from krakenbox.model.command import Bar, Tier
from krakenbox.model.order import AccountId

TRADES_KEPT = 1_000_000
"""Public trades kept per market, about 100 MB each: a week and more of a busy one. Clients' fills stay."""
_TRIM_EVERY = 10_000
"""Trades after which the oldest are dropped."""

_ROWS_AT_ONCE = 200
"""Rows per call of the driver: about a millisecond."""

_REPLACED = (ACCOUNTS, ASSETS, INSTRUMENTS, CANDLES)
"""Tables whose rows come again with other values."""
_LASTING = ("id", "order_id", "account", "symbol", "side", "opened_ns", "terms")
"""Columns of an order that never change, and by which no change is told."""
_CHANGING = tuple(column.name for column in ORDERS.columns if column.name not in _LASTING)


class Progress(Struct, frozen=True, gc=False):
    """How far the tables reach."""

    seq: int
    time_ns: int


class Statements:
    """The SQL of a dialect; SQLite and PostgreSQL differ in nothing but the mark of a parameter."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self.insert = {table.name: self._insert(table) for table in METADATA.sorted_tables}
        changes = ", ".join(f"{name} = coalesce({mark}, {name})" for name in _CHANGING)
        self.change_order = f"UPDATE orders SET {changes} WHERE order_id = {mark}"
        self.reach = f"UPDATE progress SET seq = {mark}, time_ns = {mark} WHERE seq < {mark}"
        self.trim = f"DELETE FROM trades WHERE symbol = {mark} AND trade_id <= {mark}"

    def _insert(self, table: Table) -> str:
        names = [column.name for column in table.columns]
        marks = ", ".join([self._mark] * len(names))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"
        if table not in _REPLACED:
            return statement
        key = [column.name for column in table.primary_key.columns]
        values = ", ".join(f"{name} = excluded.{name}" for name in names if name not in key)
        return f"{statement} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {values}"


class Writer:
    """Writes batches into a database whose tables it has found or made; all of it may raise its errors."""

    def __init__(self, engine: Engine, venue_id: int, breathe: Callable[[], None] = lambda: None) -> None:
        """Raises `ConfigError` if the database holds something else. `breathe` is called between rows."""
        self._engine = engine
        self._breathe = breathe
        self._statements = Statements("?" if engine.dialect.paramstyle == "qmark" else "%s")
        with engine.begin() as connection:
            self.progress = _opened(connection, str(venue_id))

    def known(self) -> Known:
        """Where a recorder goes on from."""
        with self._engine.connect() as connection:
            assets = connection.execute(select(ASSETS.c.asset, ASSETS.c.decimals))
            i = INSTRUMENTS.c
            columns = (i.symbol, i.base, i.price_decimals, i.qty_decimals, i.cost_decimals)
            scales = {row[0]: Scales(*row[1:]) for row in connection.execute(select(*columns))}
            house = select(ACCOUNTS.c.account).where(ACCOUNTS.c.tier == Tier.HOUSE)
            candles: dict[str, list[Bar]] = {symbol: [] for symbol in scales}
            for symbol, bar in _latest_candles(connection):
                candles[symbol].append(bar)
            return Known(
                assets={row.asset: row.decimals for row in assets},
                scales=scales,
                house=set(map(AccountId, connection.scalars(house))),
                candles=candles,
            )

    def write(self, batch: Batch) -> None:
        """Write a batch, unless the database reached its command before."""
        statements = self._statements
        with self._engine.begin() as connection:
            # First, so that whoever else writes here waits for this transaction, or this one for theirs.
            reached = connection.exec_driver_sql(statements.reach, (batch.seq, batch.time_ns, batch.seq))
            if not reached.rowcount:
                return  # An earlier try came through, though its answer did not.
            for name, rows in batch.inserted.items():
                self._many(connection, statements.insert[name], rows)
            self._many(connection, statements.insert[ORDERS.name], map(_order_row, batch.opened.values()))
            self._many(connection, statements.change_order, _change_rows(batch))
            self._many(connection, statements.insert[CANDLES.name], batch.candles)
            self._many(connection, statements.trim, _trims(batch))
        self.progress = Progress(batch.seq, batch.time_ns)

    def _many(self, connection: Connection, statement: str, rows: Iterable[Row]) -> None:
        coming = iter(rows)
        while some := list(islice(coming, _ROWS_AT_ONCE)):
            connection.exec_driver_sql(statement, some)
            self._breathe()


def _opened(connection: Connection, venue_id: str) -> Progress:
    """Find or make the tables."""
    present = set(inspect(connection).get_table_names())
    if PROGRESS.name not in present:
        strange = sorted(present & set(METADATA.tables))
        if strange:
            raise ConfigError(f"the history's database must be empty or krakenbox's own; it has {strange}")
        METADATA.create_all(connection)
        connection.execute(PROGRESS.insert().values(version=VERSION, venue_id=venue_id, seq=0, time_ns=0))
    version = connection.exec_driver_sql("SELECT version FROM progress").scalar_one()
    if version != VERSION:
        raise ConfigError(f"the history's tables must be of version {VERSION}; was {version}")
    found = connection.execute(select(PROGRESS)).one()
    if found.venue_id != venue_id:
        raise ConfigError(f"the history must be that of exchange {venue_id}; was that of {found.venue_id}")
    return Progress(found.seq, found.time_ns)


def _latest_candles(connection: Connection) -> Iterable[tuple[str, Bar]]:
    key = (CANDLES.c.symbol, CANDLES.c.minutes)
    latest = select(*key, func.max(CANDLES.c.begin_ns)).group_by(*key)
    for row in connection.execute(select(CANDLES).where(tuple_(*key, CANDLES.c.begin_ns).in_(latest))):
        prices = (row.open, row.high, row.low, row.close)
        yield row.symbol, Bar(row.begin_ns, row.minutes, *prices, row.qty, row.cost, row.trades)


_ORDER_COLUMNS = tuple(column.name for column in ORDERS.columns)


def _order_row(order: Changes) -> Row:
    return tuple(map(order.get, _ORDER_COLUMNS))


def _change_rows(batch: Batch) -> Iterable[Row]:
    for order_id, changes in batch.changed.items():
        yield *map(changes.get, _CHANGING), order_id


def _trims(batch: Batch) -> Iterable[Row]:
    for symbol, trade_id in batch.last_trades.items():
        until = trade_id // _TRIM_EVERY * _TRIM_EVERY - TRADES_KEPT
        if until > 0:
            yield symbol, until
