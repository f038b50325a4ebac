"""An `add_order` request held against the rules that need no state, and its numbers put into integers.

Kraken, websocket-v2/add_order, says which fields go together; texts for most contradictions are not recorded,
so these take the documented form `EGeneral:Invalid arguments:<field>`.
"""

from collections.abc import Callable
from decimal import Decimal

from krakenbox.model.fixed import Cost, Price, Qty, from_decimal
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import FeePreference, OrderTerms, OrderType, Side, TimeInForce
from krakenbox.model.reject import Reject
from krakenbox.protocol.v2.methods import AddOrder

_MS_NS = 1_000_000
_SECOND_NS = 1_000 * _MS_NS

DEADLINE_DEFAULT_NS = 5 * _SECOND_NS
DEADLINE_MIN_NS = 500 * _MS_NS
DEADLINE_MAX_NS = 60 * _SECOND_NS
EXPIRE_MAX_NS = 31 * 86_400 * _SECOND_NS
"""`expire_time` is at most a month ahead; the longest month."""

MAX_UNITS = 2**63 - 1
"""Quantities and prices fit 64 bits, as on the venue and in every image of its state: 92 billion BTC."""
MAX_PRICE = 10**9
"""In quote units: no market trades near it, and at nine decimals it is still within `MAX_UNITS`."""

OF_OTHER_TYPES = (
    "limit_price_type",
    "triggers",
    "effective_time",
    "conditional",
    "display_qty",
    "stop_price",
    "trigger",
)
"""Fields that no order type served so far has."""

_SERVED = (OrderType.LIMIT, OrderType.MARKET)
_MARKET_TIMES = (TimeInForce.GTC, TimeInForce.IOC)
_TAKER_TIMES = (TimeInForce.IOC, TimeInForce.FOK)

Rule = Callable[[AddOrder, int], str | None]
"""Order and time -> the field that is wrong, or None."""


def static_refusal(order: AddOrder, now_ns: int) -> str | None:
    """The text of the first static rule an order breaks; None if it breaks none."""
    if order.order_qty is None and order.cash_order_qty is None:
        return Reject.FIELD_MISSING.text(field="Order_qty")
    if order.deadline is not None and order.deadline < now_ns:
        return Reject.DEADLINE.text()
    for rule in _RULES:
        field = rule(order, now_ns)
        if field is not None:
            return Reject.INVALID_ARGUMENT.text(field=field)
    return None


def order_terms(order: AddOrder, instrument: Instrument) -> OrderTerms | str:
    """The terms of an order that breaks no static rule, or the refusal of one that cannot be entered."""
    if order.margin:
        # Kraken's error guide gives this text to accounts that may not trade on margin: here none may.
        return Reject.CANNOT_OPEN_POSITION.text()
    if order.reduce_only:
        return Reject.REDUCE_ONLY_NO_POSITION.text()
    qty = _units(order.order_qty, instrument.qty_decimals)
    if qty is None:
        return Reject.INVALID_ARGUMENT.text(field="order_qty")
    cash_qty = _units(order.cash_order_qty, instrument.cost_decimals)
    if cash_qty is None:
        return Reject.INVALID_ARGUMENT.text(field="cash_order_qty")
    if order.limit_price is not None and not 0 < order.limit_price < MAX_PRICE:
        return Reject.INVALID_PRICE.text()
    limit_price = _units(order.limit_price, instrument.price_decimals)
    if limit_price is None:
        return Reject.TICK_SIZE.text()
    return OrderTerms(
        symbol=instrument.symbol,
        side=order.side,
        order_type=order.order_type,
        qty=Qty(qty),
        limit_price=Price(limit_price),
        cash_qty=Cost(cash_qty),
        time_in_force=order.time_in_force,
        expire_ns=order.expire_time or 0,
        post_only=order.post_only,
        cl_ord_id=order.cl_ord_id or "",
        userref=order.order_userref or 0,
        stp=order.stp_type,
        # Kraken's pages say base for sells, its recordings show quote for both sides.
        fee_preference=order.fee_preference or FeePreference.QUOTE,
    )


def deadline_ns(order: AddOrder, now_ns: int) -> int:
    """Until when the engine may match an order."""
    return order.deadline if order.deadline is not None else now_ns + DEADLINE_DEFAULT_NS


def _order_type(order: AddOrder, now_ns: int) -> str | None:
    # REST introduction: the text is `EGeneral:Invalid arguments:ordertype`.
    return None if order.order_type in _SERVED else "ordertype"


def _other_types(order: AddOrder, now_ns: int) -> str | None:
    for field in OF_OTHER_TYPES:
        if getattr(order, field) is not None:
            return field
    return None


def _limit_price(order: AddOrder, now_ns: int) -> str | None:
    has_price = order.limit_price is not None
    return None if has_price is (order.order_type is OrderType.LIMIT) else "limit_price"


def _quantity(order: AddOrder, now_ns: int) -> str | None:
    return None if order.order_qty is None or order.order_qty > 0 else "order_qty"


def _cash_quantity(order: AddOrder, now_ns: int) -> str | None:
    """Only market buys without margin are entered by cash, and then by nothing else."""
    if order.cash_order_qty is None:
        return None
    market_buy = order.order_type is OrderType.MARKET and order.side is Side.BUY
    alone = order.order_qty is None and not order.margin
    return None if market_buy and alone and order.cash_order_qty > 0 else "cash_order_qty"


def _time_in_force(order: AddOrder, now_ns: int) -> str | None:
    is_limit = order.order_type is OrderType.LIMIT
    return None if is_limit or order.time_in_force in _MARKET_TIMES else "time_in_force"


def _expire_time(order: AddOrder, now_ns: int) -> str | None:
    expire_ns = order.expire_time
    if expire_ns is None:
        return "expire_time" if order.time_in_force is TimeInForce.GTD else None
    whole = expire_ns % _SECOND_NS == 0
    ahead = now_ns < expire_ns <= now_ns + EXPIRE_MAX_NS
    return None if order.time_in_force is TimeInForce.GTD and whole and ahead else "expire_time"


def _post_only(order: AddOrder, now_ns: int) -> str | None:
    rests = order.order_type is OrderType.LIMIT and order.time_in_force not in _TAKER_TIMES
    return None if rests or not order.post_only else "post_only"


def _identifiers(order: AddOrder, now_ns: int) -> str | None:
    both = order.cl_ord_id is not None and order.order_userref is not None
    return "cl_ord_id" if both else None


def _deadline(order: AddOrder, now_ns: int) -> str | None:
    if order.deadline is None or DEADLINE_MIN_NS <= order.deadline - now_ns <= DEADLINE_MAX_NS:
        return None
    return "deadline"


_RULES: tuple[Rule, ...] = (
    _order_type,
    _other_types,
    _limit_price,
    _quantity,
    _cash_quantity,
    _time_in_force,
    _expire_time,
    _post_only,
    _identifiers,
    _deadline,
)


def _units(value: Decimal | None, decimals: int) -> int | None:
    """A number in integers; 0 for none, None for one with too many decimals or digits."""
    if value is None:
        return 0
    units = from_decimal(value, decimals)
    return units if units is not None and 0 <= units <= MAX_UNITS else None
