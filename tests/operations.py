"""Random operations of clients, for the engine and the naive venue: orders of every type, and what can be
done to them. Prices wander, so that triggers are reached; queues build up, so that places count.

A seed gives one stream, as long as the naive venue, which is asked what is open, stays the same.
"""

from random import Random

from msgspec.structs import replace

from builders import BTC_USD, DAY_NS, SECOND_NS, STEP_NS
from drawn_terms import MARKETS, POOR, STEPS, Terms
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
    Tick,
)
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import (
    AccountId,
    OrderId,
    OrderType,
    PriceType,
    Side,
    TimeInForce,
)
from reference.naive_book import NaiveVenue
from reference.naive_orders import NaiveOrder

NAMES = ("ann", "ben", "cas", "dot", "eve", "fay")
NOBODYS = OrderId("OAAAAA-AAAAA-AAAAAA")
_PAIR_MODES = (PairStatus.POST_ONLY, PairStatus.LIMIT_ONLY, PairStatus.CANCEL_ONLY)


class Operations:
    """Draws operations."""

    def __init__(self, seed: int, naive: NaiveVenue, ids: dict[int, OrderId]) -> None:
        self._draw = Random(seed)
        self._naive = naive
        self._ids = ids
        self._terms = Terms(self._draw, naive)
        self._kinds = {
            self._order: 52,
            self._sweep: 10,
            self._cancel: 17,
            self._cancel_several: 2,
            self._amend: 11,
            self._edit: 2.5,
            self._batch: 2,
            self._index: 2,
            self._switch: 0.5,
            self._mode: 0.4,
            Tick: 0.6,
        }

    @property
    def time_ns(self) -> int:
        """The time of the operation."""
        return self._terms.time_ns

    def wait(self, time_ns: int) -> None:
        """Let time pass."""
        self._terms.time_ns += max(time_ns, 1)

    def next(self) -> Command:
        """Let time pass, then draw what is done."""
        draw = self._draw
        chance = draw.random()
        online = self._naive.system is SystemStatus.ONLINE
        self._kinds[self._mode] = 0.4 if online else 3
        # Mostly a millisecond; seconds let orders start and expire, days let volume age out of the fee tiers.
        if chance < 0.95:
            self.wait(STEP_NS)
        else:
            self.wait(draw.randrange(3 * SECOND_NS) if chance < 0.9985 else draw.randrange(1, 8) * DAY_NS)
        if chance < 0.05:
            self._terms.wander()
        return draw.choices(tuple(self._kinds), tuple(self._kinds.values()))[0]()

    def _order(self) -> PlaceOrder:
        i, usual = self._terms.where()
        account, terms = self._name(), self._terms.any(i, usual)
        if account in POOR and self._draw.random() < 0.3 and not terms.display_qty:
            terms = replace(terms, qty=Qty(self._terms.all(account, i, terms)))
        return PlaceOrder(account, terms)

    def _sweep(self) -> PlaceOrder:
        """Takes a few orders, sometimes all that is near."""
        draw = self._draw
        i, usual = self._terms.where()
        side, qty = self._terms.side(), self._terms.qty(i, usual * draw.choice((2, 2, 2, 2, 20)))
        if draw.random() < 0.6:
            terms = self._terms.market(i, side, qty)
            return PlaceOrder(self._name(), terms if terms.cash_qty else self._terms.scheduled(terms))
        terms = self._terms.limit(i, side, qty, -draw.randrange(STEPS))
        lifetime = draw.choice((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK))
        return PlaceOrder(self._name(), replace(terms, time_in_force=lifetime))

    def _batch(self) -> PlaceOrders:
        i, usual = self._terms.where()
        orders = tuple(self._terms.any(i, usual) for _ in range(self._draw.randrange(2, 5)))
        return PlaceOrders(self._name(), orders)

    def _amend(self) -> AmendOrder:
        draw = self._draw
        account, order, ref = self._pick()
        if order is None:
            return AmendOrder(account, ref, qty=Qty(1))
        i, _, _ = MARKETS[order.terms.symbol]
        trails = order.terms.order_type.trailing
        away = draw.randrange(-1, STEPS + 1)
        price: dict[str, object] = {
            "limit_price": self._terms.price(i, -away if order.terms.side is Side.BUY else away),
            "post_only": draw.random() < 0.3,
        }
        if order.terms.order_type is OrderType.TRAILING_STOP_LIMIT and draw.random() < 0.7:
            price |= {
                "limit_price": self._terms.offset(i, away, PriceType.PCT),
                "limit_price_type": PriceType.PCT,
            }
        # Seldom no more than is filled: then the rest is canceled.
        fewer = order.filled and draw.random() < 0.2
        qty = {"qty": Qty(order.filled if fewer else self._terms.near(i, order.qty))}
        display = {"display_qty": Qty(self._terms.near(i, order.display or order.qty))}
        kind = draw.choice((PriceType.PCT, PriceType.QUOTE, PriceType.STATIC))
        steps = draw.randrange(1, 2 * STEPS) * (1 if trails else draw.choice((-1, 1)))
        trigger = {
            "trigger_price": self._terms.offset(i, steps, kind)
            if trails or kind is not PriceType.STATIC
            else self._terms.price(i, steps),
            "trigger_price_type": kind,
        }
        fields: dict[str, object] = {}
        for each, weight in ((qty, 0.5), (price, 0.5), (display, 0.5 * bool(order.display) + 0.02)):
            if draw.random() < weight:
                fields |= each
        if draw.random() < (0.6 if order.terms.trigger else 0.02):
            fields |= trigger
        return AmendOrder(account, ref, **fields)

    def _edit(self) -> EditOrder:
        draw = self._draw
        account, order, ref = self._pick()
        if order is None or ref.order_id == "":
            return EditOrder(account, NOBODYS, BTC_USD.symbol)
        i, _, _ = MARKETS[order.terms.symbol]
        away = draw.randrange(-1, STEPS + 1) * (-1 if order.terms.side is Side.BUY else 1)
        fields: dict[str, object] = {"post_only": draw.random() < 0.2, "userref": draw.randrange(3)}
        if draw.random() < 0.5:
            fields["qty"] = Qty(order.filled if draw.random() < 0.1 else self._terms.near(i, order.qty))
        if order.limit and draw.random() < 0.5:
            fields["limit_price"] = Price(
                self._terms.price(i, -away if order.terms.side is Side.BUY else away)
            )
        if order.display and draw.random() < 0.5:
            fields["display_qty"] = Qty(self._terms.near(i, order.display))
        if order.terms.trigger is not None and draw.random() < 0.5:
            fields["trigger"] = self._terms.trigger(i, order.terms.side, order.terms.order_type)
        symbol = order.terms.symbol if draw.random() < 0.97 else draw.choice(tuple(MARKETS))
        return EditOrder(account, ref.order_id, symbol, **fields)

    def _cancel(self) -> CancelOrder:
        account, _, ref = self._pick()
        if self._draw.random() < 0.03:
            ref = OrderRef(userref=self._draw.randrange(1, 4))
        return CancelOrder(account, ref)

    def _cancel_several(self) -> CancelOrders | CancelAll:
        account, _, ref = self._pick()
        if self._draw.random() < 0.2:
            return CancelAll(account)
        others = [self._pick()[2] for _ in range(self._draw.randrange(1, 4))]
        return CancelOrders(account, (ref, *others))

    def _pick(self) -> tuple[AccountId, NaiveOrder | None, OrderRef]:
        """An open order, its owner, and what names it; seldom somebody else, to whom it is unknown."""
        draw = self._draw
        if not self._naive.orders or draw.random() < 0.01:
            return self._name(), None, OrderRef(NOBODYS)
        order = draw.choice(self._naive.orders)
        owner = AccountId(order.account) if draw.random() < 0.98 else self._name()
        if order.terms.cl_ord_id and draw.random() < 0.5:
            return owner, order, OrderRef(cl_ord_id=order.terms.cl_ord_id)
        return owner, order, OrderRef(self._ids[order.number])

    def _index(self) -> SetIndexPrice:
        i, _ = self._terms.where()
        return SetIndexPrice(
            i.symbol, Price(self._terms.price(i, self._draw.randrange(-2 * STEPS, 2 * STEPS)))
        )

    def _switch(self) -> SetCancelTimer:
        later = self._draw.choice((0, 0, 1, 2, 5, -1))
        trigger_ns = (self._terms.time_ns // SECOND_NS + later) * SECOND_NS if later else 0
        return SetCancelTimer(self._name(), trigger_ns)

    def _mode(self) -> SetSystemStatus | SetPairStatus:
        """A mode, seldom; and as soon as there is one, likely the way back."""
        draw = self._draw
        if self._naive.system is not SystemStatus.ONLINE:
            return SetSystemStatus(SystemStatus.ONLINE)
        halted = [i.symbol for i in self._naive.instruments.values() if i.status is not PairStatus.ONLINE]
        if halted:
            return SetPairStatus(draw.choice(halted), PairStatus.ONLINE)
        if draw.random() < 0.3:
            return SetSystemStatus(draw.choice(tuple(SystemStatus)))
        return SetPairStatus(draw.choice(tuple(MARKETS)), draw.choice(_PAIR_MODES))

    def _name(self) -> AccountId:
        return AccountId(self._draw.choice(NAMES))
