"""REST, as a function: a request in; an answer out, and the commands to journal before it may leave.

Kraken, REST guides: errors are told in the body with status 200; a private call is a POST whose body, form or
JSON, carries the nonce.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from msgspec import Struct
from msgspec.structs import replace

from krakenbox.errors import ProtocolError
from krakenbox.feeds.hub import Hub
from krakenbox.gateway.cancels import MAX_TIMEOUT_S, switch_times, trigger_ns
from krakenbox.gateway.keys import ApiKey, Keyring, Permission, PrivateCall
from krakenbox.gateway.listings import asset_pairs, assets
from krakenbox.gateway.method import CLOSE, MODIFY
from krakenbox.gateway.restchanges import (
    amend_order,
    cancel_all,
    cancel_order,
    cancel_order_batch,
    edit_order,
)
from krakenbox.gateway.restcounter import RestCounters
from krakenbox.gateway.restfields import required
from krakenbox.gateway.restmethod import Answer, Call, PrivateMethod, answered, refused
from krakenbox.gateway.restorders import add_order, add_order_batch
from krakenbox.gateway.tokens import TOKEN_LIFETIME_S, Tokens
from krakenbox.model.command import FeeTier, SetCancelTimer, Tier, UseNonce
from krakenbox.model.reject import Reject
from krakenbox.protocol.rest import decode_body
from krakenbox.protocol.timestamp import NS_PER_SECOND, rfc1123, seconds

PUBLIC = "/0/public/"
PRIVATE = "/0/private/"
_TIMEOUT = re.compile(r"\d{1,9}", re.ASCII)


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
        fees: Mapping[str, tuple[FeeTier, ...]],
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
        method = _PUBLIC.get(request.path.removeprefix(PUBLIC))
        if method is None:
            return refused(Reject.UNKNOWN_METHOD)
        params = dict(parse_qsl(request.query)) | _body_fields(request.body)
        try:
            return answered(method(self, params, now_ns))
        except ProtocolError as misuse:
            return refused(misuse.error)

    def _time(self, params: Mapping[str, str], now_ns: int) -> dict[str, Any]:
        return {"unixtime": now_ns // NS_PER_SECOND, "rfc1123": rfc1123(now_ns)}

    def _system_status(self, params: Mapping[str, str], now_ns: int) -> dict[str, Any]:
        return {"status": self._hub.reference.status.value, "timestamp": seconds(now_ns)}

    def _assets(self, params: Mapping[str, str], now_ns: int) -> dict[str, Any]:
        return assets(self._hub.reference.table, params)

    def _asset_pairs(self, params: Mapping[str, str], now_ns: int) -> dict[str, Any]:
        return asset_pairs(self._hub.reference.table, self._fees, params)

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
        call = Call(key=key, fields=fields, now_ns=now_ns, hub=self._hub, tokens=self._tokens)
        try:
            return method.answer(call)
        except ProtocolError as misuse:
            return refused(misuse.error)

    def _may_call(self, key: ApiKey, calls: int, now_ns: int) -> bool:
        if self._counters is None:
            return True
        # A key may be on the ring before the opening of its account is durable.
        tier = self._hub.accounts.get(key.account, Tier.STARTER)
        return self._counters.charge(key.key_id, tier, calls, now_ns)


def _websockets_token(call: Call) -> Answer:
    return answered({"token": call.tokens.issue(call.key, call.now_ns), "expires": TOKEN_LIFETIME_S})


def _cancel_all_orders_after(call: Call) -> Answer:
    timeout = required(call.fields, "timeout", _timeout)
    fires_ns = trigger_ns(timeout, call.now_ns)
    current_time, trigger_time = switch_times(fires_ns, call.now_ns)
    answer = answered({"currentTime": current_time, "triggerTime": trigger_time})
    return replace(answer, commands=(SetCancelTimer(call.key.account, fires_ns),))


def _timeout(text: str) -> int | None:
    return int(text) if _TIMEOUT.fullmatch(text) and int(text) <= MAX_TIMEOUT_S else None


_PUBLIC: dict[str, Callable[[Rest, Mapping[str, str], int], dict[str, Any]]] = {
    "Time": Rest._time,
    "SystemStatus": Rest._system_status,
    "Assets": Rest._assets,
    "AssetPairs": Rest._asset_pairs,
}
# Kraken, REST rate limits: entering and canceling orders is not counted per call but by the trading engine.
PRIVATE_METHODS: dict[str, PrivateMethod] = {
    "GetWebSocketsToken": PrivateMethod(_websockets_token, frozenset((Permission.CREATE_WS_TOKEN,))),
    "AddOrder": PrivateMethod(add_order, MODIFY, calls=0),
    # Kraken, REST AddOrderBatch: both permissions.
    "AddOrderBatch": PrivateMethod(add_order_batch, needs_all=CLOSE, calls=0),
    "AmendOrder": PrivateMethod(amend_order, CLOSE, calls=0),
    # Kraken, REST EditOrder: both permissions.
    "EditOrder": PrivateMethod(edit_order, needs_all=CLOSE, calls=0),
    "CancelOrder": PrivateMethod(cancel_order, CLOSE, calls=0),
    "CancelOrderBatch": PrivateMethod(cancel_order_batch, CLOSE, calls=0),
    "CancelAll": PrivateMethod(cancel_all, CLOSE, calls=0),
    "CancelAllOrdersAfter": PrivateMethod(_cancel_all_orders_after, CLOSE),
}

METHODS = (*(PUBLIC + name for name in _PUBLIC), *(PRIVATE + name for name in PRIVATE_METHODS))
"""Every method served."""


def _body_fields(body: bytes) -> dict[str, str]:
    """Fields of a JSON or form body; nothing of what is neither: such a private call lacks its nonce."""
    try:
        return decode_body(body)
    except ProtocolError:
        return {}
