"""What trades and money have come to, from the history: `TradesHistory`, `QueryTrades`, `Ledgers`,
`QueryLedgers`. Kraken, REST reference.
"""

from collections.abc import Iterable
from functools import partial

from msgspec import Struct
from sqlalchemy import Connection

from krakenbox.gateway.listings import find_asset
from krakenbox.gateway.restfields import flag, optional
from krakenbox.gateway.restfigures import choice, cost_text, listed, price_text, qty_text, unix
from krakenbox.gateway.resthistory import counted, in_order, page
from krakenbox.gateway.restmethod import Answer, Call, Look
from krakenbox.gateway.restrows import Row, fee_text
from krakenbox.history import queries
from krakenbox.history.queries import Fill, Found, LedgerEntry
from krakenbox.model.fixed import to_text
from krakenbox.protocol.rest import encode_result
from krakenbox.protocol.v1.private_channels import POSITION

MAX_QUERIED = 20
"""Rows of one `QueryTrades` or `QueryLedgers` (Kraken, REST)."""
_TRADES = ("all", "any position", "closed position", "closing position", "no position")
_WITHOUT_POSITION = ("all", "no position")
"""Trades that there are: accounts have no positions."""
_LEDGERS = (
    "all",
    "trade",
    "deposit",
    "withdrawal",
    "transfer",
    "margin",
    "adjustment",
    "rollover",
    "credit",
    "settled",
    "staking",
    "dividend",
    "sale",
    "nft_rebate",
)


class Told(Struct, frozen=True):
    """Fills, and the ledger entries that they made if those were asked for."""

    found: Found[Fill]
    entries: list[LedgerEntry]


# --- trades


def trades_history(call: Call) -> Answer:
    """A page of an account's fills."""
    asked, account = page(call), call.key.account
    present = choice(call.fields, "type", _TRADES) in _WITHOUT_POSITION
    with_ledgers = optional(call.fields, "ledgers", flag) or False

    def find(connection: Connection) -> Told:
        if not present:
            return Told(Found([], 0 if asked.counted else None), [])
        found = queries.fills(connection, account, asked)
        exec_ids = [fill.exec_id for fill in found.rows]
        return Told(found, queries.ledger_of(connection, account, exec_ids) if with_ledgers else [])

    def tell(told: Told) -> bytes:
        rows = _fills(call, told.found.rows)
        if with_ledgers:
            for row in rows.values():
                row["ledgers"] = []
            for entry in told.entries:
                rows[entry.ref_id]["ledgers"].append(entry.ledger_id)
        return encode_result(counted("trades", rows, told.found.count))

    return Answer(look=Look(find, tell))


def query_trades(call: Call) -> Answer:
    """The fills of some ids; those that are not the account's are left out."""
    exec_ids = listed(call.fields, "txid", MAX_QUERIED)
    find = partial(queries.fills_by_id, account=call.key.account, exec_ids=exec_ids)

    def tell(found: list[Fill]) -> bytes:
        return encode_result(_fills(call, in_order(exec_ids, found, lambda fill: fill.exec_id)))

    return Answer(look=Look(find, tell))


def _fills(call: Call, fills: Iterable[Fill]) -> dict[str, Row]:
    return {fill.exec_id: _fill(call, fill) for fill in fills}


def _fill(call: Call, fill: Fill) -> Row:
    instrument = call.hub.reference.table.instruments[fill.symbol]
    return {
        "ordertxid": fill.order_id,
        "postxid": POSITION,
        "pair": instrument.rest_id,
        "time": unix(fill.time_ns),
        "type": fill.side.value,
        "ordertype": fill.order_type.value.replace("-", " "),
        "price": price_text(fill.price, instrument),
        "cost": cost_text(fill.cost, instrument),
        "fee": fee_text(fill.fee, fill.fee_asset == instrument.base, instrument),
        "vol": qty_text(fill.qty, instrument),
        "margin": cost_text(0, instrument),
        "leverage": "0",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.maker,
    }


# --- ledgers


def ledgers(call: Call) -> Answer:
    """A page of an account's ledger entries."""
    asked = page(call)
    table = call.hub.reference.table
    names = call.fields.get("asset") or "all"
    assets = None if names == "all" else [find_asset(table, name.strip()).asset for name in names.split(",")]
    kind = choice(call.fields, "type", _LEDGERS)
    choice(call.fields, "aclass", ("currency",))
    find = partial(
        queries.ledger,
        account=call.key.account,
        page=asked,
        assets=assets,
        kinds=None if kind == "all" else [kind],
    )

    def tell(found: Found[LedgerEntry]) -> bytes:
        return encode_result(counted("ledger", _entries(call, found.rows), found.count))

    return Answer(look=Look(find, tell))


def query_ledgers(call: Call) -> Answer:
    """The ledger entries of some ids; those that are not the account's are left out."""
    ledger_ids = listed(call.fields, "id", MAX_QUERIED)
    find = partial(queries.ledger_by_id, account=call.key.account, ledger_ids=ledger_ids)

    def tell(found: list[LedgerEntry]) -> bytes:
        return encode_result(_entries(call, in_order(ledger_ids, found, lambda entry: entry.ledger_id)))

    return Answer(look=Look(find, tell))


def _entries(call: Call, entries: Iterable[LedgerEntry]) -> dict[str, Row]:
    assets = call.hub.reference.table.assets
    return {
        entry.ledger_id: {
            "refid": entry.ref_id,
            "time": unix(entry.time_ns),
            "type": entry.kind.value,
            "subtype": "",
            "aclass": assets[entry.asset].asset_class,
            "asset": assets[entry.asset].rest_id,
            "amount": to_text(entry.amount, assets[entry.asset].decimals),
            "fee": to_text(entry.fee, assets[entry.asset].decimals),
            "balance": to_text(entry.balance, assets[entry.asset].decimals),
        }
        for entry in entries
    }
