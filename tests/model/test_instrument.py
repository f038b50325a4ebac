"""Instruments and the table they are listed in."""

import pytest
from msgspec.structs import replace

from builders import ASSETS, BTC_EUR, BTC_USD, ETH_BTC
from krakenbox.model.fixed import Qty
from krakenbox.model.instrument import InstrumentTable, PairStatus


def table() -> InstrumentTable:
    found = InstrumentTable()
    for asset in ASSETS.values():
        found.add_asset(asset)
    return found


def test_an_instrument_is_found_by_its_symbol() -> None:
    listed = table()
    listed.add(BTC_USD)
    listed.add(ETH_BTC)
    assert listed.get("BTC/USD") is BTC_USD
    assert listed.get("XBT/USD") is None
    assert list(listed.instruments) == ["BTC/USD", "ETH/BTC"]


def test_ledger_decimals_are_those_of_the_legs() -> None:
    listed = table()
    assert (listed.base_decimals(BTC_EUR), listed.quote_decimals(BTC_EUR)) == (10, 4)
    assert (listed.base_decimals(ETH_BTC), listed.quote_decimals(ETH_BTC)) == (10, 10)


def test_replacing_keeps_the_place_in_the_listing() -> None:
    listed = table()
    listed.add(BTC_USD)
    listed.add(ETH_BTC)
    changed = replace(BTC_USD, status=PairStatus.CANCEL_ONLY, qty_min=Qty(9))
    listed.add(changed)
    assert list(listed.instruments.values()) == [changed, ETH_BTC]


def test_both_assets_must_be_listed_first() -> None:
    with pytest.raises(AssertionError, match="BTC/USD: asset BTC is not listed"):
        InstrumentTable().add(BTC_USD)


def test_an_exact_cost_has_the_decimals_of_price_and_quantity() -> None:
    assert BTC_USD.exact_decimals == 9
    assert BTC_USD.cost(628_070, 150_000_000) == 94_210_500_000_000
