"""REST, as a function: a request in; an answer out, and the commands to journal before it may leave.

Kraken, REST guides: errors are told in the body with status 200; a private call is a POST whose body, form or
JSON, carries the nonce.
"""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.errors import ProtocolError
from krakenbox.feeds.hub import Hub
from krakenbox.gateway import (
    restbooks,
    restcancels,
    restchanges,
    restfunds,
    resthistory,
    restkeys,
    restledger,
    restmarket,
    restorders,
)
from krakenbox.gateway.keys import ApiKey, Keyring, Permission, PrivateCall
from krakenbox.gateway.listings import asset_pairs, assets
from krakenbox.gateway.method import CLOSE, MODIFY
from krakenbox.gateway.restcounter import RestCounters
from krakenbox.gateway.restmethod import Answer, Call, PrivateMethod, Query, Schedules, answered, refused
from krakenbox.gateway.tokens import Tokens
from krakenbox.model.command import Tier, UseNonce
from krakenbox.model.reject import Reject
from krakenbox.protocol.rest import decode_body
from krakenbox.protocol.timestamp import NS_PER_SECOND, rfc1123, seconds

PUBLIC = "/0/public/"
PRIVATE = "/0/private/"


class Request(Struct, frozen=True, kw_only=True):
    """What of an HTTP request matters here."""

    address: str
    path: str
    """Without the query."""
    query: str = ""
    key_id: str = ""
    """Header `API-Key`."""
    signature: str = ""
    """Header `API-Sign`."""
    body: bytes = b""


class Rest:
    """The REST interface of one exchange."""

    def __init__(
        self,
        hub: Hub,
        keyring: Keyring,
        tokens: Tokens,
        fees: Schedules,
        *,
        limited: bool,
    ) -> None:
        """`limited` counts calls per key."""
        self._hub = hub
        self._keyring = keyring
        self._tokens = tokens
        self._fees = fees
        self._counters = RestCounters() if limited else None

    def answer(self, request: Request, now_ns: int) -> Answer:
        """Answer a request below `/0/`."""
        if request.path.startswith(PUBLIC):
            return self._public(request, now_ns)
        if request.path.startswith(PRIVATE):
            return self._private(request, now_ns)
        return refused(Reject.UNKNOWN_METHOD)

    # --- public

    def _public(self, request: Request, now_ns: int) -> Answer:
        method = PUBLIC_METHODS.get(request.path.removeprefix(PUBLIC))
        if method is None:
            return refused(Reject.UNKNOWN_METHOD)
        fields = dict(parse_qsl(request.query)) | _body_fields(request.body)
        try:
            return method(Query(fields=fields, now_ns=now_ns, hub=self._hub, fees=self._fees))
        except ProtocolError as misuse:
            return refused(misuse.error)

    # --- private

    def _private(self, request: Request, now_ns: int) -> Answer:
        method = PRIVATE_METHODS.get(request.path.removeprefix(PRIVATE))
        if method is None:
            return refused(Reject.UNKNOWN_METHOD)
        fields = _body_fields(request.body)
        call = PrivateCall(
            address=request.address,
            key_id=request.key_id,
            signature=request.signature,
            path=request.path,
            nonce=fields.get("nonce", ""),
            body=request.body,
            needs=method.needs,
            needs_all=method.needs_all,
        )
        verdict = self._keyring.authenticate(call, now_ns)
        key, nonce = verdict.key, verdict.nonce
        if key is None or nonce is None:
            where = f"{request.path} from {request.address}: {verdict.error}"
            return refused(verdict.error, log=f"{where}: {verdict.hint}" if verdict.hint else where)
        use = UseNonce(key_id=key.key_id, nonce=nonce)
        error = verdict.error or ("" if self._may_call(key, method.calls, now_ns) else Reject.REST_RATE_LIMIT)
        answer = refused(error) if error else self._call(method, key, fields, now_ns)
        return replace(answer, commands=(use, *answer.commands))

    def _call(self, method: PrivateMethod, key: ApiKey, fields: Mapping[str, str], now_ns: int) -> Answer:
        try:
            return method.answer(
                Call(
                    key=key,
                    fields=fields,
                    now_ns=now_ns,
                    hub=self._hub,
                    fees=self._fees,
                    tokens=self._tokens,
                )
            )
        except ProtocolError as misuse:
            return refused(misuse.error)

    def _may_call(self, key: ApiKey, calls: int, now_ns: int) -> bool:
        if self._counters is None:
            return True
        # A key may be on the ring before the opening of its account is durable.
        tier = self._hub.accounts.get(key.account, Tier.STARTER)
        return self._counters.charge(key.key_id, tier, calls, now_ns)


def _time(query: Query) -> Answer:
    return answered({"unixtime": query.now_ns // NS_PER_SECOND, "rfc1123": rfc1123(query.now_ns)})


def _system_status(query: Query) -> Answer:
    return answered({"status": query.hub.reference.status.value, "timestamp": seconds(query.now_ns)})


def _assets(query: Query) -> Answer:
    return answered(assets(query.hub.reference.table, query.fields))


def _asset_pairs(query: Query) -> Answer:
    return answered(asset_pairs(query.hub.reference.table, query.fees, query.fields))


PUBLIC_METHODS: dict[str, Callable[[Query], Answer]] = {
    "Time": _time,
    "SystemStatus": _system_status,
    "Assets": _assets,
    "AssetPairs": _asset_pairs,
    "Ticker": restmarket.ticker,
    "OHLC": restmarket.ohlc,
    "Depth": restbooks.depth,
    "GroupedBook": restbooks.grouped_book,
    "Trades": restmarket.trades,
    "Spread": restmarket.spread,
    "PreTrade": restbooks.pre_trade,
}
_FUNDS = frozenset((Permission.QUERY_FUNDS,))
_OPEN = frozenset((Permission.QUERY_OPEN_TRADES,))
_CLOSED = frozenset((Permission.QUERY_CLOSED_TRADES,))
_EITHER = _OPEN | _CLOSED
"""Which of both: the order that is asked for tells."""
_LEDGER = frozenset((Permission.QUERY_LEDGER,))
_TOKEN = frozenset((Permission.CREATE_WS_TOKEN,))
# Kraken, REST rate limits: what the trading engine counts is not counted per call; ledgers and trades twice.
PRIVATE_METHODS: dict[str, PrivateMethod] = {
    "GetWebSocketsToken": PrivateMethod(restkeys.websockets_token, _TOKEN),
    "GetApiKeyInfo": PrivateMethod(restkeys.api_key_info),
    "Balance": PrivateMethod(restfunds.balance, _FUNDS),
    "BalanceEx": PrivateMethod(restfunds.balance_ex, _FUNDS),
    "TradeBalance": PrivateMethod(restfunds.trade_balance, _OPEN),
    "TradeVolume": PrivateMethod(restfunds.trade_volume, _FUNDS),
    "OpenPositions": PrivateMethod(restfunds.open_positions, _OPEN),
    "OpenOrders": PrivateMethod(resthistory.open_orders, _OPEN),
    "ClosedOrders": PrivateMethod(resthistory.closed_orders, _CLOSED),
    "QueryOrders": PrivateMethod(resthistory.query_orders, _EITHER),
    "OrderAmends": PrivateMethod(resthistory.order_amends, _EITHER),
    "TradesHistory": PrivateMethod(restledger.trades_history, _CLOSED, calls=2),
    "QueryTrades": PrivateMethod(restledger.query_trades, _CLOSED, calls=2),
    "Ledgers": PrivateMethod(restledger.ledgers, _LEDGER, calls=2),
    "QueryLedgers": PrivateMethod(restledger.query_ledgers, _LEDGER, calls=2),
    "Level3": PrivateMethod(restbooks.level3, _OPEN),
    "AddOrder": PrivateMethod(restorders.add_order, MODIFY, calls=0),
    # Kraken, REST AddOrderBatch, EditOrder: both permissions.
    "AddOrderBatch": PrivateMethod(restorders.add_order_batch, needs_all=CLOSE, calls=0),
    "EditOrder": PrivateMethod(restchanges.edit_order, needs_all=CLOSE, calls=0),
    "AmendOrder": PrivateMethod(restchanges.amend_order, CLOSE, calls=0),
    "CancelOrder": PrivateMethod(restcancels.cancel_order, CLOSE, calls=0),
    "CancelOrderBatch": PrivateMethod(restcancels.cancel_order_batch, CLOSE, calls=0),
    "CancelAll": PrivateMethod(restcancels.cancel_all, CLOSE),
    "CancelAllOrdersAfter": PrivateMethod(restcancels.cancel_all_orders_after, CLOSE),
}

METHODS = (*(PUBLIC + name for name in PUBLIC_METHODS), *(PRIVATE + name for name in PRIVATE_METHODS))
"""Every method served."""


def _body_fields(body: bytes) -> dict[str, str]:
    """Fields of a JSON or form body; nothing of what is neither: such a private call lacks its nonce."""
    try:
        return decode_body(body)
    except ProtocolError:
        return {}
