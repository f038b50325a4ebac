"""An order held against the rules that need no state, and its numbers put into integers.

Kraken, websocket-v2/add_order, says which fields go together; texts for most contradictions are not recorded,
so these take the documented form `EGeneral:Invalid arguments:<field>`.
"""

from collections.abc import Callable
from decimal import Decimal

from msgspec.structs import replace

from krakenbox.gateway.figures import V2_NAMES, Figures, Names
from krakenbox.model import order as model
from krakenbox.model.fixed import Price
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import (
    FeePreference,
    OrderTerms,
    OrderType,
    PriceType,
    Reference,
    Side,
    TimeInForce,
)
from krakenbox.model.reject import Reject
from krakenbox.protocol.v2 import methods
from krakenbox.protocol.v2.methods import BatchOrder, Conditional, Triggers

_MS_NS = 1_000_000
_SECOND_NS = 1_000 * _MS_NS

DEADLINE_DEFAULT_NS = 5 * _SECOND_NS
DEADLINE_MIN_NS = 500 * _MS_NS
DEADLINE_MAX_NS = 60 * _SECOND_NS
AHEAD_MAX_NS = 31 * 86_400 * _SECOND_NS
"""`expire_time` is at most a month ahead; the longest month. `effective_time` is taken to be so too."""
MIN_DISPLAY_PARTS = 15
"""`display_qty` is at least this part of `order_qty`."""

_TRIGGERED = frozenset(kind for kind in OrderType if kind.triggered)
_LIMITED = frozenset(kind for kind in OrderType if kind.working is OrderType.LIMIT) - {
    OrderType.SETTLE_POSITION
}
"""Types with a limit price."""
_PLAIN = (OrderType.LIMIT, OrderType.MARKET)
_SECONDARY = _TRIGGERED | {OrderType.LIMIT}
"""Types a conditional order may have."""

_FIELD_TYPES: dict[str, frozenset[OrderType]] = {
    "limit_price_type": frozenset((OrderType.TRAILING_STOP_LIMIT,)),
    "triggers": _TRIGGERED,
    "display_qty": frozenset((OrderType.ICEBERG,)),
    "stop_price": _TRIGGERED,
    "trigger": _TRIGGERED,
}
"""Fields that only some types have."""

_ALL_TIMES = frozenset(TimeInForce)
_TIMES: dict[OrderType, frozenset[TimeInForce]] = {
    OrderType.LIMIT: _ALL_TIMES,
    OrderType.MARKET: frozenset((TimeInForce.GTC, TimeInForce.IOC)),
    OrderType.ICEBERG: frozenset((TimeInForce.GTC, TimeInForce.GTD)),
    OrderType.SETTLE_POSITION: frozenset((TimeInForce.GTC, TimeInForce.IOC)),
    # Kraken, add_order: fok is for limit orders only. What waits for a trigger may stop waiting (gtd).
    **dict.fromkeys(_TRIGGERED, _ALL_TIMES - {TimeInForce.FOK}),
}
_POST_ONLY = frozenset((OrderType.LIMIT, OrderType.ICEBERG))
_TAKER_TIMES = (TimeInForce.IOC, TimeInForce.FOK)

Rule = Callable[[BatchOrder, int], str | None]
"""Order and time -> the field that is wrong, or None."""


def static_refusal(order: BatchOrder, now_ns: int, names: Names = V2_NAMES) -> str | None:
    """The text of the first static rule an order breaks; None if it breaks none."""
    if order.order_qty is None and order.cash_order_qty is None:
        return Reject.FIELD_MISSING.text(field="Order_qty")
    for rule in _RULES:
        field = rule(order, now_ns)
        if field is not None:
            return Reject.INVALID_ARGUMENT.text(field=names.get(field, field))
    return None


def deadline_refusal(deadline: int | None, now_ns: int, min_ns: int = DEADLINE_MIN_NS) -> str | None:
    """Why a request's own deadline cannot be met, or is outside the documented window."""
    if deadline is None or min_ns <= deadline - now_ns <= DEADLINE_MAX_NS:
        return None
    return Reject.DEADLINE.text() if deadline < now_ns else Reject.INVALID_ARGUMENT.text(field="deadline")


def deadline_ns(deadline: int | None, now_ns: int) -> int:
    """Until when the engine may match what a request enters."""
    return deadline if deadline is not None else now_ns + DEADLINE_DEFAULT_NS


def order_terms(order: BatchOrder, instrument: Instrument, names: Names = V2_NAMES) -> OrderTerms | str:
    """The terms of an order that breaks no static rule, or the refusal of one that cannot be entered."""
    if order.margin or order.order_type is OrderType.SETTLE_POSITION:
        # Kraken's error guide gives this text to accounts that may not trade on margin: here none may.
        return Reject.CANNOT_OPEN_POSITION.text()
    if order.reduce_only:
        return Reject.REDUCE_ONLY_NO_POSITION.text()
    figures = Figures(instrument, names)
    terms = _terms(order, figures, instrument.symbol)
    if 0 < terms.display_qty * MIN_DISPLAY_PARTS < terms.qty:
        figures.refuse(Reject.INVALID_ARGUMENT.text(field=names.get("display_qty", "display_qty")))
    if terms.trigger is not None and terms.trigger.reference is Reference.INDEX and not instrument.has_index:
        figures.refuse(Reject.INDEX_UNAVAILABLE.text())
    return figures.refusal or terms


def trigger_of(
    triggers: Triggers | None, stop_price: Decimal | None, reference: methods.Reference | None
) -> Triggers | None:
    """What wakes an order, by `triggers` or by the deprecated fields in its place."""
    if stop_price is not None:
        return Triggers(price=stop_price, reference=reference or "last")
    return triggers


def counted(triggers: Triggers | None, figures: Figures) -> model.Trigger | None:
    """A trigger in integers."""
    if triggers is None:
        return None
    price_type = PriceType(triggers.price_type)
    price = figures.offset(triggers.price, price_type, "triggers")
    return model.Trigger(price, price_type, Reference(triggers.reference))


def _terms(order: BatchOrder, figures: Figures, symbol: str) -> OrderTerms:
    limit_type = _limit_type(order.order_type, order.limit_price_type)
    terms = OrderTerms(
        symbol=symbol,
        side=order.side,
        order_type=order.order_type,
        qty=figures.qty(order.order_qty, "order_qty"),
        cash_qty=figures.cost(order.cash_order_qty, "cash_order_qty"),
        limit_price=Price(figures.offset(order.limit_price, limit_type, "limit_price")),
        limit_price_type=limit_type,
        time_in_force=order.time_in_force,
        expire_ns=order.expire_time or 0,
        post_only=order.post_only,
        cl_ord_id=order.cl_ord_id or "",
        userref=order.order_userref or 0,
        stp=order.stp_type,
        # Kraken's pages say base for sells, its recordings show quote for both sides.
        fee_preference=order.fee_preference or FeePreference.QUOTE,
        effective_ns=order.effective_time or 0,
        sender_sub_id=order.sender_sub_id or "",
    )
    plain = order.order_type in _PLAIN and order.conditional is None
    return terms if plain else _further(terms, order, figures)


def _further(terms: OrderTerms, order: BatchOrder, figures: Figures) -> OrderTerms:
    """With what most orders do not have."""
    trigger = counted(trigger_of(order.triggers, order.stop_price, order.trigger), figures)
    reference = trigger.reference if trigger is not None else Reference.LAST
    return replace(
        terms,
        display_qty=figures.qty(order.display_qty, "display_qty"),
        trigger=trigger,
        conditional=_secondary(order.conditional, reference, figures),
    )


def _limit_type(order_type: OrderType, given: str | None) -> PriceType:
    """Kraken, add_order: `quote` unless told otherwise, of the one type that may choose."""
    trails = order_type is OrderType.TRAILING_STOP_LIMIT
    return PriceType(given or "quote") if trails else PriceType.STATIC


def _secondary(
    conditional: Conditional | None, reference: Reference, figures: Figures
) -> model.Conditional | None:
    if conditional is None:
        return None
    limit_type = _limit_type(conditional.order_type, conditional.limit_price_type)
    limit_price = figures.offset(conditional.limit_price, limit_type, "conditional")
    trigger = None
    price = _trigger_price(conditional)
    if price is not None:
        price_type = PriceType(conditional.trigger_price_type or "static")
        # Kraken, REST AddOrder: the reference of the primary applies to its close order too.
        trigger = model.Trigger(figures.offset(price, price_type, "conditional"), price_type, reference)
    return model.Conditional(conditional.order_type, limit_price, limit_type, trigger)


def _trigger_price(conditional: Conditional) -> Decimal | None:
    return conditional.trigger_price if conditional.stop_price is None else conditional.stop_price


# --- rules


def _foreign_fields(order: BatchOrder, now_ns: int) -> str | None:
    for field, types in _FIELD_TYPES.items():
        if getattr(order, field) is not None and order.order_type not in types:
            return field
    return None


def _limit_price(order: BatchOrder, now_ns: int) -> str | None:
    has_price = order.limit_price is not None
    return None if has_price is (order.order_type in _LIMITED) else "limit_price"


def _triggers(order: BatchOrder, now_ns: int) -> str | None:
    """A trigger is given once, in the new fields or in the deprecated ones, and can wake its type."""
    if order.order_type not in _TRIGGERED:
        return None
    if order.triggers is not None and order.stop_price is not None:
        return "stop_price"
    if order.triggers is not None and order.trigger is not None:
        return "trigger"
    triggers = trigger_of(order.triggers, order.stop_price, order.trigger)
    if triggers is None:
        return "triggers"
    return _distance(order.order_type, triggers.price, triggers.price_type)


def _distance(order_type: OrderType, price: Decimal, price_type: str | None) -> str | None:
    """Kraken, add_order: what trails has a positive distance, in percent or in quote units."""
    if not order_type.trailing:
        return None
    if price_type not in ("pct", "quote"):
        return "trigger_price_type"
    return None if price > 0 else "trigger_price"


def _conditional(order: BatchOrder, now_ns: int) -> str | None:
    secondary = order.conditional
    if secondary is None:
        return None
    kind = secondary.order_type
    price = _trigger_price(secondary)
    sound = (
        kind in _SECONDARY
        and (secondary.limit_price is not None) is (kind in _LIMITED)
        and (secondary.limit_price_type is None or kind is OrderType.TRAILING_STOP_LIMIT)
        and (price is not None) is (kind in _TRIGGERED)
        and (secondary.trigger_price_type is None or kind in _TRIGGERED)
        and (secondary.stop_price is None or secondary.trigger_price is None)
    )
    if not sound or order.order_type is OrderType.SETTLE_POSITION:
        return "conditional"
    return _distance(kind, price, secondary.trigger_price_type) if price is not None else None


def _quantity(order: BatchOrder, now_ns: int) -> str | None:
    if order.order_qty is None or order.order_qty > 0:
        return None
    # Kraken, REST AddOrder: settling with volume 0 means what is needed.
    settles = order.order_type is OrderType.SETTLE_POSITION
    return None if settles and order.order_qty == 0 else "order_qty"


def _display_quantity(order: BatchOrder, now_ns: int) -> str | None:
    if order.order_type is not OrderType.ICEBERG:
        return None
    return None if order.display_qty is not None and order.display_qty > 0 else "display_qty"


def _cash_quantity(order: BatchOrder, now_ns: int) -> str | None:
    """Only market buys without margin are entered by cash, and then by nothing else."""
    if order.cash_order_qty is None:
        return None
    market_buy = order.order_type is OrderType.MARKET and order.side is Side.BUY
    alone = order.order_qty is None and not order.margin
    return None if market_buy and alone and order.cash_order_qty > 0 else "cash_order_qty"


def _time_in_force(order: BatchOrder, now_ns: int) -> str | None:
    return None if order.time_in_force in _TIMES[order.order_type] else "time_in_force"


def _effective_time(order: BatchOrder, now_ns: int) -> str | None:
    return (
        None
        if order.effective_time is None or _whole_second_ahead(order.effective_time, now_ns)
        else "effective_time"
    )


def _expire_time(order: BatchOrder, now_ns: int) -> str | None:
    expire_ns = order.expire_time
    if expire_ns is None:
        return "expire_time" if order.time_in_force is TimeInForce.GTD else None
    lasts = order.time_in_force is TimeInForce.GTD and expire_ns > (order.effective_time or 0)
    return None if lasts and _whole_second_ahead(expire_ns, now_ns) else "expire_time"


def _whole_second_ahead(time_ns: int, now_ns: int) -> bool:
    return time_ns % _SECOND_NS == 0 and now_ns < time_ns <= now_ns + AHEAD_MAX_NS


def _post_only(order: BatchOrder, now_ns: int) -> str | None:
    # Kraken's support says: not of types with a trigger, though they have a limit price.
    rests = order.order_type in _POST_ONLY and order.time_in_force not in _TAKER_TIMES
    return None if rests or not order.post_only else "post_only"


def _identifiers(order: BatchOrder, now_ns: int) -> str | None:
    both = order.cl_ord_id is not None and order.order_userref is not None
    return "cl_ord_id" if both else None


_RULES: tuple[Rule, ...] = (
    _foreign_fields,
    _conditional,
    _limit_price,
    _triggers,
    _quantity,
    _display_quantity,
    _cash_quantity,
    _time_in_force,
    _effective_time,
    _expire_time,
    _post_only,
    _identifiers,
)
