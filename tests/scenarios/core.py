"""Scenarios at the core: commands applied by the exchange alone, told from its events."""

from decimal import Decimal
from typing import Any, assert_never

from builders import (
    ASSETS,
    BTC_USD,
    OWNER,
    SECOND_NS,
    Pit,
    buy,
    cancel_all,
    opening,
    place,
    plain,
    sell,
    units,
)
from krakenbox.model import command as commands
from krakenbox.model import event as events
from krakenbox.model.command import Command, OrderRef
from krakenbox.model.fixed import Price, Qty, to_text
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import (
    AccountId,
    FeePreference,
    Order,
    OrderId,
    Reference,
    StpType,
    TimeInForce,
)
from scenarios.script import (
    CROWD,
    PRINTER,
    TRIGGERED,
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
from scenarios.stages import Level, Money, Told, amended_line, named, status_line
from sleepers import dormant, index, oto


class CoreStage:
    """An exchange without anything around it, audited after every command."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.wired = False
        self._pit = Pit()
        self._pit.send_all(*opening(), index(100))

    async def act(self, action: Action) -> Told:
        """Apply what an action asks for."""
        at_ns = self._pit.time_ns + action.seconds * SECOND_NS if isinstance(action, Pass) else 0
        happened: list[events.Event] = []
        for command in self._commands(action):
            happened += self._pit.send(command, at_ns)
        self._learn(action, happened)
        return self._told(happened)

    async def clock_in(self) -> int:
        """A tick; its number."""
        self._pit.send(commands.Tick())
        return self._pit.seq

    async def book(self) -> tuple[list[Level], list[Level]]:
        """What each order shows."""
        book = self._pit.exchange.venue.markets[BTC_USD.symbol].book
        asks, bids = (
            [(_price(level.price), [*map(_shown, level)]) for level in side]
            for side in (book.asks, book.bids)
        )
        return asks, bids

    async def money(self, account: str) -> Money:
        """Balances."""
        balances = self._pit.exchange.venue.accounts[AccountId(account)].balances
        return {name: Decimal(to_text(held, ASSETS[name].decimals)) for name, held in balances.items()}

    # --- an action as commands

    def _commands(self, action: Action) -> list[Command]:
        match action:
            case Place():
                return [self._placed(action.account, action.entry)]
            case PlaceTogether(account=account, entries=entries):
                terms = tuple(self._placed(account, entry).terms for entry in entries)
                return [commands.PlaceOrders(AccountId(account), terms)]
            case Change():
                return [self._edited(action) if action.edits else self._amended(action)]
            case Cancel() | CancelTogether() | CancelAll():
                return self._canceled(action)
            case Arm(account=account, seconds=seconds):
                due = self._second(up=True) + seconds * SECOND_NS if seconds else 0
                return [commands.SetCancelTimer(AccountId(account), due)]
            case Pass():
                return [commands.Tick()]
            case Operate():
                return [operated(action)]
            case Draw() | Print():
                raise AssertionError(f"{action} is played as orders")
            case _:
                assert_never(action)

    def _placed(self, account: str, entry: Entry) -> commands.PlaceOrder:
        fields: dict[str, Any] = {
            "by": account,
            "validate": entry.validate,
            "post_only": entry.post_only,
            "time_in_force": TimeInForce(entry.time_in_force),
            "expire_ns": self._later(entry.expires_s),
            "effective_ns": self._later(entry.starts_s),
            "stp": StpType(entry.stp or StpType.CANCEL_NEWEST),
            "cl_ord_id": entry.cl_ord_id,
            "userref": int(entry.userref or 0),
            "fee_preference": FeePreference(entry.fee or FeePreference.QUOTE),
            "sender_sub_id": entry.sub_id,
        }
        if entry.contingent is not None:
            kind, trigger, price = (
                entry.contingent.order_type,
                entry.contingent.trigger,
                entry.contingent.price,
            )
            fields["conditional"] = oto(kind, trigger, price or "0")
        side = buy if entry.side == "buy" else sell
        if entry.order_type in TRIGGERED:
            fields["reference"] = Reference(entry.reference or Reference.LAST)
            return dormant(side, entry.qty, entry.order_type, entry.trigger, entry.price or "0", **fields)
        extra = {"cash": entry.cash or 0, "display": entry.display or 0}
        return place(side, entry.qty or 0, entry.price or None, **extra, **fields)

    def _amended(self, change: Change) -> commands.AmendOrder:
        return commands.AmendOrder(
            AccountId(change.account),
            OrderRef(self._order_id(change.name)),
            qty=_qty_of(change.qty),
            display_qty=_qty_of(change.display),
            limit_price=_price_of(change.price),
            trigger_price=_price_of(change.trigger),
            post_only=change.post_only,
        )

    def _edited(self, change: Change) -> commands.EditOrder:
        return commands.EditOrder(
            AccountId(change.account),
            self._order_id(change.name),
            BTC_USD.symbol,
            qty=_qty_of(change.qty),
            display_qty=_qty_of(change.display),
            limit_price=_price_of(change.price),
            trigger=oto("stop-loss", change.trigger).trigger if change.trigger else None,
            post_only=change.post_only,
        )

    def _canceled(self, action: Cancel | CancelTogether | CancelAll) -> list[Command]:
        account = AccountId(action.account)
        match action:
            case CancelAll():
                return [cancel_all(action.account)]
            case CancelTogether(names=names):
                refs = tuple(OrderRef(self._order_id(name)) for name in names)
                return [commands.CancelOrders(account, refs)]
            case Cancel(names=(), userref=userref, cl_ord_id=cl_ord_id):
                ref = OrderRef(cl_ord_id=cl_ord_id, userref=int(userref) if userref else None)
                return [commands.CancelOrder(account, ref)]
            case Cancel(names=names):
                return [commands.CancelOrder(account, OrderRef(self._order_id(name))) for name in names]
            case _:
                assert_never(action)

    def _order_id(self, name: str) -> OrderId:
        return OrderId(self.names[name])

    def _later(self, seconds: int) -> int:
        return self._second() + seconds * SECOND_NS if seconds else 0

    def _second(self, *, up: bool = False) -> int:
        """The whole second at or before now, or at or after it."""
        now_ns = self._pit.time_ns
        return (now_ns + SECOND_NS - 1 if up else now_ns) // SECOND_NS * SECOND_NS

    # --- events as lines

    def _learn(self, action: Action, happened: list[events.Event]) -> None:
        """Give new orders the names that the action has for them."""
        entered = [
            e for e in happened if isinstance(e, events.OrderAccepted | events.Rejected) and not _spawned(e)
        ]
        for name, event in zip(names_given(action), entered, strict=False):
            if name and isinstance(event, events.OrderAccepted):
                self.names[name] = event.order_id

    def _told(self, happened: list[events.Event]) -> Told:
        told: Told = {}
        for replies in (True, False):
            for event in happened:
                line, is_reply = _line(event)
                if line and is_reply is replies:
                    order_id = getattr(event, "order_id", "")
                    told.setdefault(event.account, []).append(named(line, order_id, self.names))  # type: ignore[union-attr]
        return told


def names_given(action: Action) -> list[str]:
    """The names of the orders an action enters, in order."""
    match action:
        case Place(entry=entry):
            return [entry.name]
        case PlaceTogether(entries=entries):
            return [entry.name for entry in entries]
        case Change(new_name=name) if action.edits:
            return [name]
        case _:
            return []


def operated(action: Operate) -> Command:
    """What the operator does."""
    match action.what:
        case "index":
            return index(action.value)
        case "venue":
            return commands.SetSystemStatus(SystemStatus(action.value))
        case "pair":
            return commands.SetPairStatus(BTC_USD.symbol, PairStatus(action.value))
        case _:
            return commands.SetLimits(action.value == "on")


def played(action: Action) -> list[Action]:
    """A drawing or a last price as the orders that bring it about; any other action as it is."""
    match action:
        case Print(price=price):
            entry = Entry("sell", qty="0.01", price=price)
            return [
                Place(CROWD, entry),
                Place(PRINTER, Entry("buy", qty="0.01", price=price, time_in_force="ioc")),
            ]
        case Draw(ladder=ladder):
            return [*_drawn(ladder)]
        case _:
            return [action]


def _drawn(ladder: str) -> list[Action]:
    asks, _, bids = ladder.partition("|")
    orders: list[Action] = []
    for side, levels in (("sell", asks), ("buy", bids)):
        for level in filter(None, map(str.strip, levels.split(","))):
            price, _, queue = level.partition(" x ")
            for order in queue.split("+"):
                qty, _, owner = order.partition(":")
                orders.append(Place(owner or CROWD, Entry(side, qty=qty, price=price)))
    return orders


def _spawned(event: events.Event) -> bool:
    return isinstance(event, events.OrderAccepted) and bool(event.parent_id)


def _line(event: events.Event) -> tuple[str, bool]:  # noqa: PLR0911, PLR0912 (one case per event)
    """An event in the words of `stages.row_line`, and whether it is a reply; empty if it is told nowhere."""
    match event:
        case events.Rejected(text=text):
            return f"refused {text}", True
        case events.OrderValidated():
            return "validated", True
        case events.OrdersCanceled(count=count):
            return f"count {count}", True
        case events.OrderAccepted():
            return "pending_new", False
        case events.OrderOpened():
            return "new", False
        case events.OrderFilled(maker=maker):
            side = "maker" if maker else "taker"
            return f"trade {_qty(event.qty)} at {_price(event.price)} {side}", False
        case events.OrderClosed(status=status, reason=reason):
            return f"{status}: {reason}" if reason else status.value, False
        case events.OrderAmended():
            trigger = _price(event.trigger_price) if event.trigger_price else ""
            display = _qty(event.display_qty) if event.display_qty else ""
            price = _price(event.limit_price) if event.limit_price else ""
            return amended_line(_qty(event.qty), price, display, trigger), False
        case events.TriggerChanged(triggered=triggered):
            return status_line(
                "triggered" if triggered else "untriggered", _price(event.trigger_price)
            ), False
        case events.IcebergRefilled():
            return f"refill {_qty(event.display_qty_remain)}", False
        case _:
            return "", False


def _shown(order: Order) -> str:
    return _qty(order.shown) + ("" if order.account == OWNER else f":{order.account}")


def _qty(qty: int) -> str:
    return plain(qty, BTC_USD.qty_decimals)


def _price(price: int) -> str:
    return to_text(price, BTC_USD.price_decimals)


def _qty_of(text: str) -> Qty | None:
    return Qty(units(text, BTC_USD.qty_decimals)) if text else None


def _price_of(text: str) -> Price | None:
    return Price(units(text, BTC_USD.price_decimals)) if text else None
