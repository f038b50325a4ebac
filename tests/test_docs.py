"""The documents say what the code does."""

from pathlib import Path

from docs.coverage import PAGE, render
from krakenbox.protocol.v2.methods import METHODS

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "krakenbox"


def test_coverage_is_what_the_tables_say() -> None:
    assert PAGE.read_text() == render(), "run: python -m docs.coverage"


def test_coverage_lists_every_method() -> None:
    page = PAGE.read_text()
    assert [name for name in METHODS if f"| `{name}` |" not in page] == []


def test_the_plan_of_the_house_names_every_module() -> None:
    plan = (ROOT / "docs" / "architecture.md").read_text()
    modules = [path for path in SOURCE.rglob("*.py") if not path.stem.startswith("__")]
    assert len(modules) > 100
    assert [str(path.relative_to(SOURCE)) for path in modules if f"`{path.stem}`" not in plan] == []
