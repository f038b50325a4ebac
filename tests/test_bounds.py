"""docs/bounds.md names every container that lives as long as an exchange or a connection, and its bound."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from builders import cancel, opened, place
from census import census
from krakenbox.gateway.keys import ApiKey, Keyring, PrivateCall
from krakenbox.gateway.level3counter import Level3Counter
from krakenbox.gateway.restcounter import RestCounters
from krakenbox.model.command import Tier
from krakenbox.model.order import AccountId, Side

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "krakenbox"
PAGE = ROOT / "docs" / "bounds.md"
CONTAINERS = {
    "dict",
    "list",
    "set",
    "deque",
    "OrderedDict",
    "defaultdict",
    "bytearray",
    "Counter",
    "SimpleQueue",
}
DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
SHORT_LIVED = ("cli/", "config/", "client/")
"""Rooms that run before an exchange does, or in another process."""
MARKET = ("agents", "dice", "history", "market", "pair", "picture", "pit", "prices", "purse", "standing")
"""Of `sim` the market alone lives in an exchange; simulated worlds end."""


def containers(path: Path, text: str) -> Iterator[str]:
    """Attributes that objects of a module begin with, if they hold many things: `feeds.hub.Hub.accounts`."""
    module = ".".join(path.with_suffix("").parts)
    tree = ast.parse(text)
    for owner in ast.walk(tree):
        if not isinstance(owner, ast.ClassDef) or "Struct" in map(head, owner.bases):
            continue  # a struct is a value: a message, an event, an image
        for statement in owner.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                if head(statement.annotation) in CONTAINERS:
                    yield f"{module}.{owner.name}.{statement.target.id}"
            elif isinstance(statement, ast.FunctionDef) and statement.name in ("__init__", "_begin"):
                for attribute in attributes(statement):
                    yield f"{module}.{owner.name}.{attribute}"
    for function in ast.walk(tree):
        wrapped = function.decorator_list if isinstance(function, ast.FunctionDef) else []
        if {"cache", "lru_cache"} & set(map(head, wrapped)):
            yield f"{module}.{function.name}"


def attributes(function: ast.FunctionDef) -> Iterator[str]:
    for statement in ast.walk(function):
        if isinstance(statement, ast.AnnAssign):
            targets, kinds = [statement.target], {head(statement.annotation), head(statement.value)}
        elif isinstance(statement, ast.Assign):
            targets, kinds = statement.targets, {head(statement.value)}
        else:
            continue
        if kinds & CONTAINERS or isinstance(statement.value, DISPLAYS):
            for target in targets:
                if isinstance(target, ast.Attribute) and head(target.value) == "self":
                    yield target.attr


def head(node: ast.AST | None) -> str:
    """The name that an expression begins with: `dict` of `dict[str, int]` and of `dict(a=1)`."""
    while isinstance(node, ast.Subscript | ast.Call):
        node = node.value if isinstance(node, ast.Subscript) else node.func
    return getattr(node, "id", getattr(node, "attr", ""))


def found() -> list[str]:
    names: list[str] = []
    for path in sorted(SOURCE.rglob("*.py")):
        inside = path.relative_to(SOURCE)
        if inside.parts[0] == "sim" and inside.stem not in MARKET:
            continue
        if not str(inside).startswith(SHORT_LIVED):
            names += containers(inside, path.read_text())
    return names


def listed() -> list[str]:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([\w.]+)`", row.split(" | ")[0])]


def test_every_container_has_a_bound() -> None:
    names = found()
    assert len(names) > 100
    assert sorted(set(names) - set(listed())) == [], "say in docs/bounds.md what bounds it"


def test_the_tests_that_hold_a_bound_are_there() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert {len(row) for row in rows} == {3}
    names = {name for row in rows for name in re.findall(r"`([\w/]+)`", row[2])}
    assert len(names) > 10
    assert [name for name in sorted(names) if not (ROOT / "tests" / f"{name}.py").exists()] == []


def test_no_bound_is_of_something_that_is_no_more() -> None:
    assert sorted(set(listed()) - set(found())) == []
    assert len(listed()) == len(set(listed()))


def test_what_is_no_key_is_counted_by_its_address_alone() -> None:
    ring = Keyring()
    ring.add(ApiKey(key_id="known", secret="c2VjcmV0", account=AccountId("alice")))
    for number in range(500):
        call = PrivateCall(
            address=f"10.0.0.{number % 3}",
            key_id=f"unknown-{number}",
            signature="",
            path="/0/private/Balance",
            nonce=str(number),
            body=b"",
        )
        assert ring.authenticate(call, number).error
        assert ring.authenticate(replace(call, key_id="known", address=f"10.0.1.{number % 3}"), number).error
    sizes = census(ring)
    assert sizes["gateway.keys.Keyring._addresses"] == 6
    assert sizes["gateway.keys.Keyring._key_strikes"] == 1
    assert sizes["gateway.keys.Keyring._nonces"] == 0


def test_counters_keep_one_entry_however_often_they_are_charged() -> None:
    calls, books = RestCounters(), Level3Counter()
    for second in range(1_000):
        now_ns = second * 10**9
        for number in range(5):
            calls.charge(f"key-{number}", Tier.PRO, 1, now_ns)
            books.charge(AccountId(f"account-{number}"), Tier.PRO, 10, now_ns)
    assert census(calls) == {"gateway.restcounter.RestCounters._counters": 5}
    assert census(books) == {"gateway.level3counter.Level3Counter._spent": 5}


def test_trading_counters_are_one_per_pair_and_client_ids_those_of_open_orders() -> None:
    pit = opened("")
    for number in range(40):
        pit.send(place(Side.BUY, 1, at=90, cl_ord_id=f"id-{number}"))
        pit.send(cancel(cl_ord_id=f"id-{number}"))
    account = pit.exchange.venue.accounts[AccountId("alice")]
    assert (len(account.counters), account.orders, account.cl_ord_ids) == (1, {}, {})


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("self.kept = {}", "a.b.C.kept"),
        ("self.kept: dict[str, int] = other", "a.b.C.kept"),
        ("self.kept: Aftermath = deque()", "a.b.C.kept"),
        ("self.kept = OrderedDict()", "a.b.C.kept"),
        ("self.kept = [x for x in y]", "a.b.C.kept"),
        ("self.kept = 1", ""),
        ("kept = {}", ""),
    ],
)
def test_the_look_sees_what_holds_many_things(line: str, name: str) -> None:
    text = f"class C:\n    def __init__(self):\n        {line}\n"
    assert list(containers(Path("a/b.py"), text)) == ([name] if name else [])
