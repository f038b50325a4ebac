"""Every refusal, and every reason an order ends with, produced by a client; and the texts that cannot be."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from builders import BTC_USD, buy, place, sell
from gateway.conftest import PATH, SECRET, T0
from harness import Client, Trader, Venue, request, subscribe, unsubscribe
from krakenbox.gateway.rest import Request, Rest
from krakenbox.model.command import AddInstrument, SetPairStatus, SetSystemStatus
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.reject import Reason, Reject
from krakenbox.protocol.rest import sign

DEVIATIONS = Path(__file__).parents[2] / "docs" / "deviations.md"

OUT_OF_REACH = {
    # A spot account: no margin, no positions, no region, no broker.
    "EOrder:Insufficient margin": "no margin",
    "EOrder:Margin allowance exceeded": "no margin",
    "EOrder:Margin level too low": "no margin",
    "EOrder:Margin position size exceeded": "no margin",
    "EOrder:Cannot open opposing position": "no positions",
    "EOrder:Positions limit exceeded": "no positions",
    "EOrder:Unknown position": "no positions",
    "EOrder:Reduce only:Position is closed": "no positions",
    "EOrder:Reduce only:Non-PC": "no regions",
    "EBM:limit exceeded:CAL": "no regions",
    "EAuth:Account temporary disabled": "accounts are never disabled",
    "EAuth:Account unconfirmed": "accounts are always confirmed",
    "EAuth:Rate limit exceeded": "no account-wide limit is published",
    "EAuth:Too many requests": "no account-wide limit is published",
    "EOrder:Domain rate limit exceeded": "no domains of accounts",
    "EFunding:Max fee exceeded": "no withdrawals",
    # Documented without a cause or a number, or never told because something else is.
    "EOrder:Scheduled orders limit exceeded": "no number is published",
    "ETrade:Invalid request": "no cause is known",
    "EGeneral:Internal error": "a bug stops the exchange",
    "EService:Busy": "no load is too high; a full connection hears Exceeded msg rate",
    "EService: Throttled: [UNIX timestamp]": "REST calls are answered one by one",
    "EGeneral:Invalid arguments:no_mpp order option is only available when ordertype = market": "2024",
}
"""Texts of the venue that krakenbox never tells, and why; docs/deviations.md repeats them."""


# --- what a session tells

Scenario = Callable[[Trader], str]
BTC = {"symbol": "BTC/USD"}
STOP = BTC | {"side": "sell", "order_type": "stop-loss", "order_qty": 1}
MARKET = BTC | {"side": "buy", "order_type": "market", "order_qty": 2}


def error(frames: list[str]) -> str:
    """The first refusal among frames."""
    return next(str(told["error"]) for told in map(json.loads, frames) if "error" in told)


def raw(trader: Trader, text: str) -> str:
    return error(trader.client.send(text).frames())


def asked(trader: Trader, method: str, **params: Any) -> str:
    return error(trader.ask(method, **params))


def public(trader: Trader, *requests: dict[str, Any]) -> str:
    """The refusal of the last of several requests on a public connection."""
    client = trader.venue.greeted("ws")
    told = [client.send(each).frames() for each in requests]
    return error(told[-1])


def in_mode(mode: SystemStatus, trader: Trader) -> str:
    trader.venue.submit(SetSystemStatus(mode))
    trader.client.frames()
    return trader.error()


def market_in_limit_only(trader: Trader) -> str:
    trader.venue.submit(SetPairStatus("BTC/USD", PairStatus.LIMIT_ONLY))
    return asked(trader, "add_order", **MARKET)


def without_rights(trader: Trader) -> str:
    trader.venue.add_key("alice", frozenset())
    return trader.error()


def twice(trader: Trader) -> str:
    trader.ask("subscribe", channel="executions")
    return asked(trader, "subscribe", channel="executions")


def over_the_counter(trader: Trader) -> str:
    for _ in range(20):  # 9 each, of 180
        trader.ask("cancel_order", order_id=[trader.order_id()])
    return trader.error()


def over_the_cap(trader: Trader) -> str:
    one = {"order_type": "limit", "side": "buy", "order_qty": 1, "limit_price": 5}
    for _ in range(15):  # 225 orders
        trader.ask("batch_add", orders=[one] * 15, **BTC)
    return trader.error()


def crossing_amend(trader: Trader) -> str:
    trader.venue.submit(place(sell, 1, at=100, by="bob"))
    return asked(trader, "amend_order", order_id=trader.order_id(), limit_price=100, post_only=True)


def without_an_index(trader: Trader) -> str:
    trader.venue.submit(AddInstrument(replace(BTC_USD, symbol="BTC/USDT", has_index=False)))
    triggers = {"price": 5, "reference": "index"}
    return asked(trader, "add_order", **STOP | {"symbol": "BTC/USDT", "triggers": triggers})


def level3_of_201(trader: Trader) -> str:
    names = [f"T{number:03}/USD" for number in range(201)]
    trader.venue.submit(*(AddInstrument(replace(BTC_USD, symbol=name)) for name in names))
    # A house account: the counter of level3 would be full before.
    return asked(Trader(trader.venue, "mia"), "subscribe", channel="level3", symbol=names, snapshot=False)


WIRE: dict[Reject, Scenario] = {
    Reject.MALFORMED: lambda t: raw(t, "{"),
    Reject.METHOD_MISSING: lambda t: raw(t, '{"params":{}}'),
    Reject.UNSUPPORTED_EVENT: lambda t: raw(t, '{"method":"buy"}'),
    Reject.UNSUPPORTED_FIELD: lambda t: t.error(price=5),
    Reject.FIELD_TYPE: lambda t: t.error(order_qty="1"),
    Reject.FIELD_TYPE_AN: lambda t: asked(t, "cancel_order", order_id="x"),
    Reject.FIELD_MISSING: lambda t: raw(t, '{"method":"cancel_all","params":{}}'),
    Reject.SESSION_INVALID: lambda t: raw(t, '{"method":"cancel_all","params":{"token":"x"}}'),
    Reject.PERMISSION_DENIED: without_rights,
    Reject.ALREADY_SUBSCRIBED: twice,
    Reject.ALREADY_ONE_INTERVAL: lambda t: public(
        t, subscribe("ohlc", "BTC/USD", interval=1), subscribe("ohlc", "BTC/USD", interval=5)
    ),
    Reject.SUBSCRIPTION_NOT_FOUND: lambda t: public(t, unsubscribe("trade", "BTC/USD")),
    Reject.DEPTH_UNSUPPORTED: lambda t: public(t, subscribe("book", "BTC/USD", depth=7)),
    Reject.INTERVAL_UNSUPPORTED: lambda t: public(t, subscribe("ohlc", "BTC/USD", interval=2)),
    Reject.PRIVATE_ELSEWHERE: lambda t: public(t, request("cancel_all", token=t.token)),
    Reject.PUBLIC_ELSEWHERE: lambda t: error(t.client.send(subscribe("trade", "BTC/USD")).frames()),
    Reject.PAIR_UNSUPPORTED: lambda t: t.error(symbol="XBT/USD"),
    Reject.PAIR_FORMAT: lambda t: t.error(symbol="XBTUSD"),
    Reject.MSG_RATE: lambda t: public(t, subscribe("trade", *["BTC/USD"] * 2_001)),
    Reject.SYMBOL_LIMIT: level3_of_201,
    Reject.INVALID_ARGUMENTS: lambda t: asked(t, "amend_order", order_id="x"),
    Reject.INVALID_ARGUMENT: lambda t: t.error(post_only=True, time_in_force="ioc"),
    Reject.VOLUME_MINIMUM: lambda t: t.error(order_qty=0.00001),
    Reject.INDEX_UNAVAILABLE: without_an_index,
    Reject.RATE_LIMIT: over_the_counter,
    Reject.ORDERS_LIMIT: over_the_cap,
    Reject.UNAVAILABLE: lambda t: in_mode(SystemStatus.MAINTENANCE, t),
    Reject.CANCEL_ONLY: lambda t: in_mode(SystemStatus.CANCEL_ONLY, t),
    Reject.POST_ONLY_MODE: lambda t: in_mode(SystemStatus.POST_ONLY, t),
    Reject.LIMIT_ONLY_MODE: market_in_limit_only,
    Reject.DEADLINE: lambda t: t.error(deadline="2026-01-01T00:59:59Z"),
    Reject.COST_MINIMUM: lambda t: t.error(order_qty=0.00005),
    Reject.TICK_SIZE: lambda t: t.error(limit_price=5.05),
    Reject.INVALID_PRICE: lambda t: t.error(limit_price=0),
    Reject.FUNDS: lambda t: t.error(order_qty=10_000_000),
    Reject.POST_ONLY_ORDER: crossing_amend,
    Reject.UNKNOWN_ORDER: lambda t: asked(t, "cancel_order", order_id=["x"]),
    Reject.CANNOT_OPEN_POSITION: lambda t: t.error(margin=True),
    Reject.REDUCE_ONLY_NO_POSITION: lambda t: t.error(reduce_only=True),
}


# --- what REST tells

Call = Callable[[Rest], str]


def private(rest: Rest, key: str = "ALICE", nonce: int | str = 1, signature: str = "") -> str:
    body = f"nonce={nonce}".encode()
    signed = signature or sign(SECRET, PATH, str(nonce), body)
    call = Request(address="192.0.2.1", path=PATH, key_id=key, signature=signed, body=body)
    return said(rest, call)


def get(rest: Rest, path: str, query: str = "") -> str:
    return said(rest, Request(address="127.0.0.1", path=path, query=query))


def said(rest: Rest, call: Request) -> str:
    errors: list[str] = json.loads(rest.answer(call, T0).body)["error"]
    return errors[0] if errors else ""


REST: dict[Reject, Call] = {
    Reject.KEY_INVALID: lambda rest: private(rest, key="NOBODY"),
    Reject.SIGNATURE_INVALID: lambda rest: private(rest, signature="x"),
    Reject.NONCE_INVALID: lambda rest: private(rest, nonce="x"),
    Reject.LOCKOUT: lambda rest: [private(rest, key="NOBODY") for _ in range(11)][-1],
    Reject.REST_RATE_LIMIT: lambda rest: [private(rest, nonce=n) for n in range(21)][-1],
    Reject.UNKNOWN_METHOD: lambda rest: get(rest, "/0/public/Weather"),
    Reject.UNKNOWN_PAIR: lambda rest: get(rest, "/0/public/AssetPairs", "pair=XBT/USD"),
    Reject.UNKNOWN_ASSET: lambda rest: get(rest, "/0/public/Assets", "asset=DOT"),
}


def test_no_refusal_is_forgotten() -> None:
    assert WIRE.keys() | REST.keys() == set(Reject)
    assert not OUT_OF_REACH.keys() & set(Reject)


def test_what_is_never_told_is_in_the_deviations() -> None:
    page = DEVIATIONS.read_text()
    assert [text for text in OUT_OF_REACH if f"`{text}`" not in page] == []


@pytest.mark.parametrize("reject", WIRE, ids=lambda reject: reject.name)
def test_a_client_is_refused(reject: Reject) -> None:
    assert fits(reject, WIRE[reject](Trader()))


@pytest.mark.parametrize("reject", REST, ids=lambda reject: reject.name)
def test_a_call_is_refused(rest: Rest, reject: Reject) -> None:
    assert fits(reject, REST[reject](rest))


def fits(reject: Reject, text: str) -> bool:
    """Whether a text is that of the member, whatever its parts."""
    return re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(reject.value)), text) is not None


# --- what an order ends with

Ending = Callable[[Trader], object]
SECOND_NS = 1_000_000_000


def offered(trader: Trader, *prices: int) -> None:
    """Bob sells 1 at each price, and the last trade was at 100."""
    trader.venue.submit(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100, by="carol"))
    trader.venue.submit(*(place(sell, 1, at=price, by="bob") for price in prices))


def canceled_by_its_owner(trader: Trader) -> None:
    trader.ask("cancel_order", order_id=[trader.order_id()])


def edited(trader: Trader) -> None:
    trader.ask("edit_order", order_id=trader.order_id(), order_qty=2, **BTC)


def met_its_own(trader: Trader) -> None:
    trader.add(side="sell", limit_price=100)
    trader.add(limit_price=100)


def woken_without_funds(trader: Trader) -> None:
    """It holds 110 and the fee; when it wakes it has to pay 114, and the rest is held elsewhere."""
    offered(trader, 114)
    trader.ask("add_order", **STOP | {"side": "buy", "order_qty": 1, "triggers": {"price": 110}})
    trader.add(order_qty=99_600.49, limit_price=100)
    trader.venue.submit(place(buy, 1, at=110, by="carol"), place(sell, 1, at=110, by="bob"))


def switched_off(trader: Trader) -> None:
    trader.add()
    trader.ask("cancel_all_orders_after", timeout=1)
    trader.venue.pass_time(SECOND_NS)


def timed_out(trader: Trader) -> None:
    trader.add(time_in_force="gtd", expire_time="2026-01-01T01:00:01Z")
    trader.venue.pass_time(SECOND_NS)


def limit(*offers: int, **params: Any) -> Ending:
    """A limit order of 2 at 100 among offers."""

    def scenario(trader: Trader) -> None:
        offered(trader, *offers)
        trader.add(order_qty=2, limit_price=100, **params)

    return scenario


def market(*offers: int) -> Ending:
    """A market order for 2 among offers."""

    def scenario(trader: Trader) -> None:
        offered(trader, *offers)
        trader.ask("add_order", **MARKET)

    return scenario


def stop(trigger: int) -> Ending:
    """A stop-loss under or over a last price of 100."""

    def scenario(trader: Trader) -> None:
        offered(trader)
        trader.ask("add_order", **STOP | {"triggers": {"price": trigger}})

    return scenario


ENDINGS: dict[Reason, Ending] = {
    Reason.NONE: limit(100, 100),
    Reason.USER: canceled_by_its_owner,
    Reason.REPLACED: edited,
    Reason.POST_ONLY: limit(100, post_only=True),
    Reason.SELF_TRADE: met_its_own,
    Reason.IMMEDIATE_OR_CANCEL: limit(100, time_in_force="ioc"),
    Reason.FILL_OR_KILL: limit(100, time_in_force="fok"),
    Reason.NO_LIQUIDITY: market(100),
    Reason.PRICE_PROTECTION: market(100, 106),
    Reason.WOULD_TRIGGER: stop(101),
    Reason.FUNDS: woken_without_funds,
    Reason.CANCEL_TIMER: switched_off,
    Reason.EXPIRED: timed_out,
}


def ends(listener: Client) -> list[dict[str, Any]]:
    """Rows of orders that ended."""
    rows = [row for told in listener.messages() for row in told.get("data", ()) if "exec_type" in row]
    return [row for row in rows if row["exec_type"] in ("filled", "canceled", "expired")]


def test_no_reason_is_forgotten() -> None:
    assert ENDINGS.keys() == set(Reason)


@pytest.mark.parametrize("reason", ENDINGS, ids=lambda reason: reason.name)
def test_an_order_ends(reason: Reason) -> None:
    trader = Trader(Venue())
    listener = trader.venue.greeted("ws-auth")
    listener.send(subscribe("executions", token=trader.token, snap_orders=False))
    ENDINGS[reason](trader)
    (row,) = ends(listener)
    assert row["exec_type"] == row["order_status"] == STATUS.get(reason, "canceled")
    # `cancel_reason` is the deprecated name.
    assert (row.get("reason", ""), row.get("cancel_reason", "")) == (reason.value, reason.value)


STATUS = {Reason.NONE: "filled", Reason.EXPIRED: "expired"}
