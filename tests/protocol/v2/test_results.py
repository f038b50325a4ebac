"""Results of acknowledgements, as recorded where there is a recording."""

import json
from decimal import Decimal

import pytest

from krakenbox.model.order import OrderType, Side
from krakenbox.protocol.v2 import results
from krakenbox.protocol.v2.methods import (
    CHANNEL_NAMES,
    AddOrder,
    BalancesParams,
    BatchOrder,
    BookParams,
    ChannelParams,
    Conditional,
    EditOrder,
    ExecutionsParams,
    HeartbeatParams,
    InstrumentParams,
    Level3Params,
    OhlcParams,
    TickerParams,
    TradeParams,
)
from wire.corpus import frame

ALL: list[tuple[ChannelParams, str]] = [
    (TickerParams(symbol=["X/Y"]), "X/Y"),
    (BookParams(symbol=["X/Y"]), "X/Y"),
    (Level3Params(symbol=["X/Y"]), "X/Y"),
    (TradeParams(symbol=["X/Y"]), "X/Y"),
    (OhlcParams(symbol=["X/Y"]), "X/Y"),
    (InstrumentParams(), ""),
    (ExecutionsParams(), ""),
    (BalancesParams(), ""),
    (HeartbeatParams(), ""),
]


def recorded(name: str) -> bytes:
    """The text of `result` in a recorded ack."""
    text = frame(name)
    return text[text.index(b'"result":') + 9 : text.index(b',"success"')]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ack_ticker", TickerParams(symbol=["ETH/USDC"])),
        ("ack_book", BookParams(symbol=["ALGO/USD"])),
        ("ack_book_mina", BookParams(symbol=["MINA/GBP"], depth=25)),
        ("ack_level3", Level3Params(symbol=["BTC/USD"])),
        ("ack_trade", TradeParams(symbol=["BTC/USD"])),
        ("ack_ohlc", OhlcParams(symbol=["BTC/USD"])),
        ("ack_instrument", InstrumentParams()),
        ("ack_balances", BalancesParams()),
    ],
)
def test_subscribed(name: str, params: ChannelParams) -> None:
    (symbol,) = getattr(params, "symbol", [""])
    assert results.subscribed(params, symbol).encode() == recorded(name)


def test_subscribed_to_executions() -> None:
    result = results.subscribed(ExecutionsParams(token="T", snap_trades=True), max_rate_count=125)
    assert result == (
        '{"channel":"executions","maxratecount":125,"snap_orders":true,"snap_trades":true,"snapshot":true,'
        '"warnings":["cancel_reason is deprecated, use reason",'
        '"stop_price is deprecated, use triggers.price","trigger is deprecated use triggers.reference",'
        '"triggered_price is deprecated use triggers.last_price"]}'
    )
    documented = json.loads(recorded("ack_executions"))
    assert documented.items() <= json.loads(result).items()


def test_a_level3_depth_is_echoed_only_if_it_was_sent() -> None:
    params = Level3Params(symbol=["BTC/USD"], depth=100, snapshot=False)
    assert results.subscribed(params, "BTC/USD") == (
        '{"channel":"level3","depth":100,"snapshot":false,"symbol":"BTC/USD"}'
    )
    assert results.unsubscribed(params, "BTC/USD") == '{"channel":"level3","depth":100,"symbol":"BTC/USD"}'


def test_unsubscribed() -> None:
    book = BookParams(symbol=["MINA/GBP"], depth=25)
    assert results.unsubscribed(book, "MINA/GBP").encode() == recorded("ack_unsubscribe_book")
    assert results.unsubscribed(ExecutionsParams()).encode() == recorded("ack_unsubscribe_executions")
    assert results.unsubscribed(InstrumentParams()) == '{"channel":"instrument"}'


@pytest.mark.parametrize(("params", "symbol"), ALL, ids=lambda value: type(value).__name__)
def test_keys_are_alphabetical(params: ChannelParams, symbol: str) -> None:
    counter = 180 if isinstance(params, ExecutionsParams) else 0
    for result in (results.subscribed(params, symbol, counter), results.unsubscribed(params, symbol)):
        keys = list(json.loads(result))
        assert keys == sorted(keys)
        assert json.loads(result)["channel"] == CHANNEL_NAMES[type(params)]


def test_every_channel_is_acknowledged() -> None:
    assert {type(params) for params, _ in ALL} == set(CHANNEL_NAMES)


def test_order_added() -> None:
    assert results.order_added("AA5JGQ-SBMRC-SCJ7J7", order_userref=100054) == (
        '{"order_id":"AA5JGQ-SBMRC-SCJ7J7","order_userref":100054}'
    )
    assert results.order_added("O", 'a"b', warnings=("w",)) == (
        '{"order_id":"O","cl_ord_id":"a\\"b","warnings":["w"]}'
    )
    assert results.order_added("") == "{}"


def test_order_canceled_repeats_what_the_client_sent() -> None:
    assert results.order_canceled('no"id') == '{"order_id":"no\\"id"}'
    assert results.order_canceled(cl_ord_id='no"id') == '{"cl_ord_id":"no\\"id"}'
    assert results.order_amended("T", cl_ord_id="mine") == '{"amend_id":"T","cl_ord_id":"mine"}'


def test_deprecated_fields_are_warned_of() -> None:
    assert results.warnings(BatchOrder(order_type=OrderType.MARKET, side=Side.BUY)) == ()
    order = AddOrder(
        order_type=OrderType.MARKET, side=Side.BUY, symbol="X/Y", token="T", no_mpp=False, trigger="last"
    )
    assert results.warnings(order) == (
        "no_mpp is deprecated",
        "trigger is deprecated use triggers.reference",
    )


def test_deprecated_fields_of_edits_and_conditional_orders_are_warned_of() -> None:
    edit = EditOrder(token="T", order_id="O", symbol="X/Y", price=Decimal(1), stop_price=Decimal(1))
    assert results.warnings(edit) == (
        "price is deprecated, use limit_price",
        "stop_price is deprecated, use triggers.price",
    )
    conditional = Conditional(order_type=OrderType.STOP_LOSS, stop_price=Decimal(1))
    order = BatchOrder(order_type=OrderType.MARKET, side=Side.BUY, conditional=conditional)
    assert results.warnings(order) == ("conditional.stop_price is deprecated, use conditional.trigger_price",)


def test_orders_of_a_batch() -> None:
    assert results.orders_added([results.order_added("O1"), results.order_refused("E", order_userref=0)]) == (
        '[{"order_id":"O1"},{"error":"E","order_userref":0}]'
    )
    assert results.order_refused("E", 'a"b') == '{"error":"E","cl_ord_id":"a\\"b"}'


def test_an_edit_names_the_old_order_and_the_new_one_if_there_is_one() -> None:
    assert results.order_edited("O2", "O1", ("w",)) == (
        '{"order_id":"O2","original_order_id":"O1","warnings":["w"]}'
    )
    assert results.order_edited("", "O1") == '{"original_order_id":"O1"}'
