"""New orders by REST: `AddOrder` and `AddOrderBatch`.

Their fields are put into those of v2, whose rules and numbers (`terms`) are then theirs too; a refusal gives
a field its REST name. Kraken, REST AddOrder: `price` is the limit of orders without a trigger and the trigger
of the others, whose limit is `price2`.
"""

from decimal import Decimal
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.errors import ProtocolError
from krakenbox.gateway.entries import MAX_BATCH, MIN_BATCH, Entered, ends_of, only_refusal
from krakenbox.gateway.figures import Names
from krakenbox.gateway.listings import find_pair
from krakenbox.gateway.relative import resolved
from krakenbox.gateway.restfields import (
    Price,
    deadline_ns,
    flag,
    number,
    optional,
    price,
    required,
    time_ns,
    userref,
    wrong,
)
from krakenbox.gateway.restmethod import Answer, Call, Events, Fields
from krakenbox.gateway.terms import deadline_ns as matched_until
from krakenbox.gateway.terms import deadline_refusal, order_terms, static_refusal
from krakenbox.model.command import PlaceOrder, PlaceOrders
from krakenbox.model.event import OrderAccepted, Rejected
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import FeePreference, OrderTerms, OrderType, Side, StpType, TimeInForce
from krakenbox.protocol.ordertext import close_text, order_text
from krakenbox.protocol.rest import encode_errors, encode_result, rows
from krakenbox.protocol.timestamp import NS_PER_SECOND
from krakenbox.protocol.v2.methods import BatchOrder, Conditional, PriceType, Reference, Time, Triggers
from krakenbox.protocol.v2.schema import client_id

DEADLINE_MIN_NS = 2 * NS_PER_SECOND
"""Kraken, REST AddOrder: 2 s ahead at least; by WebSocket 500 ms."""
EXPIRE_MIN_NS = 5 * NS_PER_SECOND
"""Kraken, REST AddOrder: `expiretm` is at least 5 s ahead."""
MAX_LEVERAGE = 10

_TYPES = {kind.value: kind for kind in OrderType}
_SIDES = {side.value: side for side in Side}
_TIMES = {time.value.upper(): time for time in TimeInForce}
_STP_TYPES = {stp.value.replace("_", "-"): stp for stp in StpType}
REFERENCES: dict[str, Reference] = {"last": "last", "index": "index"}
_FLAGS = frozenset(("post", "fcib", "fciq", "nompp", "viqc"))
_FEES = {"fcib": FeePreference.BASE, "fciq": FeePreference.QUOTE}
_LEVERAGES = {"none": 0} | {
    f"{times}{suffix}": times for times in range(MAX_LEVERAGE + 1) for suffix in ("", ":1")
}

_NAMES: Names = {
    "order_qty": "volume",
    "cash_order_qty": "oflags",
    "display_qty": "displayvol",
    "limit_price": "price",
    "time_in_force": "timeinforce",
    "effective_time": "starttm",
    "expire_time": "expiretm",
    "post_only": "oflags",
    "conditional": "close",
}
_TRIGGERED_NAMES: Names = {
    **_NAMES,
    **dict.fromkeys(("triggers", "trigger_price", "trigger_price_type"), "price"),
    "limit_price": "price2",
    "limit_price_type": "price2",
}


# --- AddOrder


def add_order(call: Call) -> Answer:
    """Enter one order."""
    fields = call.fields
    instrument = find_pair(call.hub.reference.table, required(fields, "pair", str))
    terms = _terms(fields, instrument, call)
    until_ns, validate = request_terms(fields, call.now_ns)
    command = PlaceOrder(call.key.account, terms, until_ns, validate)
    return Answer(commands=(command,), reply=partial(_added, instrument))


def _added(instrument: Instrument, events: Events) -> bytes:
    """{"txid":["O..."],"descr":{"order":"...","close":"..."}}; of what was only validated no `txid`."""
    (end,) = ends_of(events)
    if isinstance(end, Rejected):
        return encode_errors(end.text)
    row = _row(end, instrument)
    # Here the text of the close order is inside `descr`, in a batch beside it; here `txid` is an array.
    if "close" in row:
        row["descr"]["close"] = row.pop("close")
    if "txid" in row:
        row["txid"] = [row["txid"]]
    return encode_result(row)


# --- AddOrderBatch


def add_order_batch(call: Call) -> Answer:
    """Enter 2 to 15 orders of one pair: refused together by arguments, one by one by the engine."""
    fields = call.fields
    instrument = find_pair(call.hub.reference.table, required(fields, "pair", str))
    orders = rows(fields, "orders")
    if not MIN_BATCH <= len(orders) <= MAX_BATCH:
        raise wrong("orders")
    terms = tuple(_terms(order, instrument, call) for order in orders)
    until_ns, validate = request_terms(fields, call.now_ns)
    command = PlaceOrders(call.key.account, terms, until_ns, validate)
    return Answer(commands=(command,), reply=partial(_batch_added, instrument, len(terms)))


def _batch_added(instrument: Instrument, count: int, events: Events) -> bytes:
    """{"orders":[{"txid":"O...","descr":{"order":"..."},"close":"..."},{"error":"..."}]}."""
    ends = ends_of(events)
    if len(ends) == count:
        return encode_result({"orders": [_row(end, instrument) for end in ends]})
    return encode_errors(only_refusal(ends))


def _row(end: Entered | Rejected, instrument: Instrument) -> dict[str, Any]:
    if isinstance(end, Rejected):
        return {"error": end.text}
    row: dict[str, Any] = {"txid": end.order_id} if isinstance(end, OrderAccepted) else {}
    row["descr"] = {"order": order_text(end.terms, instrument)}
    if end.terms.conditional is not None:
        row["close"] = close_text(end.terms.conditional, instrument)
    return row


# --- the request


def request_terms(fields: Fields, now_ns: int) -> tuple[int, bool]:
    """Until when the engine may match, and whether to check only."""
    deadline = optional(fields, "deadline", deadline_ns)
    refusal = deadline_refusal(deadline, now_ns, DEADLINE_MIN_NS)
    if refusal is not None:
        raise ProtocolError(refusal)
    return matched_until(deadline, now_ns), optional(fields, "validate", flag) or False


def _terms(fields: Fields, instrument: Instrument, call: Call) -> OrderTerms:
    order_type = required(fields, "ordertype", _TYPES.get)
    side = required(fields, "type", _SIDES.get)
    last, now_ns = call.hub.last_price(instrument.symbol), call.now_ns
    order = order_of(resolved(fields, side, order_type, instrument, last), now_ns)
    names = names_of(order.order_type)
    refusal = static_refusal(order, now_ns, names)
    terms = refusal if refusal is not None else order_terms(order, instrument, names)
    if isinstance(terms, str):
        raise ProtocolError(terms)
    return terms


def names_of(order_type: OrderType) -> Names:
    """What refusals call the fields of v2, of an order of a type."""
    return _TRIGGERED_NAMES if order_type.triggered else _NAMES


def order_of(fields: Fields, now_ns: int) -> BatchOrder:
    """The fields of one order as v2 has them, each by itself sound; raises ProtocolError."""
    order_type = required(fields, "ordertype", _TYPES.get)
    side = required(fields, "type", _SIDES.get)
    volume = required(fields, "volume", number)
    flags = optional(fields, "oflags", flags_of) or frozenset()
    in_quote = "viqc" in flags
    prices = prices_of(fields, ("price", "price2"), order_type, side)
    expire_ns = optional(fields, "expiretm", partial(_expire_ns, now_ns=now_ns)) or None
    order = BatchOrder(
        order_type=order_type,
        side=side,
        order_qty=None if in_quote else volume,
        cash_order_qty=volume if in_quote else None,
        display_qty=optional(fields, "displayvol", number),
        limit_price=prices.limit,
        limit_price_type=prices.limit_type,
        # The field is older than `timeinforce`, so that alone it means what gtd does.
        time_in_force=optional(fields, "timeinforce", _TIMES.get)
        or (TimeInForce.GTC if expire_ns is None else TimeInForce.GTD),
        expire_time=expire_ns,
        effective_time=optional(fields, "starttm", partial(time_ns, now_ns=now_ns)) or None,
        post_only="post" in flags,
        fee_preference=next((fee for name, fee in _FEES.items() if name in flags), None),
    )
    return _further(_triggered(order, prices, optional(fields, "trigger", REFERENCES.get)), fields)


def _triggered(order: BatchOrder, prices: "Prices", reference: Reference | None) -> BatchOrder:
    """With what wakes it; a reference without a price is left for the rules to refuse."""
    if prices.trigger is None:
        return replace(order, trigger=reference)
    triggers = Triggers(price=prices.trigger, price_type=prices.trigger_type, reference=reference or "last")
    return replace(order, triggers=triggers)


def _further(order: BatchOrder, fields: Fields) -> BatchOrder:
    """With what most orders do not have."""
    return replace(
        order,
        margin=(optional(fields, "leverage", _LEVERAGES.get) or 0) > 1,
        reduce_only=optional(fields, "reduce_only", flag) or False,
        stp_type=optional(fields, "stptype", _STP_TYPES.get) or StpType.CANCEL_NEWEST,
        cl_ord_id=optional(fields, "cl_ord_id", client_id),
        order_userref=optional(fields, "userref", userref),
        sender_sub_id=optional(fields, "sender_sub_id", client_id),
        conditional=_close(fields, order.side.opposite),
    )


def flags_of(text: str) -> frozenset[str] | None:
    """Order flags; those of the fee's currency exclude each other."""
    flags = frozenset(text.split(","))
    return flags if flags <= _FLAGS and not flags >= _FEES.keys() else None


def _expire_ns(text: str, now_ns: int) -> Time | None:
    expire_ns = time_ns(text, now_ns)
    return None if expire_ns and expire_ns < now_ns + EXPIRE_MIN_NS else expire_ns


def _close(fields: Fields, side: Side) -> Conditional | None:
    if not any(value for name, value in fields.items() if name == "close" or name.startswith("close[")):
        return None
    order_type = required(fields, "close[ordertype]", _TYPES.get)
    prices = prices_of(fields, ("close[price]", "close[price2]"), order_type, side)
    return Conditional(
        order_type=order_type,
        limit_price=prices.limit,
        limit_price_type=prices.limit_type,
        trigger_price=prices.trigger,
        trigger_price_type=None if prices.trigger is None else prices.trigger_type,
    )


# --- prices


class Prices(Struct, frozen=True, kw_only=True):
    """`price` and `price2` by what they are."""

    limit: Decimal | None = None
    limit_type: PriceType | None = None
    """Of a trailing-stop-limit alone."""
    trigger: Decimal | None = None
    trigger_type: PriceType = "static"


def prices_of(fields: Fields, names: tuple[str, str], order_type: OrderType, side: Side) -> Prices:
    """The two price fields of an order of that type and side; raises ProtocolError."""
    first, second = (optional(fields, name, price) for name in names)
    if not order_type.triggered:
        if second is not None:
            raise wrong(names[1])
        return Prices(limit=_absolute(first, names[0]))
    if order_type is OrderType.TRAILING_STOP_LIMIT:
        limit = _offset_limit(second, names[1])
    else:
        limit = Prices(limit=_absolute(second, names[1]))
    if first is None:
        return limit
    if order_type.trailing and first.sign != "+":
        # Kraken, REST AddOrder: the price of a trailing type is a distance and has a `+`.
        raise wrong(names[0])
    trigger = _signed(first, _away(order_type, side))
    return replace(limit, trigger=trigger, trigger_type=price_type(first))


def _offset_limit(given: Price | None, name: str) -> Prices:
    """The limit price of a trailing-stop-limit: an offset from its trigger price, or absolute."""
    if given is None:
        return Prices()
    if given.sign == "#":
        raise wrong(name)
    return Prices(limit=_signed(given, Side.BUY), limit_type=price_type(given))


def _absolute(given: Price | None, name: str) -> Decimal | None:
    """A limit price; one that is relative was made absolute before."""
    if given is None:
        return None
    if given.sign:
        raise wrong(name)
    return given.value


def _signed(given: Price, up: Side) -> Decimal:
    """The number of a price; `#` counts up where `up` is a buy."""
    down = given.sign == "-" or (given.sign == "#" and up is Side.SELL)
    return -given.value if down else given.value


def price_type(given: Price) -> PriceType:
    """What a price is: absolute, or a distance."""
    if not given.sign:
        return "static"
    return "pct" if given.percent else "quote"


def _away(order_type: OrderType, side: Side) -> Side:
    """The side whose stop lies where `#` puts a trigger: a stop is against its order, a profit for it."""
    profits = order_type in (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)
    return side.opposite if profits else side
