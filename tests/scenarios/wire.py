"""Scenarios on the wire: requests of API v2 as JSON, told from replies and rows of `executions`.

What carries them is a `Line`: see `lines`.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Protocol, assert_never

from builders import SECOND_NS
from harness import request
from krakenbox.model.command import Command
from scenarios.core import names_given, operated
from scenarios.script import (
    ACCOUNTS,
    CROWD,
    Action,
    Arm,
    Cancel,
    CancelAll,
    CancelTogether,
    Change,
    Draw,
    Entry,
    Operate,
    Pass,
    Place,
    PlaceTogether,
    Print,
)
from scenarios.stages import Level, Money, Told, named, plain, row_line

SYMBOL = "BTC/USD"
Message = dict[str, Any]


class Line(Protocol):
    """Connections of every account to one exchange."""

    async def ask(self, account: str, message: Message) -> dict[str, list[Message]]:
        """Send a request; whatever came of it, to whom."""
        ...

    async def operate(self, command: Command) -> dict[str, list[Message]]:
        """Do what the operator does."""
        ...

    async def wait(self, seconds: int) -> dict[str, list[Message]]:
        """Let time pass."""
        ...

    async def clock_in(self) -> int:
        """Give the exchange a command that does nothing; its number."""
        ...

    async def level3(self) -> Message:
        """A snapshot of level3."""
        ...

    def token(self, account: str) -> str:
        """The token of an account."""
        ...

    def now_ns(self) -> int:
        """The time."""
        ...


class WireStage:
    """Plays a scenario over connections."""

    def __init__(self, line: Line) -> None:
        self.names: dict[str, str] = {}
        self.wired = True
        self._line = line
        self._owners: dict[str, str] = {}
        self._money: dict[str, Money] = {}

    async def open(self) -> None:
        """Subscribe every account to its own rows and money."""
        for account in ACCOUNTS:
            for channel in ("executions", "balances"):
                message = request("subscribe", channel=channel, token=self._line.token(account))
                self._take(await self._line.ask(account, message))

    async def act(self, action: Action) -> Told:
        """Send what an action asks for."""
        match action:
            case Pass(seconds=seconds):
                return self._take(await self._line.wait(seconds))
            case Operate():
                return self._take(await self._line.operate(operated(action)))
            case Draw() | Print():
                raise AssertionError(f"{action} is played as orders")
            case _:
                method, params = self._request(action)
                message = request(method, token=self._line.token(action.account), **params)
                received = await self._line.ask(action.account, message)
                self._learn(action, received[action.account])
                return self._take(received)

    async def clock_in(self) -> int:
        """A tick; its number."""
        return await self._line.clock_in()

    async def book(self) -> tuple[list[Level], list[Level]]:
        """What level3 shows."""
        snapshot = (await self._line.level3())["data"][0]
        return self._side(snapshot["asks"]), self._side(snapshot["bids"])

    async def money(self, account: str) -> Money:
        """What balances told last."""
        return dict(self._money[account])

    def _side(self, orders: list[Message]) -> list[Level]:
        levels: dict[str, list[str]] = {}
        for order in orders:
            owner = self._owners[order["order_id"]]
            shown = plain(order["order_qty"]) + ("" if owner == CROWD else f":{owner}")
            levels.setdefault(order["limit_price"], []).append(shown)
        return list(levels.items())

    # --- an action as a request

    def _request(self, action: Action) -> tuple[str, Message]:
        match action:
            case Place(entry=entry):
                validate = {"validate": True} if entry.validate else {}
                return "add_order", {"symbol": SYMBOL} | self._order(entry) | validate
            case PlaceTogether(entries=entries):
                return "batch_add", {"symbol": SYMBOL, "orders": [self._order(entry) for entry in entries]}
            case Change():
                return self._change(action)
            case Cancel(names=names, userref=userref, cl_ord_id=cl_ord_id):
                by = {"order_userref": [int(userref)]} if userref else {"cl_ord_id": [cl_ord_id]}
                return "cancel_order", {"order_id": [self.names[name] for name in names]} if names else by
            case CancelTogether(names=names):
                return "batch_cancel", {"orders": [self.names[name] for name in names]}
            case CancelAll():
                return "cancel_all", {}
            case Arm(seconds=seconds):
                return "cancel_all_orders_after", {"timeout": seconds}
            case Pass() | Operate() | Draw() | Print():
                raise AssertionError(f"{action} is no request")
            case _:
                assert_never(action)

    def _order(self, entry: Entry) -> Message:
        fields: Message = {
            "side": entry.side,
            "order_type": entry.order_type,
            "order_qty": _number(entry.qty),
            "cash_order_qty": _number(entry.cash),
            "time_in_force": entry.time_in_force if entry.time_in_force != "gtc" else None,
            "expire_time": self._time(entry.expires_s),
            "effective_time": self._time(entry.starts_s),
            "post_only": entry.post_only or None,
            "stp_type": entry.stp or None,
            "display_qty": _number(entry.display),
            "cl_ord_id": entry.cl_ord_id or None,
            "order_userref": int(entry.userref) if entry.userref else None,
            "fee_preference": entry.fee or None,
            "sender_sub_id": entry.sub_id or None,
            "margin": entry.margin or None,
            "reduce_only": entry.reduce_only or None,
            **_priced("limit_price", entry.price, entry.order_type),
            **_triggered(entry.trigger, entry.reference),
        }
        if entry.contingent is not None:
            told = entry.contingent
            fields["conditional"] = {
                "order_type": told.order_type,
                **_priced("trigger_price", told.trigger, "trailing-stop-limit"),
                **_priced("limit_price", told.price, told.order_type),
            }
        return _given(fields)

    def _change(self, change: Change) -> tuple[str, Message]:
        fields: Message = {
            "order_id": self.names[change.name],
            "order_qty": _number(change.qty),
            "display_qty": _number(change.display),
            "limit_price": _number(change.price),
            "post_only": change.post_only or None,
        }
        if change.edits:
            fields["reduce_only"] = change.reduce_only or None
            fields |= _triggered(change.trigger)
            return "edit_order", {"symbol": SYMBOL} | _given(fields)
        return "amend_order", _given(fields | {"trigger_price": _number(change.trigger)})

    def _time(self, seconds: int) -> str | None:
        if not seconds:
            return None
        at = self._line.now_ns() // SECOND_NS + seconds
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- messages as lines

    def _learn(self, action: Action, messages: list[Message]) -> None:
        results = [message["result"] for message in messages if message.get("success")]
        entered = [each for result in results for each in (result if isinstance(result, list) else [result])]
        for name, result in zip(names_given(action), entered, strict=False):
            if name and "order_id" in result:
                self.names[name] = result["order_id"]

    def _take(self, received: dict[str, list[Message]]) -> Told:
        told: Told = {}
        for account, messages in received.items():
            replies, rows = list[str](), list[str]()
            for message in messages:
                if "method" in message:
                    replies += _reply(message)
                elif message["channel"] == "executions":
                    rows += [self._row(account, row) for row in message["data"]]
                elif message["channel"] == "balances":
                    money = self._money.setdefault(account, {})
                    money |= {row["asset"]: Decimal(row["balance"]) for row in message["data"]}
            if replies or rows:
                told[account] = replies + rows
        return told

    def _row(self, account: str, row: Message) -> str:
        self._owners[row["order_id"]] = account
        return named(row_line(row), row["order_id"], self.names)


def _reply(message: Message) -> list[str]:
    if not message["success"]:
        return [f"refused {message['error']}"]
    result = message.get("result", {})
    if isinstance(result, list):
        return [f"refused {each['error']}" for each in result if "error" in each]
    if message["method"] == "add_order" and "order_id" not in result:
        return ["validated"]
    counts = (result.get("count"), message.get("orders_cancelled"))
    return [f"count {count}" for count in counts if count is not None][:1]


def _given(fields: Message) -> Message:
    return {name: value for name, value in fields.items() if value is not None}


def _number(text: str) -> float | None:
    return float(text) if text else None


def _offset(text: str) -> tuple[float, str]:
    if text.endswith("%"):
        return float(text[:-1]), "pct"
    return (float(text[:-1]), "quote") if text.endswith("q") else (float(text), "static")


def _priced(name: str, text: str, order_type: str) -> Message:
    """A price, and what it is where that may be more than a price."""
    if not text:
        return {}
    price, price_type = _offset(text)
    told = {f"{name}_type": price_type} if order_type == "trailing-stop-limit" else {}
    return {name: price} | told


def _triggered(trigger: str, reference: str = "") -> Message:
    """What wakes an order."""
    if not trigger:
        return {}
    price, price_type = _offset(trigger)
    told = {"reference": reference} if reference else {}
    return {"triggers": {"price": price, "price_type": price_type} | told}
