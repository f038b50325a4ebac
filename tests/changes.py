"""One-line inputs for what changes open orders.

amend(order, qty=2, at=101)          alice's order, or one named by cl_ord_id="..."
edit(order, qty=2, at=101)
batch(place(buy, 1, at=99), place(buy, 1, at=98))
arm(pit, 60)                         the dead man's switch, due in a minute
own(pit)                             alice's only open order
refused(pit, command)                the text, and nothing changed
"""

from typing import Any

import msgspec

from builders import BTC_USD, SECOND_NS, Number, Pit, story, units
from krakenbox.model.command import (
    AmendOrder,
    Command,
    EditOrder,
    OrderRef,
    PlaceOrder,
    PlaceOrders,
    SetCancelTimer,
    SetLimits,
)
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.order import AccountId, Order, OrderId
from krakenbox.venue.state import encode


def _qty(value: Number | None) -> Qty | None:
    return None if value is None else Qty(units(value, BTC_USD.qty_decimals))


def _price(value: Number | None) -> Price | None:
    return None if value is None else Price(units(value, BTC_USD.price_decimals))


def amend(
    order: Order | None = None,
    qty: Number | None = None,
    display: Number | None = None,
    at: Number | None = None,
    trigger: Number | None = None,
    **fields: Any,
) -> AmendOrder:
    """An amend of an order of BTC/USD, by its id or by `cl_ord_id`; other fields are the command's."""
    owner = order.account if order is not None else AccountId("alice")
    cl_ord_id = fields.pop("cl_ord_id", "")
    order_id = order.order_id if order is not None and not cl_ord_id else OrderId("")
    return AmendOrder(
        AccountId(fields.pop("by", owner)),
        OrderRef(order_id, cl_ord_id),
        qty=_qty(qty),
        display_qty=_qty(display),
        limit_price=_price(at),
        trigger_price=_price(trigger),
        **fields,
    )


def edit(
    order: Order,
    qty: Number | None = None,
    display: Number | None = None,
    at: Number | None = None,
    **fields: Any,
) -> EditOrder:
    """An edit of an order of BTC/USD; other fields are the command's."""
    return EditOrder(
        AccountId(fields.pop("by", order.account)),
        fields.pop("order_id", order.order_id),
        fields.pop("symbol", order.terms.symbol),
        qty=_qty(qty),
        display_qty=_qty(display),
        limit_price=_price(at),
        **fields,
    )


def batch(*orders: PlaceOrder, by: str = "alice", **fields: Any) -> PlaceOrders:
    """Several orders at once; other fields are the command's."""
    return PlaceOrders(AccountId(by), tuple(order.terms for order in orders), **fields)


def arm(pit: Pit, seconds: int, by: str = "alice") -> SetCancelTimer:
    """The switch of an account, due so many seconds after the last command; 0 disarms it."""
    return SetCancelTimer(AccountId(by), pit.time_ns + seconds * SECOND_NS if seconds else 0)


def own(pit: Pit, by: str = "alice") -> Order:
    """The one open order of an account."""
    (order,) = pit.orders(by)
    return order


def refused(pit: Pit, command: Command) -> str:
    """Why a command is refused; it changes nothing but the time."""
    pit.send(SetLimits(False))  # the trading counter is another test's

    def state() -> object:
        image = msgspec.json.decode(encode(pit.exchange))
        return {key: value for key, value in image.items() if key not in ("seq", "time_ns")}

    before = state()
    (told,) = story(pit.send(command))
    assert state() == before
    return told.removeprefix("refused: ")
