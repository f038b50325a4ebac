"""Checks before trading, in the venue's order; the first that fails refuses the order.

Whoever enters an order asks first for `arguments`, then charges the rate counter, then asks for the rest in
`CHECKS`. What can be judged without state (types, missing fields) is the gateway's. A check answers with the
exact wire text, or None.
"""

from collections.abc import Callable

from msgspec.structs import replace

from krakenbox.engine.matching import Plan, plan
from krakenbox.engine.triggers import Pricing
from krakenbox.model.command import PlaceOrder
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import Instrument, PairStatus, SystemStatus
from krakenbox.model.order import Order, OrderTerms, OrderType, PriceType, Side, TimeInForce, client_key
from krakenbox.model.reject import Reject
from krakenbox.venue import dormant, fees
from krakenbox.venue.accounts import MAX_OPEN_ORDERS, Account
from krakenbox.venue.market import Market
from krakenbox.venue.venue import Venue


class Entry:
    """An order that asks to be let in: everything its checks look at."""

    __slots__ = (
        "_plan",
        "account",
        "command",
        "hold",
        "market",
        "ppm",
        "pricing",
        "replaces",
        "terms",
        "time_ns",
        "venue",
    )

    def __init__(
        self, venue: Venue, account: Account, market: Market, command: PlaceOrder, time_ns: int
    ) -> None:
        self.venue = venue
        self.account = account
        self.market = market
        self.command = command
        self.terms = command.terms
        self.time_ns = time_ns
        self.ppm = 0
        """Fee rate the hold provides for; worked out by `funds`."""
        self.hold = 0
        """Ledger units the order must hold; worked out by `funds`."""
        self.pricing = Pricing(Price(0), Price(0), self.terms.limit_price)
        """Where its trigger and limit price stand; worked out by `prices` for a triggered type."""
        self.replaces: Order | None = None
        """The open order whose place and funds it gets, of an edit."""
        self._plan: Plan | None = None

    def plan(self) -> Plan:
        """What the order would do, worked out at most once."""
        if self._plan is None:
            market = self.market
            self._plan = plan(
                market.book,
                market.instrument,
                self.account.account,
                self.terms,
                market.last_price,
                self.venue.protection_ppm,
            )
        return self._plan


Check = Callable[[Entry], str | None]


def first_refusal(entry: Entry) -> str | None:
    """The text of the first check after `arguments` that fails; None lets the order in."""
    for check in CHECKS:
        text = check(entry)
        if text is not None:
            return text
    return None


def arguments(entry: Entry) -> str | None:
    """Terms that contradict themselves. The gateway refuses these before; the engine relies on them."""
    return (
        dormant.conditional_arguments(entry.terms)
        or dormant.schedule_arguments(entry.terms)
        or _type_arguments(entry)
    )


def _type_arguments(entry: Entry) -> str | None:
    terms = entry.terms
    if terms.order_type.triggered:
        return _common_arguments(entry) or dormant.triggered_arguments(terms)
    if terms.trigger is not None or terms.limit_price_type is not PriceType.STATIC:
        field = "limit_price_type" if terms.trigger is None else "triggers"
        return Reject.INVALID_ARGUMENT.text(field=field)
    if terms.order_type is OrderType.MARKET:
        return _market_arguments(terms)
    if terms.order_type is OrderType.SETTLE_POSITION:
        return Reject.INVALID_ARGUMENT.text(field="ordertype")
    return _limit_arguments(entry)


def _limit_arguments(entry: Entry) -> str | None:
    terms = entry.terms
    text = _common_arguments(entry)
    if text is not None:
        return text
    if terms.limit_price <= 0:
        return Reject.INVALID_ARGUMENT.text(field="limit_price")
    if terms.post_only and terms.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        return Reject.INVALID_ARGUMENT.text(field="post_only")
    if terms.order_type is OrderType.ICEBERG:
        return _iceberg_arguments(terms, entry.market.instrument)
    return Reject.INVALID_ARGUMENT.text(field="display_qty") if terms.display_qty else None


def _common_arguments(entry: Entry) -> str | None:
    terms = entry.terms
    if terms.qty <= 0 or terms.qty % entry.market.instrument.qty_increment or terms.cash_qty:
        return Reject.INVALID_ARGUMENT.text(field="order_qty")
    if terms.expire_ns <= entry.time_ns if terms.time_in_force is TimeInForce.GTD else terms.expire_ns:
        return Reject.INVALID_ARGUMENT.text(field="expire_time")
    return None


def _iceberg_arguments(terms: OrderTerms, instrument: Instrument) -> str | None:
    if terms.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
        # It would never rest: nothing to show or to hide.
        return Reject.INVALID_ARGUMENT.text(field="time_in_force")
    return display_refusal(instrument, terms.display_qty, terms.qty)


MAX_SLICES = 15
"""An iceberg shows at least this part of its quantity (Kraken, add_order and guide "spot amends")."""


def display_refusal(instrument: Instrument, display_qty: int, qty: int) -> str | None:
    """Whether an iceberg may show so much of `qty`: its quantity on entry, what remains on an amend."""
    too_small = display_qty * MAX_SLICES < qty or display_qty < max(1, instrument.qty_min)
    if too_small or display_qty % instrument.qty_increment:
        return Reject.INVALID_ARGUMENT.text(field="display_qty")
    return None


def _market_arguments(terms: OrderTerms) -> str | None:
    if (terms.qty > 0) == (terms.cash_qty > 0) or terms.qty < 0 or terms.cash_qty < 0:
        return Reject.INVALID_ARGUMENT.text(field="order_qty")
    if terms.limit_price:
        return Reject.INVALID_ARGUMENT.text(field="limit_price")
    if terms.cash_qty and terms.side is Side.SELL:
        return Reject.INVALID_ARGUMENT.text(field="cash_order_qty")
    if terms.time_in_force not in (TimeInForce.GTC, TimeInForce.IOC):
        return Reject.INVALID_ARGUMENT.text(field="time_in_force")
    if terms.post_only:
        return Reject.INVALID_ARGUMENT.text(field="post_only")
    return Reject.INVALID_ARGUMENT.text(field="display_qty") if terms.display_qty else None


_SYSTEM_REFUSALS = {
    SystemStatus.MAINTENANCE: Reject.UNAVAILABLE.text(),
    SystemStatus.CANCEL_ONLY: Reject.CANCEL_ONLY.text(),
}
_PAIR_REFUSALS = {
    PairStatus.CANCEL_ONLY: Reject.CANCEL_ONLY.text(),
    PairStatus.DELISTED: Reject.UNAVAILABLE.text(),
    PairStatus.MAINTENANCE: Reject.UNAVAILABLE.text(),
    PairStatus.WORK_IN_PROGRESS: Reject.UNAVAILABLE.text(),
    PairStatus.REDUCE_ONLY: Reject.REDUCE_ONLY_NO_POSITION.text(),
}


def engine_mode(entry: Entry) -> str | None:
    """The mode of the venue, then that of the pair."""
    pair, terms = entry.market.instrument.status, entry.terms
    if pair is PairStatus.LIMIT_ONLY and terms.order_type.working is OrderType.MARKET:
        return mode_refusal(entry.venue.status, pair, passive=False) or Reject.LIMIT_ONLY_MODE.text()
    return mode_refusal(entry.venue.status, pair, terms.post_only)


def mode_refusal(system: SystemStatus, pair: PairStatus, passive: bool) -> str | None:
    """What the modes say to an order; `passive` is one that surely does not match at once."""
    if system is SystemStatus.ONLINE and pair is PairStatus.ONLINE:
        return None
    if system in _SYSTEM_REFUSALS:
        return _SYSTEM_REFUSALS[system]
    if pair in _PAIR_REFUSALS:
        return _PAIR_REFUSALS[pair]
    if SystemStatus.POST_ONLY is system or PairStatus.POST_ONLY is pair:
        # Kraken, status channel: only post-only limit orders and cancels.
        return None if passive else Reject.POST_ONLY_MODE.text()
    return None


def quantity_minimum(entry: Entry) -> str | None:
    """At least the pair's minimum quantity; an order by cash has only a minimum cost."""
    if entry.terms.qty < entry.market.instrument.qty_min and not entry.terms.cash_qty:
        return Reject.VOLUME_MINIMUM.text()
    return None


def tick_size(entry: Entry) -> str | None:
    """A price is a multiple of the pair's increment."""
    return Reject.TICK_SIZE.text() if dormant.off_tick(entry.terms, entry.market.instrument) else None


def prices(entry: Entry) -> str | None:
    """A trigger has a reference to watch, and an offset comes to a price."""
    if entry.terms.trigger is None and entry.terms.conditional is None:
        return None
    found = dormant.price(entry.market, entry.terms)
    if isinstance(found, str):
        return found
    entry.pricing = found
    return None


def cost_minimum(entry: Entry) -> str | None:
    """At least the pair's minimum cost, where the cost is known on entry."""
    terms = entry.terms
    if terms.trigger is not None:
        # Worth its limit price or, as a market order, its trigger.
        terms = replace(terms, order_type=OrderType.LIMIT, limit_price=Price(_expected_price(entry)))
    return None if entry.market.cost_minimum_met(terms) else Reject.COST_MINIMUM.text()


def _expected_price(entry: Entry) -> int:
    """What a limit or a triggered order pays at worst, or is expected to; 0 for a market order."""
    return entry.pricing.limit_price or entry.pricing.trigger_price


def open_orders(entry: Entry) -> str | None:
    """At most so many open orders per pair."""
    cap = MAX_OPEN_ORDERS.get(entry.account.tier)
    if cap is None or not entry.venue.limits_enforced:
        return None
    count = entry.account.open_counts.get(entry.terms.symbol, 0) - (entry.replaces is not None)
    return Reject.ORDERS_LIMIT.text() if count >= cap else None


def client_id(entry: Entry) -> str | None:
    """`cl_ord_id` is unique among the account's open orders."""
    if entry.terms.cl_ord_id and client_key(entry.terms.cl_ord_id) in entry.account.cl_ord_ids:
        return Reject.INVALID_ARGUMENT.text(field="cl_ord_id")
    return None


def funds(entry: Entry) -> str | None:
    """What the order may cost at worst, taker fee included, is available."""
    terms, market = entry.terms, entry.market
    volume = entry.account.volume.at(fees.day_of(entry.time_ns))
    entry.ppm = market.hold_ppm(terms, entry.venue.schedule(market).tier(volume).taker_ppm)
    entry.hold = market.hold(terms.side, _worst_cost(entry), terms.qty, entry.ppm)
    available = entry.account.available(market.hold_asset(terms.side))
    if entry.replaces is not None:
        available += entry.replaces.hold
    if available < entry.hold:
        return Reject.FUNDS.text()
    return None


def _worst_cost(entry: Entry) -> int:
    """Exact price x qty a buy may come to: at its limit, by its cash, or as the book stands."""
    terms = entry.terms
    price = _expected_price(entry)
    if price:
        return price * terms.qty
    if terms.side is Side.SELL:
        return 0
    if terms.cash_qty:
        return entry.market.from_cost.nearest(terms.cash_qty)
    return entry.plan().exact


def deadline(entry: Entry) -> str | None:
    """The engine does not match after the request's own deadline."""
    if 0 < entry.command.deadline_ns < entry.time_ns:
        return Reject.DEADLINE.text()
    return None


CHECKS: tuple[Check, ...] = (
    engine_mode,
    quantity_minimum,
    tick_size,
    prices,
    cost_minimum,
    open_orders,
    client_id,
    funds,
    deadline,
)
