"""The tables. docs/history.md explains them to whoever queries them.

Every number of an asset or a market is an exact decimal, printed at the precision of its market or asset:
NUMERIC in PostgreSQL, text in SQLite, whose own numbers would lose digits. Read back it is the integer again.
"""

from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
)
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

VERSION = 1
"""Raised by every change of the tables."""

PLACE_BITS = 20
"""A row's `id` is the sequence number of its command, then 20 bits for its place among the events."""


class Exact(TypeDecorator[int]):
    """Decimal text in the database, an integer of the smallest decimal in Python."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Decimal] | TypeEngine[str]:
        """NUMERIC without a scale keeps the decimals that it is given; SQLite has nothing like it."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric())
        return dialect.type_descriptor(Text())

    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> int | None:
        """All decimals are printed, so the digits alone are the integer."""
        if value is None:
            return None
        text = value if isinstance(value, str) else format(value, "f")
        return int(text.replace(".", ""))


METADATA = MetaData()


def _id() -> Column[int]:
    comment = (
        f"sequence number of the command x 2^{PLACE_BITS}, plus the event's place: ascends as things happened"
    )
    number = BigInteger().with_variant(Integer(), "sqlite")
    return Column("id", number, primary_key=True, autoincrement=False, comment=comment)


def _text(name: str, comment: str, primary_key: bool = False) -> Column[str]:
    return Column(name, String(), nullable=False, primary_key=primary_key, comment=comment)


def _exact(name: str, comment: str) -> Column[int]:
    return Column(name, Exact(), nullable=False, comment=comment)


def _time(name: str, comment: str) -> Column[int]:
    return Column(name, BigInteger(), nullable=False, comment=f"{comment}; Unix time in ns")


def _flag(name: str, comment: str) -> Column[bool]:
    return Column(name, Boolean(), nullable=False, comment=comment)


PROGRESS = Table(
    "progress",
    METADATA,
    Column("version", Integer, primary_key=True, autoincrement=False, comment="version of these tables"),
    _text("venue_id", "the exchange whose history this is"),
    Column("seq", BigInteger, nullable=False, comment="last command whose events are in the tables"),
    _time("time_ns", "when that command came"),
)
ASSETS = Table(
    "assets",
    METADATA,
    _text("asset", "`BTC`", primary_key=True),
    _text("rest_id", "`XXBT`"),
    Column("decimals", Integer, nullable=False, comment="decimals of its ledger"),
)
INSTRUMENTS = Table(
    "instruments",
    METADATA,
    _text("symbol", "`BTC/USD`", primary_key=True),
    _text("rest_id", "`XXBTZUSD`"),
    _text("altname", "`XBTUSD`"),
    _text("base", "asset that is traded"),
    _text("quote", "asset that prices are in"),
    Column("price_decimals", Integer, nullable=False, comment="decimals of its prices"),
    Column("qty_decimals", Integer, nullable=False, comment="decimals of its quantities"),
    Column("cost_decimals", Integer, nullable=False, comment="decimals of its costs and fees"),
)
ACCOUNTS = Table(
    "accounts",
    METADATA,
    _text("account", "its name", primary_key=True),
    _text("tier", "`starter`, `intermediate`, `pro`, or `house`: an agent, whose rows are in no other table"),
)
ORDERS = Table(
    "orders",
    METADATA,
    _id(),
    _text("order_id", "`OXXXXX-XXXXX-XXXXXX`"),
    _text("account", "who entered it"),
    _text("symbol", "market"),
    _text("side", "`buy` or `sell`"),
    _text("order_type", "as entered: `limit`, `market`, `stop-loss`..."),
    _text("time_in_force", "`gtc`, `gtd`, `ioc` or `fok`"),
    _text("cl_ord_id", "the client's id; empty if none"),
    Column("userref", BigInteger, nullable=False, comment="the client's number; 0 if none"),
    _text("status", "`pending_new`, `new`, `partially_filled`; then `filled`, `canceled` or `expired`"),
    _text("reason", "why it was canceled or expired; empty otherwise"),
    _time("opened_ns", "when it was accepted"),
    Column("closed_ns", BigInteger, comment="when it ended; Unix time in ns, NULL while it is open"),
    _exact("qty", "base quantity, as last amended; 0 of a market buy entered by `cash_qty`"),
    _exact("cash_qty", "quote amount that such an order spends at most; else 0"),
    _exact("display_qty", "visible part of an iceberg, as last amended; else 0"),
    _exact("limit_price", "as last amended; 0 of types without one"),
    _exact("trigger_price", "effective trigger price, as last moved; 0 of types without one"),
    _exact("first_trigger_price", "effective trigger price at entry"),
    _flag("triggered", "whether its trigger fired"),
    _flag("amended", "whether it was amended; `amends` says how"),
    _exact("cum_qty", "quantity filled"),
    _exact("cum_cost", "sum of the fills' costs"),
    _exact("avg_price", "average price of the fills; 0 without any"),
    _exact("fee_usd", "fees in USD, set when it ends; fees as charged stand in `fills`"),
    _text("parent_id", "the order whose fill entered it as its conditional close; empty otherwise"),
    _text("replaces", "the order that it replaced by an edit; empty otherwise"),
    _text("terms", "all its terms as entered, as krakenbox itself keeps them"),
    _text("amended_terms", "the same as last amended; empty if never"),
    Index("orders_order_id", "order_id", unique=True),
    Index("orders_opened", "account", "opened_ns", "id"),
    Index("orders_closed", "account", "closed_ns", "id"),
)
FILLS = Table(
    "fills",
    METADATA,
    _id(),
    _text("exec_id", "`TXXXXX-XXXXX-XXXXXX`"),
    _text("account", "whose fill it is; the other side, if a client too, has a row of its own"),
    _text("order_id", "the order that was filled"),
    _text("symbol", "market"),
    _text("side", "`buy` or `sell`"),
    _text("order_type", "of the order, as entered"),
    _time("time_ns", "when"),
    Column("trade_id", BigInteger, nullable=False, comment="number of the trade in its market"),
    _exact("price", "price"),
    _exact("qty", "base quantity"),
    _exact("cost", "price x quantity, rounded to the market's cost decimals"),
    _exact("fee", "fee in `fee_asset`"),
    _text("fee_asset", "the base or the quote asset"),
    _exact("fee_usd", "fee in USD; 0 where the quote asset has no USD price"),
    _flag("maker", "whether the order rested in the book"),
    Index("fills_exec_id", "exec_id", unique=True),
    Index("fills_order_id", "order_id"),
    Index("fills_time", "account", "time_ns", "id"),
)
LEDGER = Table(
    "ledger",
    METADATA,
    _id(),
    _text("ledger_id", "`LXXXXX-XXXXX-XXXXXX`"),
    _text("account", "whose balance changed"),
    _text("asset", "which balance"),
    _text("kind", "`deposit` or `trade`"),
    _text("ref_id", "`exec_id` of the fill; an id of its own for a deposit"),
    _time("time_ns", "when"),
    _exact("amount", "what came in; negative if it went out"),
    _exact("fee", "what was taken besides"),
    _exact("balance", "afterwards: the balance before + amount - fee"),
    Index("ledger_ledger_id", "ledger_id", unique=True),
    Index("ledger_ref_id", "ref_id"),
    Index("ledger_time", "account", "time_ns", "id"),
)
AMENDS = Table(
    "amends",
    METADATA,
    _id(),
    _text("amend_id", "`TXXXXX-XXXXX-XXXXXX`; empty of what the venue restated"),
    _text("account", "whose order it is"),
    _text("order_id", "the order, which keeps its id"),
    _time("time_ns", "when"),
    _text("kind", "`user` if the owner asked for it, `restated` if the venue did it"),
    _text("reason", "why"),
    _exact("qty", "quantity afterwards"),
    _exact("cum_qty", "of which were filled already"),
    _exact("display_qty", "visible part of an iceberg afterwards; else 0"),
    _exact("limit_price", "limit price afterwards; 0 of types without one"),
    _exact("trigger_price", "trigger price afterwards; 0 of types without one"),
    Index("amends_order_id", "order_id", "id"),
)
TRADES = Table(
    "trades",
    METADATA,
    _text("symbol", "market", primary_key=True),
    Column("trade_id", BigInteger, primary_key=True, autoincrement=False, comment="1, 2, 3... in its market"),
    _time("time_ns", "when"),
    _exact("price", "price"),
    _exact("qty", "base quantity"),
    _text("taker_side", "`buy` or `sell`"),
    _text("taker_type", "`limit` or `market`"),
    Index("trades_time", "symbol", "time_ns"),
    sqlite_with_rowid=False,
)
CANDLES = Table(
    "candles",
    METADATA,
    _text("symbol", "market", primary_key=True),
    Column("minutes", Integer, primary_key=True, autoincrement=False, comment="interval: 1, 5, 15 ... 21600"),
    Column(
        "begin_ns", BigInteger, primary_key=True, autoincrement=False, comment="its start; Unix time in ns"
    ),
    _exact("open", "price of the first trade"),
    _exact("high", "highest price"),
    _exact("low", "lowest price"),
    _exact("close", "price of the last trade"),
    _exact("qty", "base quantity traded"),
    _exact("cost", "exact sum of price x quantity; divided by `qty` it is the volume-weighted average price"),
    Column("trades", Integer, nullable=False, comment="number of trades"),
    sqlite_with_rowid=False,
)
