"""The documents say what the code does."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from docs.coverage import PAGE, render
from krakenbox.cli.main import app
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


def switches(*command: str) -> set[str]:
    """The switches of a command."""
    found: Any = get_command(app)
    for name in command:
        found = found.commands[name]
    return {name for parameter in found.params for name in parameter.opts if name.startswith("--")}


def test_the_readme_explains_every_switch_of_serve() -> None:
    page = (ROOT / "README.md").read_text()
    table = page.partition("## The switches of `krakenbox serve`")[2].partition("\n## ")[0]
    assert {name for name in switches("serve") if f"`{name}" not in table} == set()


@pytest.mark.parametrize("command", ["verify", "show", "export", "replay", "snapshot"])
def test_durability_explains_every_command_of_journal(command: str) -> None:
    page = (ROOT / "docs" / "durability.md").read_text()
    assert f"`krakenbox journal {command}" in page
    told = set(re.findall(r"--[a-z-]+", page))
    assert switches("journal", command) - told == set()
