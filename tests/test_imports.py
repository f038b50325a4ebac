"""The import contracts of pyproject.toml can fail: each forbidden edge, drawn into an empty house, does."""

from pathlib import Path

import pytest
from grimp import ImportGraph
from importlinter.api import read_configuration
from importlinter.contracts.layers import LayersContract

CONFIGURATION = read_configuration(str(Path(__file__).parents[1] / "pyproject.toml"))
CONTRACTS = {options["id"]: options for options in CONFIGURATION["contracts_options"]}
PACKAGES = {layer.strip(" ()") for line in CONTRACTS["layers"]["layers"] for layer in line.split("|")}
HOUSE = [*PACKAGES, "gateway.session", "gateway.v1", "gateway.v2", "gateway.rest", "gateway.server"]
ALLOWED = [
    ("cli", "sim"),
    ("local", "config"),
    ("config", "model"),
    ("local", "gateway.server"),
    ("gateway.server", "sequencer"),
    ("gateway.v2", "feeds"),
    ("feeds", "protocol"),
    ("client", "protocol"),
    ("sequencer", "journal"),
    ("journal", "venue"),
    ("venue", "engine"),
    ("engine", "model"),
    ("model", "errors"),
]


def broken(*edges: tuple[str, str], without: str = "") -> set[str]:
    """Ids of the contracts that a house with these imports breaks."""
    graph = ImportGraph()
    for module in ("krakenbox", *(f"krakenbox.{name}" for name in HOUSE if name != without)):
        graph.add_module(module)
    for importer, imported in edges:
        graph.add_import(
            importer=f"krakenbox.{importer}",
            imported=f"krakenbox.{imported}",
            line_number=1,
            line_contents=f"import krakenbox.{imported}",
        )
    session = CONFIGURATION["session_options"]
    return {
        key
        for key, options in CONTRACTS.items()
        if not LayersContract(options["name"], session, dict(options)).check(graph, verbose=False).kept
    }


def test_the_intended_imports_are_kept() -> None:
    assert broken(*ALLOWED) == set()


def test_a_room_not_yet_built_breaks_nothing() -> None:
    assert broken(("feeds", "protocol"), without="client") == set()


def test_a_new_child_of_the_package_needs_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "HOUSE", [*HOUSE, "utils"])
    assert broken() == {"layers"}


@pytest.mark.parametrize(
    ("importer", "imported", "contracts"),
    [
        ("errors", "clock", {"layers"}),
        ("model", "engine", {"layers"}),
        ("engine", "venue", {"layers"}),
        ("venue", "journal", {"layers"}),
        ("journal", "sequencer", {"layers"}),
        ("sequencer", "protocol", {"layers"}),
        ("protocol", "sequencer", {"layers"}),
        ("protocol", "journal", {"protocol"}),
        ("protocol", "venue", {"protocol"}),
        ("protocol", "engine", {"protocol"}),
        ("protocol", "feeds", {"layers"}),
        ("feeds", "history", {"layers"}),
        ("feeds", "sequencer", {"views"}),
        ("feeds", "venue", {"views"}),
        ("history", "engine", {"views"}),
        ("gateway", "client", {"layers"}),
        ("gateway", "config", {"layers"}),
        ("client", "config", {"layers", "client"}),
        ("client", "gateway", {"layers", "client"}),
        ("client", "feeds", {"client"}),
        ("client", "history", {"client"}),
        ("client", "sequencer", {"client"}),
        ("client", "journal", {"client"}),
        ("client", "venue", {"client"}),
        ("client", "engine", {"client"}),
        ("gateway.session", "sequencer", {"gateway"}),
        ("gateway.v1", "venue", {"gateway"}),
        ("gateway.v2", "engine", {"gateway"}),
        ("gateway.rest", "venue", {"gateway"}),
        ("gateway.v2", "local", {"layers"}),
        ("sim", "local", {"layers"}),
        ("sim", "cli", {"layers"}),
    ],
)
def test_a_forbidden_import_breaks_its_contract(importer: str, imported: str, contracts: set[str]) -> None:
    assert broken((importer, imported)) == contracts


def test_a_detour_is_no_way_around() -> None:
    assert broken(("gateway.v2", "gateway.server"), ("gateway.server", "sequencer")) == {"gateway"}
    assert broken(("client", "protocol"), ("protocol", "venue")) == {"client", "protocol"}
