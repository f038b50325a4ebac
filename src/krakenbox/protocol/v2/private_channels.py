"""Text of the data frames of `executions`: as `channels`, for one account.

Which keys a row has, and in which order, depends on what happened; both are the recorded ones where there is
a recording. None shows `filled`, `expired`, `restated`, `status` or `iceberg_refill` rows or an open order in
a snapshot: these take the form of the nearest recorded row. A text that a client chose (`cl_ord_id`) comes as
JSON text, quoted and escaped.
"""

from collections.abc import Iterable

from msgspec import Struct


class TriggerText(Struct, frozen=True, kw_only=True, gc=False):
    """What wakes an order, and how far it has come; empty what is not known or not of this order."""

    reference: str
    price: str
    """As entered."""
    price_type: str
    actual_price: str = ""
    """The price an offset comes to."""
    peak_price: str = ""
    """Of what trails."""
    last_price: str = ""
    """The reference that moved or fired it."""
    timestamp: str = ""
    """When it fired; empty until then."""


class OrderText(Struct, frozen=True, kw_only=True, gc=False):
    """What all rows of one order repeat; decimals and times as text, empty where the order has none."""

    order_id: str
    identity: str
    """From `identity`."""
    symbol: str
    side: str
    order_type: str
    order_qty: str
    time_in_force: str
    """Upper case: `GTC`."""
    limit_price: str = ""
    limit_price_type: str = "static"
    stop_price: str
    """0 at price precision for orders without a trigger."""
    trigger: TriggerText | None = None
    contingent: str = ""
    """From `contingent`."""
    display_qty: str = ""
    cash_order_qty: str = ""
    effective_time: str = ""
    expire_time: str = ""
    parent_id: str = ""
    """The order whose fill entered this one."""
    sender_sub_id: str = ""
    """JSON text."""
    post_only: bool = False
    fee_ccy_pref: str = "fciq"


class Totals(Struct, frozen=True, gc=False):
    """Running totals of an order; `fee_usd` is its fees so far."""

    cum_qty: str
    cum_cost: str
    avg_price: str
    fee_usd: str


class FillText(Struct, frozen=True, kw_only=True, gc=False):
    """One fill of an order."""

    exec_id: str
    trade_id: int
    last_qty: str
    last_price: str
    liquidity: str
    """`m` maker, `t` taker."""
    cost: str
    fee_asset: str
    fee: str
    fee_usd: str
    """Fee of this fill in USD."""
    timestamp: str


def identity(cl_ord_id: str, order_userref: int) -> str:
    """The client's own name of an order: `cl_ord_id`, as JSON text, else the userref.

    "cl_ord_id":"6d1b345e-2821-40e2-ad83-4ecb18a06876"     or     "order_userref":0
    """
    return f'"cl_ord_id":{cl_ord_id}' if cl_ord_id else f'"order_userref":{order_userref}'


def contingent(order_type: str, trigger: tuple[str, str] | None, limit: tuple[str, str] | None) -> str:
    """The order that each fill enters; prices come with their types. Keys in the order of the reference.

    {"order_type":"stop-loss-limit","trigger_price":28410.0,"trigger_price_type":"static",
    "limit_price":28400.0,"limit_price_type":"static"}
    """
    members = [f'"order_type":"{order_type}"']
    for name, price in (("trigger", trigger), ("limit", limit)):
        if price is not None:
            members.append(f'"{name}_price":{price[0]},"{name}_price_type":"{price[1]}"')
    return f"{{{','.join(members)}}}"


def executions(kind: str, rows: Iterable[str], sequence: int) -> str:
    """Rows of one account; `sequence` counts the messages of one subscription from 1.

    {"channel":"executions","type":"snapshot","data":[],"sequence":1}
    """
    return f'{{"channel":"executions","type":"{kind}","data":[{",".join(rows)}],"sequence":{sequence}}}'


def pending_new(order: OrderText, zero_cost: str, timestamp: str) -> str:
    """An accepted order that is not live yet; `zero_cost` is 0 at cost precision.

    {"order_id":"AHOJQ8-1E72C-8M2VQH","symbol":"ADX/USD","order_qty":81.36256082,"cum_cost":0.0000000,
    "time_in_force":"GTC","exec_type":"pending_new","side":"buy","order_type":"limit","order_userref":0,
    "limit_price_type":"static","limit_price":0.18328,"stop_price":0.00000,"order_status":"pending_new",
    "fee_usd_equiv":0.0000000,"fee_ccy_pref":"fciq","timestamp":"2024-05-18T12:01:56.165888Z"}
    """
    return (
        f'{_entry(order, zero_cost, "pending_new")}"order_status":"pending_new","fee_usd_equiv":{zero_cost},'
        f'"fee_ccy_pref":"{order.fee_ccy_pref}","timestamp":"{timestamp}"}}'
    )


class StandingText(Struct, frozen=True, kw_only=True, gc=False):
    """How an open order stands."""

    order_status: str
    totals: Totals
    amended: bool
    display_qty_remain: str = ""
    """What an iceberg shows now."""
    timestamp: str


def open_order(order: OrderText, standing: StandingText) -> str:
    """An open order in a snapshot: the keys of `pending_new`, then what it has come to.

    Its `exec_type` is `new` also when `order_status` is `partially_filled`, which is no type of execution.
    """
    status, totals = standing.order_status, standing.totals
    exec_type = "pending_new" if status == "pending_new" else "new"
    shown = standing.display_qty_remain
    return (
        f'{_entry(order, totals.cum_cost, exec_type)}"order_status":"{status}",'
        f'"fee_usd_equiv":{totals.fee_usd},"fee_ccy_pref":"{order.fee_ccy_pref}",'
        f'"cum_qty":{totals.cum_qty},"avg_price":{totals.avg_price},'
        f'{_member("display_qty_remain", shown)}"amended":{"true" if standing.amended else "false"},'
        f'"timestamp":"{standing.timestamp}"}}'
    )


def opened(order: OrderText, timestamp: str) -> str:
    """An order went live.

    {"timestamp":"2024-05-18T12:58:51.121515Z","order_status":"new","exec_type":"new","order_userref":0,
    "order_id":"7J91XK-XMFEL-348VPM"}
    """
    triggers = f'"triggers":{_triggers(order.trigger)},' if order.trigger is not None else ""
    return (
        f'{{"timestamp":"{timestamp}","order_status":"new","exec_type":"new",{order.identity},'
        f'{_post_only(order)}{triggers}"order_id":"{order.order_id}"}}'
    )


def amended(order: OrderText, exec_type: str, standing: StandingText, reason: str) -> str:
    """An open order changed: `amended` by its owner, `restated` by the venue. `order` is what it is now.

    {"timestamp":"2024-10-13T13:38:39.273886Z","exec_type":"amended","order_status":"new","cum_qty":0.00000000,
    "reason":"User requested","amended":true,"order_qty":5.10000000,"limit_price":0.9600,
    "limit_price_type":"static","order_userref":0,"order_id":"6LYQGW-FH922-U6JTUM"}
    """
    because = f'"reason":"{reason}",' if reason else ""
    limit = ""
    if order.limit_price:
        limit = f'"limit_price":{order.limit_price},"limit_price_type":"{order.limit_price_type}",'
    return (
        f'{{"timestamp":"{standing.timestamp}","exec_type":"{exec_type}",'
        f'"order_status":"{standing.order_status}","cum_qty":{standing.totals.cum_qty},{because}'
        f'"amended":true,"order_qty":{order.order_qty},{_member("display_qty", order.display_qty)}{limit}'
        f'{_trigger_and_twins(order)}{order.identity},"order_id":"{order.order_id}"}}'
    )


def status(order: OrderText, order_status: str, timestamp: str) -> str:
    """A trigger moved or fired; not recorded. Deprecated names of the same values stand behind it.

    {"timestamp":...,"exec_type":"status","order_status":"new","triggers":{...},"stop_price":95.0,
    "trigger":"last","triggered_price":94.9,"order_userref":0,"order_id":...}
    """
    return (
        f'{{"timestamp":"{timestamp}","exec_type":"status","order_status":"{order_status}",'
        f'{_trigger_and_twins(order)}{order.identity},"order_id":"{order.order_id}"}}'
    )


def iceberg_refill(order: OrderText, order_status: str, display_qty_remain: str, timestamp: str) -> str:
    """The next part of an iceberg shows; not recorded.

    {"timestamp":...,"exec_type":"iceberg_refill","order_status":"partially_filled",
    "display_qty_remain":1.00000000,"order_userref":0,"order_id":...}
    """
    return (
        f'{{"timestamp":"{timestamp}","exec_type":"iceberg_refill","order_status":"{order_status}",'
        f'"display_qty_remain":{display_qty_remain},{order.identity},"order_id":"{order.order_id}"}}'
    )


def fill(order: OrderText, fill: FillText, totals: Totals) -> str:
    """A fill as it happens; `partially_filled` even where it completes the order (reference, executions).

    {"order_id":"OK4GJX-KSTLS-7DZZO5","order_userref":3,"exec_id":"TGBB7L-HT5LX-J3BZ4A","exec_type":"trade",
    "trade_id":62887576,"symbol":"BTC/USD","side":"sell","last_qty":0.005,"last_price":26599.9,"liquidity_ind":"t",
    "cost":132.9995,"order_type":"limit","timestamp":"2023-09-22T10:33:05.709993Z",
    "order_status":"partially_filled","cum_qty":0.005,"cum_cost":132.9995,"avg_price":26599.9,
    "fee_usd_equiv":0.3458,"fees":[{"asset":"USD","qty":0.3458}]}
    """
    return (
        f'{_trade(order, fill)},"order_type":"{order.order_type}",'
        f"{_member('sender_sub_id', order.sender_sub_id)}"
        f'"timestamp":"{fill.timestamp}",'
        f'"order_status":"partially_filled","cum_qty":{totals.cum_qty},"cum_cost":{totals.cum_cost},'
        f'"avg_price":{totals.avg_price},{_fees(fill)}}}'
    )


def past_fill(order: OrderText, fill: FillText) -> str:
    """A fill in a snapshot: `filled`, and without totals.

    {"order_id":"NG6PUE-C7MXN-CFCAMC","order_userref":0,"exec_id":"B1Y0D9-6JIJG-W1IB7L","exec_type":"trade",
    "trade_id":37496584,"symbol":"BTC/USD","side":"sell","last_qty":0.00016000,"last_price":63377.2,
    "liquidity_ind":"t","cost":10.12445,"order_status":"filled","order_type":"limit",
    "timestamp":"2024-04-16T10:54:38.243302Z","fee_usd_equiv":0.04050,"fees":[{"asset":"USD","qty":0.04051}]}
    """
    return (
        f'{_trade(order, fill)},"order_status":"filled","order_type":"{order.order_type}",'
        f"{_member('sender_sub_id', order.sender_sub_id)}"
        f'"timestamp":"{fill.timestamp}",{_fees(fill)}}}'
    )


def closed(order: OrderText, order_status: str, totals: Totals, reason: str, timestamp: str) -> str:
    """An order ended: `filled`, `canceled` or `expired`; `reason` is empty for `filled`.

    {"timestamp":"2024-05-18T12:58:40.165132Z","order_status":"canceled","exec_type":"canceled",
    "cum_qty":0.00000000,"cum_cost":0.000000,"fee_usd_equiv":0.000000,"avg_price":0.00000,"order_userref":0,
    "cancel_reason":"User requested","reason":"User requested","order_id":"KIUEL4-G3PWU-HOJTYU"}
    """
    because = f'"cancel_reason":"{reason}","reason":"{reason}",' if reason else ""
    return (
        f'{{"timestamp":"{timestamp}","order_status":"{order_status}","exec_type":"{order_status}",'
        f'"cum_qty":{totals.cum_qty},"cum_cost":{totals.cum_cost},"fee_usd_equiv":{totals.fee_usd},'
        f'"avg_price":{totals.avg_price},{order.identity},{_post_only(order)}{because}'
        f'"order_id":"{order.order_id}"}}'
    )


def counted(row: str, rate_count: str) -> str:
    """Any row with the trading counter that was asked for; neither its name nor its place is recorded.

    {...,"ratecount":8.000}
    """
    return f'{row[:-1]},"ratecount":{rate_count}}}'


def _entry(order: OrderText, cum_cost: str, exec_type: str) -> str:
    # Recorded for limit and stop-loss-limit orders by quantity; where the other keys stand is our choice.
    effective = f'"effective_time":"{order.effective_time}",' if order.effective_time else ""
    expire = f'"expire_time":"{order.expire_time}",' if order.expire_time else ""
    parent = f'"ord_ref_id":"{order.parent_id}",' if order.parent_id else ""
    contingent = f'"contingent":{order.contingent},' if order.contingent else ""
    return (
        f'{{"order_id":"{order.order_id}","symbol":"{order.symbol}","order_qty":{order.order_qty},'
        f"{_member('display_qty', order.display_qty)}{_member('cash_order_qty', order.cash_order_qty)}"
        f'"cum_cost":{cum_cost},"time_in_force":"{order.time_in_force}",{effective}{expire}'
        f'"exec_type":"{exec_type}","side":"{order.side}","order_type":"{order.order_type}",{order.identity},'
        f"{parent}{_member('sender_sub_id', order.sender_sub_id)}{_prices(order)}{contingent}"
        f"{_post_only(order)}"
    )


def _prices(order: OrderText) -> str:
    """Recorded: an order with a trigger has its limit price behind it."""
    kind = f'"limit_price_type":"{order.limit_price_type}",' if order.limit_price else ""
    limit = _member("limit_price", order.limit_price)
    stop = f'"stop_price":{order.stop_price},'
    if order.trigger is None:
        return f"{kind}{limit}{stop}"
    triggers = f'"triggers":{_triggers(order.trigger)},'
    return f"{kind}{triggers}{stop}{limit}{_reference_twins(order.trigger)}"


def _trigger_and_twins(order: OrderText) -> str:
    if order.trigger is None:
        return ""
    return (
        f'"triggers":{_triggers(order.trigger)},"stop_price":{order.stop_price},'
        f"{_reference_twins(order.trigger)}"
    )


def _reference_twins(trigger: TriggerText) -> str:
    """Deprecated names of the reference and, once it fired, of the price that did it."""
    fired = trigger.last_price if trigger.timestamp else ""
    return f'"trigger":"{trigger.reference}",{_member("triggered_price", fired)}'


def _triggers(trigger: TriggerText) -> str:
    """Keys are alphabetical, as in the one recorded:

    {"price":0.2,"price_type":"static","reference":"index","status":"untriggered"}
    """
    status = "triggered" if trigger.timestamp else "untriggered"
    fired = f',"timestamp":"{trigger.timestamp}"' if trigger.timestamp else ""
    return (
        f"{{{_member('actual_price', trigger.actual_price)}{_member('last_price', trigger.last_price)}"
        f'{_member("peak_price", trigger.peak_price)}"price":{trigger.price},'
        f'"price_type":"{trigger.price_type}","reference":"{trigger.reference}","status":"{status}"{fired}}}'
    )


def _member(name: str, text: str) -> str:
    """A key with its JSON text, for an order that has it."""
    return f'"{name}":{text},' if text else ""


def _trade(order: OrderText, fill: FillText) -> str:
    return (
        f'{{"order_id":"{order.order_id}",{order.identity},"exec_id":"{fill.exec_id}","exec_type":"trade",'
        f'"trade_id":{fill.trade_id},"symbol":"{order.symbol}","side":"{order.side}",'
        f'"last_qty":{fill.last_qty},"last_price":{fill.last_price},"liquidity_ind":"{fill.liquidity}",'
        f'"cost":{fill.cost}'
    )


def _fees(fill: FillText) -> str:
    return f'"fee_usd_equiv":{fill.fee_usd},"fees":[{{"asset":"{fill.fee_asset}","qty":{fill.fee}}}]'


def _post_only(order: OrderText) -> str:
    # Recorded only where true.
    return '"post_only":true,' if order.post_only else ""
