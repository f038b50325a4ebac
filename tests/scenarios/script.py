"""Scenarios: what the text files beside this module say, as values.

    A title stands at the margin
      normal limit, gtc                              the subjects of `subjects` whose normal case this is,
      awkward fok                                    and whose awkward case
      given 102.0 x 1, 101.0 x 2+3:bob | 100.0 x 1   a drawn book: asks | bids, prices fall, oldest first
      given alice buys 1 at 99 as A                  any action; it is not refused, its rows are not looked at
      when  alice buys 7 at 102 ioc as B             an action
      wire  alice sells 1 at 99 margin               an action refused before any command exists
      then  alice: B pending_new, B new, ...         all that she was told: replies, then her own rows
      book  | 102.0 x 1:alice, 100.0 x 1             all that is visible afterwards
      money alice: BTC +6, USD -609.428              how her money differs from the beginning, or `as before`

Everybody but mia, the crowd behind the drawn orders without a name, must be told exactly what the `then`
lines say. What is a matter of the wire is not done at the core, which has no words for it: there the scenario
goes on as if nothing had been asked. Elsewhere it is seen to that no command came of it.

Actions are those of the classes below, each with examples; orders take these words besides:

    at PRICE, at market, for CASH - ioc, fok, gtd SECONDS - post-only - validate
    cancel-newest, cancel-oldest, cancel-both - as NAME - id CL_ORD_ID - userref N - sub SENDER_SUB_ID
    fee-base - showing DISPLAY_QTY - starting SECONDS - stop-loss TRIGGER (and the other such types)
    by index - then TYPE [TRIGGER] [at PRICE]: what each fill enters, the last words of an order
    settle-position, margin, reduce-only: words of the wire

A trigger or limit price is a price, or an offset: `5%` in percent, `-2q` in quote units.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

from msgspec import Struct

FOLDER = Path(__file__).parent
ACCOUNTS = ("alice", "bob", "carol", "mia")
CROWD = "mia"
"""Who owns the drawn orders without a name, and whose rows are not told."""
PRINTER = "carol"
"""Who trades with the crowd to set the last price."""


class Contingent(Struct, frozen=True):
    """What each fill of an order enters."""

    order_type: str
    trigger: str = ""
    price: str = ""


SETTLING = "settle-position"


class Entry(Struct, frozen=True):
    """A new order, in words; empty is what it does not say."""

    side: str
    order_type: str = "limit"
    qty: str = ""
    cash: str = ""
    price: str = ""
    trigger: str = ""
    reference: str = ""
    time_in_force: str = "gtc"
    expires_s: int = 0
    starts_s: int = 0
    post_only: bool = False
    validate: bool = False
    stp: str = ""
    display: str = ""
    name: str = ""
    cl_ord_id: str = ""
    userref: str = ""
    fee: str = ""
    sub_id: str = ""
    margin: bool = False
    reduce_only: bool = False
    contingent: Contingent | None = None

    @property
    def of_the_wire(self) -> bool:
        """Whether the core has no words for it: it knows no positions."""
        return self.margin or self.reduce_only or self.order_type == SETTLING


class Place(Struct, frozen=True):
    """alice buys 3 at 101.5 ioc as A"""

    account: str
    entry: Entry


class PlaceTogether(Struct, frozen=True):
    """alice adds: buys 1 at 99 as A; sells 1 at 101 as B"""

    account: str
    entries: tuple[Entry, ...]


class Change(Struct, frozen=True):
    """alice amends A qty 2 at 101; alice edits A at 101 as B"""

    account: str
    edits: bool
    name: str
    qty: str = ""
    price: str = ""
    display: str = ""
    trigger: str = ""
    post_only: bool = False
    reduce_only: bool = False
    new_name: str = ""


class Cancel(Struct, frozen=True):
    """alice cancels A B; alice cancels userref 7; alice cancels id mine"""

    account: str
    names: tuple[str, ...] = ()
    userref: str = ""
    cl_ord_id: str = ""


class CancelTogether(Struct, frozen=True):
    """alice cancels together A B"""

    account: str
    names: tuple[str, ...]


class CancelAll(Struct, frozen=True):
    """alice cancels all"""

    account: str


class Arm(Struct, frozen=True):
    """alice arms 60; alice disarms"""

    account: str
    seconds: int


class Pass(Struct, frozen=True):
    """60 s pass"""

    seconds: int


class Operate(Struct, frozen=True):
    """index 100.0; venue cancel_only; pair limit_only; limits off"""

    what: str
    value: str


class Draw(Struct, frozen=True):
    """102.0 x 1, 101.0 x 2+3:bob | 100.0 x 1"""

    ladder: str


class Print(Struct, frozen=True):
    """last 100.0: the crowd and carol trade at a price between the best ones"""

    price: str


Action = (
    Place | PlaceTogether | Change | Cancel | CancelTogether | CancelAll | Arm | Pass | Operate | Draw | Print
)


class Step(Struct, frozen=True):
    """One line: a keyword, what it says, and where it stands."""

    keyword: str
    text: str
    number: int


class Scenario(Struct, frozen=True):
    """A title and its steps."""

    title: str
    file: str
    steps: tuple[Step, ...]
    normal: tuple[str, ...] = ()
    """Subjects whose normal case this is."""
    awkward: tuple[str, ...] = ()
    """Subjects whose awkward case this is."""

    def __str__(self) -> str:
        return f"{self.file}: {self.title}"


KEYWORDS = ("given", "when", "wire", "then", "book", "money")
TAGS = ("normal", "awkward")


def scenarios() -> list[Scenario]:
    """Every scenario of every file."""
    return [each for path in sorted(FOLDER.glob("*.txt")) for each in read(path.stem, path.read_text())]


def read(file: str, text: str) -> Iterator[Scenario]:
    """The scenarios of one text: a title at the margin, its steps indented, `#` before what is no step."""
    title, steps, tags = "", list[Step](), dict[str, tuple[str, ...]]()
    for number, line in enumerate(text.splitlines(), 1):
        content = line.partition("#")[0].rstrip()
        if not content:
            continue
        if content[0] != " ":
            if steps:
                yield Scenario(title, file, tuple(steps), **tags)
            title, steps, tags = content, [], {}
            continue
        keyword, _, rest = content.strip().partition(" ")
        assert title, f"{file}:{number}: a step before the first title"
        if keyword in TAGS:
            tags[keyword] = tuple(rest.strip().split(", "))
            continue
        assert keyword in KEYWORDS, f"{file}:{number}: expected one of {KEYWORDS}; was {keyword}"
        steps.append(Step(keyword, rest.strip(), number))
    assert steps, f"{file}: ends with a title"
    yield Scenario(title, file, tuple(steps), **tags)


def of_the_wire(action: Action) -> TypeGuard[Place | PlaceTogether | Change]:
    """Whether the gateway answers an action itself, and the core has no words for it."""
    match action:
        case Place(entry=entry):
            return entry.of_the_wire
        case PlaceTogether(entries=entries):
            return any(entry.of_the_wire for entry in entries)
        case Change():
            return action.reduce_only
        case _:
            return False


def action(text: str) -> Action:
    """What one `given` or `when` asks for."""
    words = text.split()
    if "|" in words or "|" in text:
        return Draw(text)
    if words[1:] == ["s", "pass"]:
        return Pass(int(words[0]))
    if words[0] == "last":
        return Print(words[1])
    if words[0] in ("index", "venue", "pair", "limits"):
        return Operate(words[0], words[1])
    account, verb, rest = words[0], words[1], words[2:]
    assert account in ACCOUNTS, f"{text}: expected one of {ACCOUNTS}; was {account}"
    return _VERBS[verb](account, rest, text)


def _adds(account: str, words: list[str], text: str) -> Action:
    orders = text.partition(":")[2].split(";")
    return PlaceTogether(account, tuple(_entry(order.split()) for order in orders))


def _cancels(account: str, words: list[str], text: str) -> Action:
    match words:
        case ["all"]:
            return CancelAll(account)
        case ["together", *names]:
            return CancelTogether(account, tuple(names))
        case ["userref", ref]:
            return Cancel(account, userref=ref)
        case ["id", name]:
            return Cancel(account, cl_ord_id=name)
        case _:
            return Cancel(account, tuple(words))


_CHANGES = {"qty": "qty", "at": "price", "showing": "display", "trigger": "trigger", "as": "new_name"}


def _change(account: str, words: list[str], text: str) -> Action:
    fields: dict[str, Any] = {}
    rest = iter(words[1:])
    for word in rest:
        if word in ("post-only", "reduce-only"):
            fields[word.replace("-", "_")] = True
        else:
            fields[_CHANGES[word]] = next(rest)
    return Change(account, text.split()[1] == "edits", words[0], **fields)


def _place(account: str, words: list[str], text: str) -> Action:
    return Place(account, _entry(text.split()[1:]))


_VERBS: dict[str, Callable[[str, list[str], str], Action]] = {
    "buys": _place,
    "sells": _place,
    "adds:": _adds,
    "cancels": _cancels,
    "amends": _change,
    "edits": _change,
    "arms": lambda account, words, _: Arm(account, int(words[0])),
    "disarms": lambda account, *_: Arm(account, 0),
}

_FLAGS: dict[str, dict[str, Any]] = {
    "ioc": {"time_in_force": "ioc"},
    "fok": {"time_in_force": "fok"},
    "post-only": {"post_only": True},
    "validate": {"validate": True},
    "fee-base": {"fee": "base"},
    "margin": {"margin": True},
    "reduce-only": {"reduce_only": True},
    SETTLING: {"order_type": SETTLING},
    "cancel-newest": {"stp": "cancel_newest"},
    "cancel-oldest": {"stp": "cancel_oldest"},
    "cancel-both": {"stp": "cancel_both"},
}
TRIGGERED = (
    "stop-loss",
    "stop-loss-limit",
    "take-profit",
    "take-profit-limit",
    "trailing-stop",
    "trailing-stop-limit",
)

_READERS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "for": lambda _, cash: {"cash": cash},
    "at": lambda _, price: {"order_type": "market"} if price == "market" else {"price": price},
    "gtd": lambda _, seconds: {"time_in_force": "gtd", "expires_s": int(seconds)},
    "starting": lambda _, seconds: {"starts_s": int(seconds)},
    "showing": lambda _, display: {"order_type": "iceberg", "display": display},
    "as": lambda _, name: {"name": name},
    "id": lambda _, name: {"cl_ord_id": name},
    "userref": lambda _, ref: {"userref": ref},
    "sub": lambda _, sub_id: {"sub_id": sub_id},
    "by": lambda _, reference: {"reference": reference},
    **dict.fromkeys(TRIGGERED, lambda kind, trigger: {"order_type": kind, "trigger": trigger}),
}
"""Words that take the next one: what both say."""


def _entry(words: list[str]) -> Entry:
    """buys 3 at 101.5 ...; buys for 100 at market; sells 1 stop-loss-limit 95 at 94 by index"""
    fields: dict[str, Any] = {"side": words[0].removesuffix("s")}
    rest = iter(words[1:])
    for word in rest:
        if word == "then":
            fields["contingent"] = _contingent(list(rest))
        elif word in _READERS:
            fields |= _READERS[word](word, next(rest))
        elif word in _FLAGS:
            fields |= _FLAGS[word]
        else:
            assert "qty" not in fields, f"unknown word {word} in {words}"
            fields["qty"] = word
    return Entry(**fields)


def _contingent(words: list[str]) -> Contingent:
    """stop-loss-limit 95 at 94; limit at 105; take-profit 110"""
    kind, rest = words[0], words[1:]
    trigger = rest.pop(0) if kind in TRIGGERED else ""
    return Contingent(kind, trigger, rest[1] if rest else "")
