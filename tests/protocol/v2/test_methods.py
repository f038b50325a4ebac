"""The tables of methods and channels."""

from typing import get_args

import pytest

from krakenbox.protocol.v2 import schema
from krakenbox.protocol.v2.methods import (
    CHANNEL_NAMES,
    CHANNELS,
    METHODS,
    ChannelParams,
    Coverage,
    Params,
)


def test_every_struct_of_a_method_or_channel_is_in_its_table() -> None:
    assert {entry.params for entry in METHODS.values()} == set(get_args(Params))
    assert {entry.params for entry in CHANNELS.values()} == set(get_args(ChannelParams))
    assert {name: CHANNELS[name].params for name in CHANNEL_NAMES.values()} == {
        name: params for params, name in CHANNEL_NAMES.items()
    }


def test_everything_is_done() -> None:
    entries = (*METHODS.values(), *CHANNELS.values())
    assert {entry.coverage for entry in entries} == {Coverage.DONE}


@pytest.mark.parametrize(
    "name", [name for name in METHODS if name not in ("ping", "subscribe", "unsubscribe")]
)
def test_what_moves_orders_takes_a_token(name: str) -> None:
    assert schema.table(METHODS[name].params).required[0] == "token"


def test_a_batch_order_is_an_order_less_what_the_batch_has() -> None:
    order, batch = (set(schema.table(METHODS[name].params).fields) for name in ("add_order", "batch_add"))
    item = schema.table(METHODS["batch_add"].params).fields["orders"].item
    assert item is not None
    assert item.table is not None
    assert order - set(item.table.fields) == {"symbol", "token", "deadline", "validate"} == batch - {"orders"}
