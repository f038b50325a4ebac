"""The life of an order in the naive venue: let in, asleep, at work, in the book, gone; and what follows."""

from krakenbox.model.order import OrderTerms, Reference, Side, TimeInForce
from krakenbox.model.reject import Reason
from reference.naive_market import Met, NaiveMarket
from reference.naive_orders import (
    ASLEEP,
    MATCHING,
    RESTING,
    SCHEDULED,
    NaiveOrder,
    reached,
    trigger_and_limit,
)


class NaiveLife(NaiveMarket):
    """What orders go through, and what waits to be done after the matching of a command."""

    def __init__(self, *listed) -> None:
        super().__init__(*listed)
        self.accepted = 0
        self.turns = 0  # counts whatever has to keep an order
        self.trades: dict[str, int] = {}
        self.seen: dict[tuple[str, Reference], int] = {}  # the prices that triggers were shown last
        self.to_do: list[tuple[object, ...]] = []  # first in, first out

    def turn(self) -> int:
        """One more."""
        self.turns += 1
        return self.turns

    # --- the life of an order

    def enter(self, order: NaiveOrder) -> None:
        """Let in an order that passed its checks."""
        self.accept(order)
        if order.terms.effective_ns > self.now_ns:
            order.where = SCHEDULED
            order.start = (order.terms.effective_ns, self.turn())
        elif order.terms.trigger is not None:
            self.fall_asleep(order)
        else:
            self.work(order)

    def accept(self, order: NaiveOrder) -> None:
        """Give an order its number; from now on it is open and holds."""
        self.accepted += 1
        order.number = self.accepted
        if order.terms.cash_qty:
            order.qty = sum(qty for _, qty in self.meet(order)[0])
        self.orders.append(order)
        self.tell(
            "accepted", order.number, order.account, order.terms, order.parent, order.trigger, order.peak
        )
        if order.terms.time_in_force is TimeInForce.GTD:
            order.expiry = (order.terms.expire_ns, self.turn())

    def work(self, order: NaiveOrder) -> None:
        """An order begins as the limit or market order that it is."""
        order.where = MATCHING
        met, ending = self.meet(order, order.terms.post_only)
        if ending is not Reason.POST_ONLY:
            self.tell("opened", order.number)
        self.match(order, met, ending)

    def fall_asleep(self, order: NaiveOrder) -> None:
        """An order waits for its trigger, unless that is met already."""
        order.where = ASLEEP
        if reached(order.terms, order.trigger, self.reference(order)):
            self.end(order, "canceled", Reason.WOULD_TRIGGER)
        else:
            order.turn = self.turn()
            self.tell("opened", order.number)

    def begin(self, order: NaiveOrder) -> None:
        """The start of a scheduled order has come; a pair that does not match waits on."""
        if not self.may_match(order.terms.symbol):
            return
        if order.terms.order_type.trailing:
            before = order.peak
            self.follow(order, self.reference(order))
            if order.peak != before:
                self.tell_trigger(order, False, order.peak)
        if self.can_pay(order, order.limit or order.trigger):
            if order.terms.trigger is not None:
                self.fall_asleep(order)
            else:
                self.work(order)

    def can_pay(self, order: NaiveOrder, price: int) -> bool:
        """Hold what an order needs now, at a price or as the book stands; or end it."""
        ppm = self.provided_ppm(order.account, order.terms)
        needed = self.needed(order, price, ppm)
        if needed > order.hold + self.free(order.account, self.pays_in(order.terms)):
            self.end(order, "canceled", Reason.FUNDS)
            return False
        order.hold, order.fee_ppm = needed, ppm
        return True

    def match(self, order: NaiveOrder, met: Met, ending: Reason) -> None:
        """Carry out what an order meets; then it ends, or it rests."""
        for maker, qty in met:
            if qty:
                self.trade(maker, order, qty)
            else:
                self.end(maker, "canceled", Reason.SELF_TRADE)
        if ending:
            self.end(order, "canceled", ending)
        elif order.left == 0:
            self.end(order, "filled", Reason.NONE)
        else:
            self.join(order)

    def join(self, order: NaiveOrder) -> None:
        """Queue an order, or the next slice of an iceberg, at the back of its price."""
        times = [each.time_ns for each in self.level(order)]
        order.time_ns = max([self.now_ns, *(time_ns + 1 for time_ns in times)])
        order.shown = min(order.display, order.left) if order.display else order.left
        order.joined = self.turn()
        order.where = RESTING
        self.tell_book("add", order)

    def take_out(self, order: NaiveOrder) -> None:
        """Take a resting order out of its queue."""
        order.where = MATCHING
        self.tell_book("delete", order)

    def end(self, order: NaiveOrder, status: str, reason: Reason) -> None:
        """An order leaves; what it held is free again."""
        if order.where == RESTING:
            self.take_out(order)
        self.orders.remove(order)
        totals = (order.filled, order.cost, order.average)
        self.tell("ended", order.number, status, reason, *totals)

    def tell_book(self, action: str, order: NaiveOrder) -> None:
        """The public sees one order of a level change."""
        level = sum(each.shown for each in self.level(order))
        self.tell(
            "book", action, order.number, order.terms.side, order.limit, level, order.shown, order.time_ns
        )

    def trade(self, maker: NaiveOrder, taker: NaiveOrder, qty: int) -> None:
        """One match, at the resting order's price."""
        i, price = self.instrument(maker), maker.limit
        cost = self.cost(i, price, qty)
        trade = self.trades[i.symbol] = self.trades.get(i.symbol, 0) + 1
        self.last[i.symbol] = price
        fees = {
            maker: self.fee(maker, cost, qty, self.tier(maker.account, i).maker_ppm),
            taker: self.fee(taker, cost, qty, self.tier(taker.account, i).taker_ppm),
        }
        self.count_volume(i, cost, maker.account, taker.account)
        for order in fees:
            order.filled += qty
            order.cost += cost
            order.exact += price * qty
        entries = self.pay(i, price, qty, fees)
        self.tell("traded", i.symbol, trade, price, qty, taker.terms.side, taker.terms.order_type.working)
        if maker.shown == qty:
            self.take_out(maker)
        else:
            maker.shown -= qty
            self.tell_book("modify", maker)
        self.tell_fill(maker, True, trade, price, qty, cost, fees[maker])
        if maker.left == 0:
            self.end(maker, "filled", Reason.NONE)
        elif maker.where == MATCHING:
            self.tell("refilled", maker.number, min(maker.display, maker.left))
            self.join(maker)
        self.tell_fill(taker, False, trade, price, qty, cost, fees[taker])
        self.told += entries
        self.to_do.append(("price", i.symbol, Reference.LAST, price))
        self.to_do += [("secondary", order, qty) for order in fees if order.terms.conditional is not None]

    def tell_fill(self, order: NaiveOrder, is_maker: bool, trade: int, *figures: int) -> None:
        """One side of a match."""
        totals = (order.filled, order.cost, order.average)
        self.tell("filled", order.number, is_maker, trade, *figures, self.fee_asset(order.terms), *totals)

    # --- what follows

    def settle_down(self) -> None:
        """Show prices to triggers and enter secondaries, and what follows from that, until nothing does."""
        while self.to_do:
            match self.to_do.pop(0):
                case ("price", symbol, reference, price):
                    self.show(symbol, reference, price)
                case ("secondary", order, qty):
                    self.enter_secondary(order, qty)
                case ("again", symbol):
                    self.catch_up(symbol)

    def references(self, symbol: str) -> dict[Reference, int]:
        """What triggers watch, 0 if there is none; the index falls back to the last price."""
        last = self.seen.get((symbol, Reference.LAST), 0)
        return {Reference.LAST: last, Reference.INDEX: self.seen.get((symbol, Reference.INDEX)) or last}

    def reference(self, order: NaiveOrder) -> int:
        """What the trigger of an order watches."""
        assert order.terms.trigger is not None
        return self.references(order.terms.symbol)[order.terms.trigger.reference]

    def show(self, symbol: str, reference: Reference, price: int) -> None:
        """Triggers see a price: trailing ones follow it, then those that it reaches fire, oldest first."""
        self.seen[symbol, reference] = price
        if not self.may_match(symbol):
            return
        watching = {reference}
        if (symbol, Reference.INDEX) not in self.seen:
            watching.add(Reference.INDEX)
        asleep = [o for o in self.orders if o.where == ASLEEP and o.terms.symbol == symbol]
        asleep = sorted(asleep, key=lambda order: order.turn)
        asleep = [order for order in asleep if order.terms.trigger.reference in watching]
        for order in asleep:
            better = price > order.peak if order.terms.side is Side.SELL else price < order.peak
            if order.terms.order_type.trailing and better:
                self.follow(order, price)
                self.tell_trigger(order, False, price)
        for order in [each for each in asleep if reached(each.terms, each.trigger, price)]:
            order.where = MATCHING
            self.tell_trigger(order, True, price)
            if self.can_pay(order, order.limit):
                self.match(order, *self.meet(order))

    def follow(self, order: NaiveOrder, peak: int) -> None:
        """Give a trailing order a peak, and what follows from it; a limit is at least a tick."""
        tick = self.instrument(order).price_increment
        order.peak = peak
        order.trigger, limit = trigger_and_limit(order.terms, peak, tick)
        order.limit = 0 if order.is_market else max(limit, tick)

    def tell_trigger(self, order: NaiveOrder, fired: bool, price: int) -> None:
        """A trigger moved, or fired."""
        self.tell("trigger", order.number, fired, order.trigger, order.peak, price)

    def enter_secondary(self, primary: NaiveOrder, qty: int) -> None:
        """A fill enters an order of its size on the other side; no minimum is asked of it, but funds are."""
        terms, wanted = primary.terms, primary.terms.conditional
        terms = OrderTerms(
            symbol=terms.symbol,
            side=terms.side.opposite,
            order_type=wanted.order_type,
            qty=qty,
            limit_price=wanted.limit_price,
            limit_price_type=wanted.limit_price_type,
            trigger=wanted.trigger,
            stp=terms.stp,
            fee_preference=terms.fee_preference,
            sender_sub_id=terms.sender_sub_id,
        )
        order = NaiveOrder(primary.account, terms, qty, terms.limit_price, parent=primary.number)
        if terms.trigger is not None:
            # An offset may come to nothing beside a low price: a tick is the least.
            tick, beside = self.instrument(order).price_increment, self.reference(order)
            trigger, limit = trigger_and_limit(terms, beside, tick)
            order.trigger, order.limit = max(trigger, tick), 0 if order.is_market else max(limit, tick)
            order.peak = beside if terms.order_type.trailing else 0
        ppm = self.provided_ppm(order.account, terms)
        needed = self.needed(order, order.limit or order.trigger, ppm)
        if needed > self.free(order.account, self.pays_in(terms)):
            self.accept(order)
            self.end(order, "canceled", Reason.FUNDS)
        else:
            order.hold, order.fee_ppm = needed, ppm
            self.enter(order)

    def catch_up(self, symbol: str) -> None:
        """A pair matches again: the prices that stand count now, and what should have begun begins."""
        for reference, price in ((Reference.LAST, self.last), (Reference.INDEX, self.index)):
            if symbol in price:
                self.show(symbol, reference, price[symbol])
        late = [o for o in self.orders if o.where == SCHEDULED and o.terms.symbol == symbol]
        late = [order for order in late if order.terms.effective_ns <= self.now_ns]
        for order in sorted(late, key=lambda order: order.terms.effective_ns):
            self.begin(order)
