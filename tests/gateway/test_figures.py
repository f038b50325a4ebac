"""Numbers in integers: what fits, and the first that does not."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from builders import BTC_USD
from krakenbox.gateway.figures import Figures
from krakenbox.model.fixed import Price
from krakenbox.model.order import PriceType


@pytest.mark.parametrize(
    ("value", "kind", "counted", "refusal"),
    [
        ("5.1", PriceType.STATIC, 51, ""),
        ("-5.1", PriceType.STATIC, 0, "EOrder:Invalid price"),
        ("5.11", PriceType.STATIC, 0, "EOrder:Tick size check failed"),
        ("-5.1", PriceType.QUOTE, -51, ""),
        ("5.11", PriceType.QUOTE, 0, "EOrder:Tick size check failed"),
        ("1e9", PriceType.QUOTE, 0, "EOrder:Invalid price"),
        ("-2.000001", PriceType.PCT, -2_000_001, ""),
        ("2.0000001", PriceType.PCT, 0, "EGeneral:Invalid arguments:triggers"),
        ("999.999999", PriceType.PCT, 999_999_999, ""),
        ("-1000", PriceType.PCT, 0, "EOrder:Invalid price"),
    ],
)
def test_prices_and_offsets(value: str, kind: PriceType, counted: int, refusal: str) -> None:
    figures = Figures(BTC_USD)
    assert figures.offset(Decimal(value), kind, "triggers") == counted
    assert figures.refusal == refusal


def test_a_price_is_on_the_tick() -> None:
    figures = Figures(replace(BTC_USD, price_increment=Price(5)))
    assert (figures.price(Decimal("5.5")), figures.refusal) == (55, "")
    figures.price(Decimal("5.6"))
    assert figures.refusal == "EOrder:Tick size check failed"


def test_nothing_counts_as_zero() -> None:
    figures = Figures(BTC_USD)
    assert (figures.qty(None, "a"), figures.cost(None, "b"), figures.price(None)) == (0, 0, 0)
    assert figures.refusal == ""


def test_the_first_refusal_stays() -> None:
    figures = Figures(BTC_USD)
    figures.qty(Decimal("1e-9"), "order_qty")
    figures.price(Decimal(0))
    assert figures.refusal == "EGeneral:Invalid arguments:order_qty"
