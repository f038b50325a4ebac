"""The tables are those that the document describes, and its queries run."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text

from builders import buy, place, sell
from changes import amend, own
from history.pasts import Past, recording
from krakenbox.history.schema import METADATA, VERSION, Exact

PAGE = Path(__file__).parents[2] / "docs" / "history.md"
QUERY = re.compile(r"```sql\n(.*?)```", re.DOTALL)
QUERIES = QUERY.findall(PAGE.read_text())


def rendered() -> str:
    """The tables as the document lists them."""
    lines = []
    for table in METADATA.tables.values():
        key = ", ".join(f"`{column.name}`" for column in table.primary_key.columns)
        lines += [f"### `{table.name}`", "", f"Key: {key}.", "", "| column | kind | what |", "|---|---|---|"]
        for column in table.columns:
            kind = "decimal" if isinstance(column.type, Exact) else column.type.python_type.__name__
            lines.append(f"| `{column.name}` | {KINDS.get(kind, kind)} | {column.comment} |")
        lines.append("")
    return "\n".join(lines)


KINDS = {"str": "text", "int": "integer", "bool": "boolean"}


def test_every_column_says_what_it_is() -> None:
    columns = [column for table in METADATA.tables.values() for column in table.columns]
    assert [str(column) for column in columns if not column.comment] == []


def test_the_document_lists_the_tables_as_they_are() -> None:
    listed = PAGE.read_text().partition("## Tables\n\n")[2].partition("## Queries")[0]
    assert listed.strip() == rendered().strip()


def test_the_version_is_known() -> None:
    assert VERSION == 1


@pytest.mark.parametrize(
    ("stored", "units"), [("62807.0", 628070), ("-0.0500", -500), ("7", 7), (None, None)]
)
def test_a_stored_decimal_is_the_integer_again(stored: str | None, units: int | None) -> None:
    dialect = create_engine("sqlite://").dialect
    assert Exact().process_result_value(stored, dialect) == units


@pytest.mark.parametrize("query", QUERIES)
def test_the_documents_queries_find_something(url: str, query: str) -> None:
    past = Past("100.0 x 99:bob |")
    past.send(place(buy, 2, at=100))
    past.send(place(buy, 1, at=90))
    past.send(amend(own(past), qty=3))
    past.send(place(sell, 1, at=120))
    with recording(url) as made:
        made.feed(past.outcomes)
    dialect = "PostgreSQL" if url.startswith("postgresql") else "SQLite"
    others = {"PostgreSQL", "SQLite"} - {dialect}
    if any(f"-- {other} " in query for other in others):
        pytest.skip("a query for the other database")
    engine = create_engine(url)
    if dialect == "SQLite":
        event.listen(engine, "connect", lambda raw, _: raw.create_aggregate("decimal_sum", 1, _Sum))
    with engine.connect() as connection:
        assert connection.execute(text(query)).all() != []
    engine.dispose()


class _Sum:
    """The `decimal_sum` of the `sqlite3` program, which the library does not have."""

    def __init__(self) -> None:
        self._sum = Decimal(0)

    def step(self, value: str) -> None:
        """Add one."""
        self._sum += Decimal(value)

    def finalize(self) -> str:
        """The sum."""
        return format(self._sum, "f")


def test_the_document_has_queries() -> None:
    assert len(QUERIES) >= 5
