"""A fresh exchange is opened by commands in an order it can follow."""

from msgspec.structs import replace

from krakenbox.config import Limits, commands, load_default
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Deposit,
    OpenAccount,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetProtection,
)


def test_everything_is_listed_before_it_is_needed() -> None:
    kinds = [type(command) for command in commands(load_default())]
    assert kinds[:12] == [AddAsset] * 12
    assert kinds[12:14] == [SetFeeSchedule] * 2
    assert kinds[14:44] == [AddInstrument, SetIndexPrice] * 15
    assert kinds[44:46] == [SetProtection, SetLimits]
    assert kinds[46:] == ([OpenAccount] + [Deposit] * 12) * 3


def test_the_values_are_the_configured_ones() -> None:
    config = load_default()
    opening = commands(config)
    assert SetIndexPrice("BTC/USD", config.start_prices["BTC/USD"]) in opening
    assert SetLimits(enforced=True) in opening
    assert SetProtection(50_000) in opening
    assert Deposit(account="alice", asset="USD", amount=10_000_000_000) in opening


def test_limits_off_and_an_empty_balance() -> None:
    config = load_default()
    poor = replace(config.accounts["carol"], balances={"USD": 0})
    server = replace(config.server, limits=Limits.OFF)
    opening = commands(replace(config, server=server, accounts={"carol": poor}))
    assert opening[-2] == SetLimits(enforced=False)
    assert [type(command) for command in opening[-1:]] == [OpenAccount]
