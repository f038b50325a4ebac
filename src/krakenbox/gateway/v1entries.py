"""New orders of v1: `addOrder`. Its fields are those of REST, apart from spellings and what v1 lacks."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from krakenbox.feeds.hub import Hub
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.entries import ends_of
from krakenbox.gateway.method import MODIFY, Submission
from krakenbox.gateway.relative import resolved
from krakenbox.gateway.restfields import deadline_ns, flag, optional, required, wrong
from krakenbox.gateway.restorders import MAX_LEVERAGE, names_of, order_of
from krakenbox.gateway.terms import deadline_ns as matched_until
from krakenbox.gateway.terms import deadline_refusal, order_terms, static_refusal
from krakenbox.gateway.v1method import V1Method, instrument_of, refuse_if
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.model.command import OrderRef, PlaceOrder
from krakenbox.model.event import Event, OrderAccepted, Rejected
from krakenbox.model.instrument import Instrument, InstrumentTable
from krakenbox.model.order import AccountId, OrderType, Side, StpType
from krakenbox.protocol.literals import quote
from krakenbox.protocol.ordertext import order_text
from krakenbox.protocol.v1.methods import Request
from krakenbox.protocol.v2.methods import BatchOrder

# Kraken, websocket-v1/addorder: no iceberg, no FOK.
_TYPES = {kind.value: kind for kind in OrderType if kind is not OrderType.ICEBERG}
_TIMES = {text: text for text in ("GTC", "GTD", "IOC")}
_SIDES = {side.value: side for side in Side}
_STP_TYPES = {stp.value: stp for stp in StpType}


class NewOrder(Struct, frozen=True):
    """An order that breaks no rule which needs no account."""

    order: BatchOrder
    instrument: Instrument
    deadline_ns: int
    validate: bool


def _read(request: Request, hub: Hub, now_ns: int) -> NewOrder:
    instrument = instrument_of(request, hub)
    order = order_of(_in_rest(request.fields, instrument, hub), now_ns)
    refuse_if(static_refusal(order, now_ns, names_of(order.order_type)), {})
    deadline = optional(request.fields, "deadline", deadline_ns)
    refuse_if(deadline_refusal(deadline, now_ns), {})
    validate = optional(request.fields, "validate", flag) or False
    return NewOrder(order, instrument, matched_until(deadline, now_ns), validate)


def _in_rest(given: Mapping[str, str], instrument: Instrument, hub: Hub) -> Mapping[str, str]:
    """The fields of an order as REST spells them, its limit price absolute."""
    order_type = required(given, "ordertype", _TYPES.get)
    side = required(given, "type", _SIDES.get)
    optional(given, "timeinforce", _TIMES.get)
    fields = dict(given)
    stp = optional(fields, "stp_type", _STP_TYPES.get)
    if stp is not None:
        fields["stptype"] = stp.replace("_", "-")
    if optional(fields, "margin", flag):
        # Kraken: with the most leverage there is.
        fields["leverage"] = str(MAX_LEVERAGE)
    return resolved(fields, side, order_type, instrument, hub.last_price(instrument.symbol))


def _place(new: NewOrder, account: AccountId, hub: Hub, now_ns: int) -> list[Submission]:
    terms = order_terms(new.order, new.instrument, names_of(new.order.order_type))
    if isinstance(terms, str):
        refuse_if(terms, {})
        raise wrong("ordertype")
    return [Submission(PlaceOrder(account, terms, new.deadline_ns, new.validate), OrderRef())]


def _answer(replies: V1Replies, origin: Origin, events: Sequence[Event], table: InstrumentTable) -> None:
    """Its id and its text, as recorded under the altname and with the decimals of prices.

    {"descr":"buy 10.00000000 USDTUSD @ limit 0.9980","event":"addOrderStatus","reqid":5,"status":"ok",
    "txid":"OCI7RW-HMJJ2-WMMJBE"}
    """
    (end,) = ends_of(events)
    if isinstance(end, Rejected):
        replies.refuse(origin, end.text)
        return
    terms = end.terms
    replies.ack(
        origin,
        descr=quote(order_text(terms, table.instruments[terms.symbol])),
        txid=quote(end.order_id) if isinstance(end, OrderAccepted) else "",
        cl_ord_id=quote(terms.cl_ord_id) if terms.cl_ord_id else "",
    )


ADD_ORDER = V1Method(MODIFY, _read, _place, _answer)
