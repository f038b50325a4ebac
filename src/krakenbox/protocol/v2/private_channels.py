"""Text of the private channels' data frames, `executions` and `balances`: as `channels`, for one account.

Which keys a row has, and in which order, depends on what happened; both are the recorded ones where there is
a recording. None shows `filled` or `expired` rows or an open order in a snapshot: these take the form of the
nearest recorded row. A text that a client chose (`cl_ord_id`) comes as JSON text, quoted and escaped.
"""

from collections.abc import Iterable

from msgspec import Struct


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
    stop_price: str
    """0 at price precision for orders without a trigger."""
    cash_order_qty: str = ""
    expire_time: str = ""
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


def open_order(order: OrderText, order_status: str, totals: Totals, timestamp: str) -> str:
    """An open order in a snapshot: the keys of `pending_new`, then what it has come to.

    Its `exec_type` is `new` also when `order_status` is `partially_filled`, which is no type of execution.
    """
    return (
        f'{_entry(order, totals.cum_cost, "new")}"order_status":"{order_status}",'
        f'"fee_usd_equiv":{totals.fee_usd},"fee_ccy_pref":"{order.fee_ccy_pref}",'
        f'"cum_qty":{totals.cum_qty},"avg_price":{totals.avg_price},"amended":false,"timestamp":"{timestamp}"}}'
    )


def opened(order: OrderText, timestamp: str) -> str:
    """An order went live.

    {"timestamp":"2024-05-18T12:58:51.121515Z","order_status":"new","exec_type":"new","order_userref":0,
    "order_id":"7J91XK-XMFEL-348VPM"}
    """
    return (
        f'{{"timestamp":"{timestamp}","order_status":"new","exec_type":"new",{order.identity},'
        f'{_post_only(order)}"order_id":"{order.order_id}"}}'
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
        f'{_trade(order, fill)},"order_type":"{order.order_type}","timestamp":"{fill.timestamp}",'
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
    """Any row of `executions` with the trading counter that was asked for; neither name nor place is recorded.

    {...,"ratecount":8.000}
    """
    return f'{row[:-1]},"ratecount":{rate_count}}}'


def balances(kind: str, rows: Iterable[str], sequence: int) -> str:
    """Rows of one account; `sequence` as in `executions`, counted apart from it.

    {"channel":"balances","type":"snapshot","data":[...],"sequence":1}
    """
    return f'{{"channel":"balances","type":"{kind}","data":[{",".join(rows)}],"sequence":{sequence}}}'


def balance_row(asset: str, asset_class: str, balance: str) -> str:
    """One asset held, all of it in the spot wallet.

    {"asset":"USD","asset_class":"currency","balance":160.2405,
    "wallets":[{"type":"spot","id":"main","balance":160.2405}]}
    """
    return (
        f'{{"asset":"{asset}","asset_class":"{asset_class}","balance":{balance},'
        f'"wallets":[{{"type":"spot","id":"main","balance":{balance}}}]}}'
    )


class LedgerText(Struct, frozen=True, kw_only=True, gc=False):
    """One ledger entry."""

    ledger_id: str
    ref_id: str
    timestamp: str
    kind: str
    """`trade`, `deposit`: both `type` and `category`."""
    asset: str
    asset_class: str
    amount: str
    """Signed change without the fee."""
    fee: str
    balance: str


def ledger_row(entry: LedgerText) -> str:
    """One ledger entry.

    {"ledger_id":"DATKX6-PEHL1-HZKND8","ref_id":"LKAKN2-N0N12-VKQNLN","timestamp":"2024-05-24T14:01:53.526524Z",
    "type":"trade","asset":"USD","asset_class":"currency","category":"trade","wallet_type":"spot",
    "wallet_id":"main","amount":-19.9743,"fee":0.0499,"balance":118.0677}
    """
    return (
        f'{{"ledger_id":"{entry.ledger_id}","ref_id":"{entry.ref_id}","timestamp":"{entry.timestamp}",'
        f'"type":"{entry.kind}","asset":"{entry.asset}","asset_class":"{entry.asset_class}",'
        f'"category":"{entry.kind}","wallet_type":"spot","wallet_id":"main","amount":{entry.amount},'
        f'"fee":{entry.fee},"balance":{entry.balance}}}'
    )


def _entry(order: OrderText, cum_cost: str, exec_type: str) -> str:
    # Recorded for limit orders by quantity; where a cash quantity and an expiry stand is our choice.
    cash = f'"cash_order_qty":{order.cash_order_qty},' if order.cash_order_qty else ""
    expire = f'"expire_time":"{order.expire_time}",' if order.expire_time else ""
    limit = f'"limit_price_type":"static","limit_price":{order.limit_price},' if order.limit_price else ""
    return (
        f'{{"order_id":"{order.order_id}","symbol":"{order.symbol}","order_qty":{order.order_qty},{cash}'
        f'"cum_cost":{cum_cost},"time_in_force":"{order.time_in_force}",{expire}"exec_type":"{exec_type}",'
        f'"side":"{order.side}","order_type":"{order.order_type}",{order.identity},{limit}'
        f'"stop_price":{order.stop_price},{_post_only(order)}'
    )


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
