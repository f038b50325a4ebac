"""House rules that no linter knows: bounds, integers only, purity, a test beside every module, a clean tree.

A rule is a function from one source to its findings; each is also run on snippets it must find fault with.
"""

import ast
import fnmatch
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULE_LINES = 400
FUNCTION_LINES = 50

INTEGERS_ONLY = ("model", "engine", "venue")
_PURE_GATEWAY = """cancels changes credentials desk entries figures level3counter method replies rest
    restfields restmethod restorders session subscriptions terms v1 v2"""
PURE = (
    *INTEGERS_ONLY,
    "errors",
    "feeds",
    "protocol",
    "sequencer",
    "journal.frames",
    "journal.log",
    "journal.segments",
    "journal.snapshot",
    "history.candles",
    "history.rows",
    "history.sieve",
    "journal.storage",
    *(f"gateway.{name}" for name in _PURE_GATEWAY.split()),
    "client.connection",
    "client.book",
    "client.orders",
)
IMPURE_MODULES = frozenset(
    ("asyncio", "socket", "ssl", "threading", "time", "random", "secrets", "uuid", "logging", "os", "pathlib")
)
IMPURE_CALLS = frozenset(
    (
        "open",
        "input",
        "print",
        "__import__",
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
    )
)

# Written in pieces, for this file is searched too.
MARKS = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b")
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:" + "|".join(("work", "root", "home")) + r")(?:/|\b)")
REGISTRIES = re.compile(
    r"\b(?:"
    + "|".join(("py" + "pi", "python" + "hosted", "np" + "mjs", "debian", "cr" + "ates"))
    + r")\.(?:org|io)\b"
)


@dataclass(frozen=True)
class Source:
    """One file: its path below the repository, with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the syntax tree, outermost first."""
        return list(ast.walk(self.tree))

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        """Dotted name within krakenbox: `gateway.v2`; empty outside of it."""
        if not self.path.startswith("src/krakenbox/"):
            return ""
        return self.path.removeprefix("src/krakenbox/").removesuffix(".py").replace("/", ".")

    def within(self, modules: tuple[str, ...]) -> bool:
        """Whether this is one of the modules, or inside one of the packages, named."""
        return any(self.module == name or self.module.startswith(f"{name}.") for name in modules)


Rule = Callable[[Source], Iterator[str]]


def short_modules(source: Source) -> Iterator[str]:
    """A module has at most 400 lines."""
    if (lines := len(source.text.splitlines())) > MODULE_LINES:
        yield f"{source.path}: {lines} lines, at most {MODULE_LINES}"


def short_functions(source: Source) -> Iterator[str]:
    """A function has at most 50 lines."""
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                yield f"{source.path}:{node.lineno} {node.name}: {lines} lines, at most {FUNCTION_LINES}"


def integers_only(source: Source) -> Iterator[str]:
    """Where money is counted there is no float, by literal, name or true division."""
    for node in source.nodes if source.within(INTEGERS_ONLY) else ():
        match node:
            case ast.Constant(value=float() | complex()):
                yield f"{source.path}:{node.lineno} the literal {node.value}"
            case ast.Name(id="float" | "complex"):
                yield f"{source.path}:{node.lineno} the type {node.id}"
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield f"{source.path}:{node.lineno} true division"


def pure_imports(source: Source) -> Iterator[str]:
    """A pure module imports nothing that knows time, chance, threads or the outside world."""
    for node in source.nodes if source.within(PURE) else ():
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom(module=str(name), level=0):
                names = [name]
            case _:
                continue
        for name in names:
            if name.partition(".")[0] in IMPURE_MODULES:
                yield f"{source.path}:{node.lineno} imports {name}"


def pure_bodies(source: Source) -> Iterator[str]:
    """A pure module is synchronous, reads no clock and does no input or output."""
    for node in source.nodes if source.within(PURE) else ():
        match node:
            case ast.AsyncFunctionDef():
                yield f"{source.path}:{node.lineno} async {node.name}"
            case ast.Call(func=function):
                name = ast.unparse(function)
                if not IMPURE_CALLS.isdisjoint((name, name.removeprefix("datetime."))):
                    yield f"{source.path}:{node.lineno} calls {name}"


def docstrings(source: Source) -> Iterator[str]:
    """Every module, public class, public function and public method of src says what it is."""
    if not source.module:
        return
    if not ast.get_docstring(source.tree):
        yield f"{source.path}: the module has no docstring"
    yield from _bare_definitions(source.path, source.tree.body)


def _bare_definitions(path: str, body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            if not ast.get_docstring(node) and not any(
                "overload" in ast.dump(d) for d in node.decorator_list
            ):
                yield f"{path}:{node.lineno} {node.name} has no docstring"
            if isinstance(node, ast.ClassDef):
                yield from _bare_definitions(path, node.body)


def no_marks(source: Source) -> Iterator[str]:
    """No mark of unfinished work: an issue is the place for it."""
    yield from _matches(MARKS, source)


def no_machine_paths(source: Source) -> Iterator[str]:
    """No path of somebody's machine."""
    yield from _matches(MACHINE_PATHS, source)


def no_registries(source: Source) -> Iterator[str]:
    """No host name of a package registry: a mirror must do as well."""
    yield from _matches(REGISTRIES, source)


def _matches(pattern: re.Pattern[str], source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := pattern.search(line):
            yield f"{source.path}:{number} {found.group()}"


def mirrored_test(source: Source) -> str | None:
    """The test file of a module of src; none for an `__init__` that defines nothing."""
    defines = any(
        isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) for n in source.tree.body
    )
    if not source.module or (source.path.endswith("/__init__.py") and not defines):
        return None
    folder, _, name = source.path.removeprefix("src/krakenbox/").rpartition("/")
    return "/".join(filter(None, ("tests", folder, f"test_{name.removesuffix('.py').strip('_')}.py")))


PYTHON_RULES: tuple[Rule, ...] = (
    short_modules,
    short_functions,
    integers_only,
    pure_imports,
    pure_bodies,
    docstrings,
)
TEXT_RULES: tuple[Rule, ...] = (no_marks, no_machine_paths, no_registries)


def read(path: str) -> str:
    """The text of one file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def tree_paths() -> list[str]:
    """Files of the repository, without git's own and what .gitignore names (by name alone, never by path)."""
    ignored = [".git", *(line.rstrip("/") for line in read(".gitignore").split())]

    def kept(names: list[str]) -> list[str]:
        return [name for name in names if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)]

    paths = []
    for folder, children, names in os.walk(ROOT):
        children[:] = kept(children)
        paths += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in kept(names)]
    return sorted(paths)


@pytest.fixture(scope="module")
def sources() -> list[Source]:
    """Every text file of the repository."""
    found = []
    for path in tree_paths():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            found.append(Source(path, content.decode("utf-8")))
    return found


@pytest.fixture(scope="module")
def modules(sources: list[Source]) -> list[Source]:
    """Every Python module of the repository."""
    return [source for source in sources if source.path.endswith(".py")]


@pytest.mark.parametrize("rule", PYTHON_RULES, ids=lambda rule: rule.__name__)
def test_every_module_keeps_the_rule(rule: Rule, modules: list[Source]) -> None:
    assert len(modules) > 1
    assert [finding for module in modules for finding in rule(module)] == []


@pytest.mark.parametrize("rule", TEXT_RULES, ids=lambda rule: rule.__name__)
def test_every_file_keeps_the_rule(rule: Rule, sources: list[Source]) -> None:
    assert {"README.md", "Makefile", ".ci/run", "src/krakenbox/__init__.py"} <= {s.path for s in sources}
    assert [finding for source in sources for finding in rule(source)] == []


def test_every_module_has_its_test_file(modules: list[Source]) -> None:
    present = {module.path for module in modules}
    wanted = {module.path: mirrored_test(module) for module in modules}
    assert {path: test for path, test in wanted.items() if test and test not in present} == {}


def test_every_folder_of_src_is_a_package(modules: list[Source]) -> None:
    # The import contracts see packages only: a folder without __init__.py would be out of their sight.
    present = {module.path for module in modules}
    folders = {path.rpartition("/")[0] for path in present if path.startswith("src/")}
    assert {folder for folder in folders if f"{folder}/__init__.py" not in present} == set()


def test_tests_are_no_package(modules: list[Source]) -> None:
    assert [m.path for m in modules if m.path.startswith("tests/") and m.path.endswith("__init__.py")] == []


def test_every_room_is_in_the_plan_of_the_house(modules: list[Source]) -> None:
    rooms = {
        module.module.partition(".")[0]
        for module in modules
        if module.module not in ("", "__init__", "__main__")
    }
    plan = read("docs/architecture.md")
    assert {room for room in rooms if f"| `{room}` |" not in plan and f"| `{room}/` |" not in plan} == set()


def test_every_dependency_is_pinned_and_decided() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    named = [
        re.split(r"[^\w-]", line)[0].lower() for line in chain(project["dependencies"], *extras.values())
    ]
    pins = {
        line.partition("==")[0].lower().replace("_", "-") for line in read("constraints.txt").splitlines()
    }
    decided = "".join(path.read_text().lower() for path in (ROOT / "docs/decisions").glob("*.md"))
    assert [name for name in named if name not in pins] == []
    assert [name for name in named if name not in decided] == []


def test_constraints_name_versions_and_nothing_else() -> None:
    lines = [line for line in read("constraints.txt").splitlines() if not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w-]+==[\w.]+", line)] == []


LONG_MODULE = '"""Long."""\n' + "x = 1\n" * 400
LONG_FUNCTION = "def f() -> int:\n" + "    x = 1\n" * 49 + "    return x\n"


@pytest.mark.parametrize(
    ("rule", "path", "text", "findings"),
    [
        (short_modules, "src/krakenbox/a.py", LONG_MODULE, [": 401 lines, at most 400"]),
        (short_modules, "tests/test_a.py", LONG_MODULE, [": 401 lines, at most 400"]),
        (short_functions, "src/krakenbox/a.py", LONG_FUNCTION, [":1 f: 51 lines, at most 50"]),
        (integers_only, "src/krakenbox/model/a.py", "x = 0.5", [":1 the literal 0.5"]),
        (integers_only, "src/krakenbox/model/a.py", "x = 1e3", [":1 the literal 1000.0"]),
        (integers_only, "src/krakenbox/engine/a.py", "x = float('1')", [":1 the type float"]),
        (integers_only, "src/krakenbox/engine/a.py", "def f(x: float): ...", [":1 the type float"]),
        (integers_only, "src/krakenbox/venue/a.py", "x = 1\ny = x / 2", [":2 true division"]),
        (integers_only, "src/krakenbox/venue/a.py", "x = 4\nx /= 2", [":2 true division"]),
        (pure_imports, "src/krakenbox/engine/a.py", "import time", [":1 imports time"]),
        (pure_imports, "src/krakenbox/sequencer.py", "import os.path as p", [":1 imports os.path"]),
        (pure_imports, "src/krakenbox/gateway/v2.py", "from random import random", [":1 imports random"]),
        (pure_imports, "src/krakenbox/feeds/a.py", "def f():\n    import asyncio", [":2 imports asyncio"]),
        (pure_bodies, "src/krakenbox/feeds/a.py", "async def f(): ...", [":1 async f"]),
        (pure_bodies, "src/krakenbox/protocol/v2/a.py", "print(1)", [":1 calls print"]),
        (pure_bodies, "src/krakenbox/venue/a.py", "x = datetime.now()", [":1 calls datetime.now"]),
        (
            pure_bodies,
            "src/krakenbox/venue/a.py",
            "x = datetime.date.today()",
            [":1 calls datetime.date.today"],
        ),
        (docstrings, "src/krakenbox/a.py", "x = 1", [": the module has no docstring"]),
        (docstrings, "src/krakenbox/a.py", '"""A."""\ndef f(): ...', [":2 f has no docstring"]),
        (docstrings, "src/krakenbox/a.py", '"""A."""\nclass C: ...', [":2 C has no docstring"]),
        (
            docstrings,
            "src/krakenbox/a.py",
            '"""A."""\nclass C:\n    """C."""\n    def f(self): ...',
            [":4 f has no docstring"],
        ),
        (no_marks, "src/krakenbox/a.py", "x = 1  # TO" + "DO: later", [":1 TO" + "DO"]),
        (no_marks, "README.md", "FIX" + "ME", [":1 FIX" + "ME"]),
        (no_machine_paths, "docs/a.md", "see /ho" + "me/ann/x", [":1 /ho" + "me/"]),
        (no_machine_paths, "Makefile", "cd /wo" + "rk", [":1 /wo" + "rk"]),
        (no_registries, "constraints.txt", "https://py" + "pi.org/simple", [":1 py" + "pi.org"]),
        (no_registries, "constraints.txt", "files.python" + "hosted.org", [":1 python" + "hosted.org"]),
    ],
)
def test_a_rule_finds_what_breaks_it(rule: Rule, path: str, text: str, findings: list[str]) -> None:
    assert list(rule(Source(path, text))) == [path + finding for finding in findings]


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (short_modules, "src/krakenbox/a.py", LONG_MODULE.replace("x = 1\n", "", 1)),
        (short_functions, "src/krakenbox/a.py", LONG_FUNCTION.replace("    x = 1\n", "", 1)),
        (integers_only, "src/krakenbox/venue/a.py", 'def f(a, /): return a // 2, "0.5 / 2"  # 1 / 2'),
        (integers_only, "src/krakenbox/sim/a.py", "x = 1 / 2"),
        (pure_imports, "src/krakenbox/journal/files.py", "import os"),
        (pure_imports, "src/krakenbox/engine/a.py", "import timeit_like\nfrom .time import x"),
        (pure_bodies, "src/krakenbox/gateway/server.py", "async def f(): ..."),
        (docstrings, "src/krakenbox/a.py", '"""A."""\ndef _f(): ...\nclass _C:\n    def f(self): ...'),
        (docstrings, "tests/test_a.py", "def test_a(): ..."),
        (no_marks, "README.md", "an order id OABCDE-XXXXX-ABCDEF"),
        (no_machine_paths, "README.md", "https://example.com/home/x and the homework/root"),
        (no_registries, "README.md", "pip install krakenbox"),
    ],
)
def test_a_rule_leaves_the_rest_alone(rule: Rule, path: str, text: str) -> None:
    assert list(rule(Source(path, text))) == []


@pytest.mark.parametrize(
    ("path", "text", "test"),
    [
        ("src/krakenbox/errors.py", "", "tests/test_errors.py"),
        ("src/krakenbox/protocol/v2/codec.py", "", "tests/protocol/v2/test_codec.py"),
        ("src/krakenbox/__main__.py", "", "tests/test_main.py"),
        ("src/krakenbox/feeds/__init__.py", "def f(): ...", "tests/feeds/test_init.py"),
        ("src/krakenbox/feeds/__init__.py", '"""Views."""\nfrom a import b', None),
        ("tests/test_errors.py", "", None),
    ],
)
def test_a_module_is_mirrored_by_its_test(path: str, text: str, test: str | None) -> None:
    assert mirrored_test(Source(path, text)) == test
