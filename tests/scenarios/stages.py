"""Three depths to play a scenario at: the exchange's core, sessions back to back, and real sockets.

A stage does one action at a time and tells, by account, what came of it: replies first (`refused ...`,
`validated`, `count 2`), then the rows of `executions` in short. It also draws the book and says what an
account's money has become.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Protocol

Told = dict[str, list[str]]
"""Lines by account."""
Money = dict[str, Decimal]
"""Balance by asset."""
Level = tuple[str, list[str]]
"""A price and its queue: quantity and owner of each order."""


class Stage(Protocol):
    """Where a scenario is played."""

    names: dict[str, str]
    """Order ids by the names that the scenario gives them."""
    wired: bool
    """Whether there is a gateway, which refuses some actions before any command exists."""

    async def act(self, action: Any) -> Told:
        """Do one action; what came of it."""
        ...

    async def clock_in(self) -> int:
        """Give the exchange a command that does nothing; its number."""
        ...

    async def book(self) -> tuple[list[Level], list[Level]]:
        """Asks and bids, best first, of what is visible."""
        ...

    async def money(self, account: str) -> Money:
        """What an account has."""
        ...


def plain(number: Any) -> str:
    """A number in its shortest form, without an exponent."""
    return f"{Decimal(str(number)).normalize():f}"


def row_line(row: dict[str, Any]) -> str:
    """A row of `executions` in short; numbers are their text."""
    kind = row["exec_type"]
    match kind:
        case "trade":
            side = "maker" if row["liquidity_ind"] == "m" else "taker"
            return f"trade {plain(row['last_qty'])} at {row['last_price']} {side}"
        case "canceled" | "expired":
            return f"{kind}: {row['reason']}"
        case "amended":
            return amended_line(
                row["order_qty"], row.get("limit_price"), row.get("display_qty"), row.get("stop_price")
            )
        case "status":
            return status_line(row["triggers"]["status"], row["stop_price"])
        case "iceberg_refill":
            return f"refill {plain(row['display_qty_remain'])}"
        case _:
            return str(kind)


def amended_line(qty: Any, price: Any, display: Any, trigger: Any) -> str:
    """What an order was amended to."""
    parts = [f"amended {plain(qty)}"]
    parts += [f"at {price}"] if price else []
    parts += [f"showing {plain(display)}"] if display else []
    parts += [f"trigger {trigger}"] if trigger else []
    return " ".join(parts)


def status_line(status: str, trigger: Any) -> str:
    """What became of a trigger."""
    return f"{status} {trigger}"


def named(line: str, order_id: str, names: dict[str, str]) -> str:
    """A line behind the name of its order, if the scenario gave it one."""
    for name, named_id in names.items():
        if named_id == order_id:
            return f"{name} {line}"
    return line


def drawn(asks: Iterable[Level], bids: Iterable[Level]) -> str:
    """A book as scenarios draw it: prices fall from left to right."""

    def side(levels: list[Level]) -> str:
        return ", ".join(f"{price} x {'+'.join(queue)}" for price, queue in levels)

    return f"{side(list(asks)[::-1])} | {side(list(bids))}".strip()


def decoded(payload: str | bytes) -> dict[str, Any]:
    """A message; numbers keep their text."""
    message: dict[str, Any] = json.loads(payload, parse_float=str)
    return message
