"""The venue once more, to be read rather than run fast: what commands do to books, orders and money.

Written from the rules and not from the engine: one list of open orders in order of entry, searched from end
to end; exact fractions, rounded where a rule says so. Every order type and time in force, amends, edits,
batches, cancels, timers, triggers and secondaries, modes. Accounts, money and instruments are just there, and
nothing is counted or capped. What happens is told in the order of the venue's events.
"""

from msgspec.structs import replace

from krakenbox.model.command import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    CancelOrders,
    Command,
    EditOrder,
    OrderRef,
    PlaceOrder,
    PlaceOrders,
    SetCancelTimer,
    SetIndexPrice,
    SetPairStatus,
    SetSystemStatus,
)
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import OrderTerms, PriceType, Reference
from krakenbox.model.reject import Reason, Reject
from reference import naive_checks as checks
from reference.naive_life import NaiveLife
from reference.naive_orders import MATCHING, RESTING, SCHEDULED, NaiveOrder

Told = list[tuple[object, ...]]


class NaiveVenue(NaiveLife):
    """All markets and all money."""

    def __init__(self, *listed) -> None:
        super().__init__(*listed)
        self.names: dict[str, int] = {}  # orders by the ids that commands name them by
        self.switches: dict[str, tuple[int, int]] = {}

    # --- commands

    def apply(self, command: Command, time_ns: int) -> Told:
        """What falls due first, each at its own time; then a command. All that happened."""
        self.told = []
        self.pass_time(time_ns)
        match command:
            case PlaceOrder():
                text = checks.arguments(self, command.terms)
                self.refuse(text) if text else self.place(command.account, command.terms)
            case PlaceOrders():
                self.place_all(command)
            case AmendOrder():
                self.amend(command)
            case EditOrder():
                self.edit(command)
            case CancelOrder() | CancelOrders() | CancelAll():
                self.cancel(command)
            case SetCancelTimer():
                self.set_switch(command.account, command.trigger_ns)
            case SetIndexPrice():
                self.index[command.symbol] = command.price
                self.to_do.append(("price", command.symbol, Reference.INDEX, command.price))
            case SetSystemStatus() | SetPairStatus():
                self.set_mode(command)
            case _:
                pass  # Time passed.
        self.settle_down()
        return self.told

    def refuse(self, text: str) -> None:
        """The rules say no."""
        self.tell("refused", text)

    def place(self, account: str, terms: OrderTerms) -> None:
        """An order arrives."""
        order = NaiveOrder(account, terms, terms.qty, terms.limit_price, display=terms.display_qty)
        text = checks.entry(self, order, self.references(terms.symbol), extra=0)
        if text is not None:
            self.refuse(text)
        else:
            self.enter(order)

    def place_all(self, command: PlaceOrders) -> None:
        """Several orders, one after the other as if each came alone, unless one contradicts itself."""
        for terms in command.orders:
            text = checks.arguments(self, terms)
            if text is not None:
                self.refuse(text)
                return
        for terms in command.orders:
            self.place(command.account, terms)
            self.settle_down()

    def amend(self, command: AmendOrder) -> None:
        """An order is to be changed in place."""
        fields = (command.qty, command.display_qty, command.limit_price, command.trigger_price)
        found = self.referred(command.account, command.ref)
        if all(field is None for field in fields):
            self.refuse(Reject.INVALID_ARGUMENTS.text())
            return
        if not found:
            self.refuse(Reject.UNKNOWN_ORDER.text())
            return
        (order,) = found
        change = checks.NaiveChange(
            order.terms,
            order.qty if command.qty is None else command.qty,
            order.limit,
            order.trigger,
            order.display if command.display_qty is None else command.display_qty,
            order.hold,
        )
        reference = self.references(order.terms.symbol)[
            order.terms.trigger.reference if order.terms.trigger else Reference.LAST
        ]
        text = checks.amend_arguments(order, command) or checks.amend(self, order, command, change, reference)
        if text is not None:
            self.refuse(text)
        elif change.qty <= order.filled:
            self.tell("amended", order.number, order.filled, order.display, order.limit, order.trigger)
            self.end(order, "canceled", Reason.USER)
        else:
            self.change(order, change)

    def change(self, order: NaiveOrder, change: checks.NaiveChange) -> None:
        """Carry out an amend that leaves something to fill."""
        self.tell("amended", order.number, change.qty, change.display, change.limit, change.trigger)
        goes_back = change.limit != order.limit or change.qty > order.qty
        if order.where == RESTING and goes_back:
            self.take_out(order)
        order.terms, order.limit, order.trigger = change.terms, change.limit, change.trigger
        order.qty, order.display, order.hold = change.qty, change.display, change.hold
        if order.where == MATCHING:
            self.match(order, *self.meet(order))
        elif order.where == RESTING:
            shown = min(order.shown, order.display or order.left, order.left)
            if shown < order.shown:
                order.shown = shown
                self.tell_book("modify", order)

    def edit(self, command: EditOrder) -> None:
        """An order is canceled and entered anew, or neither."""
        found = self.referred(command.account, OrderRef(command.order_id))
        if not found:
            self.refuse(Reject.UNKNOWN_ORDER.text())
            return
        (old,) = found
        total = old.qty if command.qty is None else command.qty
        # A limit given as an offset from the trigger stays that offset.
        is_offset = old.terms.limit_price_type is not PriceType.STATIC
        limit = old.terms.limit_price if is_offset else old.limit
        terms = replace(
            old.terms,
            qty=total - old.filled,
            limit_price=limit if command.limit_price is None else command.limit_price,
            trigger=command.trigger or old.terms.trigger,
            display_qty=old.display if command.display_qty is None else command.display_qty,
            post_only=command.post_only,
            cl_ord_id="",
            userref=command.userref,
            effective_ns=old.terms.effective_ns if old.where == SCHEDULED else 0,
        )
        new = NaiveOrder(old.account, terms, terms.qty, terms.limit_price, display=terms.display_qty)
        text = self.uneditable(old, command, total) or checks.arguments(self, terms)
        text = text or checks.entry(self, new, self.references(terms.symbol), extra=old.hold)
        if text is not None:
            self.refuse(text)
            return
        self.end(old, "canceled", Reason.REPLACED)
        self.enter(new)
        self.tell("edited", new.number, old.number)

    def uneditable(self, old: NaiveOrder, command: EditOrder, total: int) -> str | None:
        """What no edit can do."""
        if command.symbol != old.terms.symbol:
            return checks.wrong("symbol")
        if old.terms.conditional is not None:
            return checks.wrong("conditional")
        has_fired = old.terms.trigger is not None and old.fired
        if has_fired or (command.trigger is not None and old.terms.trigger is None):
            return checks.wrong("triggers")
        return checks.wrong("order_qty") if total < old.filled else None

    def cancel(self, command: CancelOrder | CancelOrders | CancelAll) -> None:
        """A client cancels: all, or what references name."""
        if self.system is SystemStatus.MAINTENANCE:
            self.refuse(Reject.UNAVAILABLE.text())
            return
        count = 0
        refs = [command.ref] if isinstance(command, CancelOrder) else getattr(command, "refs", [None])
        for ref in refs:
            for order in self.referred(command.account, ref):
                self.end(order, "canceled", Reason.USER)
                count += 1
        if not isinstance(command, CancelOrder):
            self.tell("count", command.account, count)
        elif not count:
            self.refuse(Reject.UNKNOWN_ORDER.text())

    def referred(self, account: str, ref: OrderRef | None) -> list[NaiveOrder]:
        """Open orders of an account that a reference names; without one, all."""
        orders = [order for order in self.orders if order.account == account]
        if ref is None:
            return orders
        if ref.userref is not None:
            named = [o for o in orders if o.terms.userref == ref.userref]
            return [o for o in named if not o.terms.cl_ord_id]
        if ref.cl_ord_id:
            return [o for o in orders if o.terms.cl_ord_id == ref.cl_ord_id]
        return [o for o in orders if o.number == self.names.get(ref.order_id)]

    def set_switch(self, account: str, trigger_ns: int) -> None:
        """Arm the dead man's switch, or disarm it."""
        self.tell("switch", account, trigger_ns)
        self.switches.pop(account, None)
        if trigger_ns > self.now_ns:
            self.switches[account] = (trigger_ns, self.turn())
        elif trigger_ns:
            self.fire_switch(account)

    def fire_switch(self, account: str) -> None:
        """Every order of an account ends."""
        for order in self.referred(account, None):
            self.end(order, "canceled", Reason.CANCEL_TIMER)

    def set_mode(self, command: SetSystemStatus | SetPairStatus) -> None:
        """A mode changes; pairs that match again look at what they missed."""
        halted = [symbol for symbol in self.instruments if not self.may_match(symbol)]
        if isinstance(command, SetSystemStatus):
            self.system = command.status
        else:
            changed = replace(self.instruments[command.symbol], status=command.status)
            self.instruments[command.symbol] = changed
        self.to_do += [("again", symbol) for symbol in halted if self.may_match(symbol)]

    # --- time

    def pass_time(self, time_ns: int) -> None:
        """Do what falls due until then: at the same time in order of setting."""
        while due := min((each for each in self.timers() if each[0][0] <= time_ns), default=None):
            (self.now_ns, _), what, whose = due
            if what == "switch":
                del self.switches[whose]
                self.fire_switch(whose)
            else:
                (order,) = (order for order in self.orders if order.number == whose)
                if what == "start":
                    order.start = None
                    self.begin(order)
                else:
                    self.end(order, "expired", Reason.EXPIRED)
            self.settle_down()
        self.now_ns = time_ns

    def timers(self) -> list[tuple[tuple[int, int], str, object]]:
        """Everything that waits for a time."""
        found = [(when, "switch", account) for account, when in self.switches.items()]
        found += [(order.expiry, "expiry", order.number) for order in self.orders if order.expiry]
        return found + [(order.start, "start", order.number) for order in self.orders if order.start]
