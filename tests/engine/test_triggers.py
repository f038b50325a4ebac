"""Triggers: what a price wakes and what it moves, against a plain list of orders that is looked through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import buy, sell
from krakenbox.engine.triggers import Triggers, priced, rises
from krakenbox.model.fixed import Price
from krakenbox.model.order import Order, OrderId, OrderStatus, OrderType, Reference, Side
from sleepers import dormant

LAST, INDEX = Reference.LAST, Reference.INDEX


def sleeper(
    name: str, side: Side, kind: str, trigger: str, at: str = "0", beside: int = 1000, **fields: object
) -> Order:
    terms = dormant(side, 1, kind, trigger, at, **fields).terms
    found = priced(terms, beside, 1)
    return Order(
        OrderId(name),
        dormant(side, 1, kind, trigger).account,
        terms,
        terms.qty,
        found.limit_price,
        1,
        1,
        status=OrderStatus.NEW,
        trigger_price=found.trigger_price,
        peak_price=found.peak_price,
    )


def fed(triggers: Triggers, price: int, reference: Reference = LAST) -> tuple[list[str], list[str]]:
    moved, woken = triggers.feed(reference, Price(price))
    assert triggers.sorted_rows()
    return [order.order_id for order in moved], [order.order_id for order in woken]


@pytest.mark.parametrize(
    ("kind", "side", "rising"),
    [
        ("stop-loss", buy, True),
        ("stop-loss", sell, False),
        ("stop-loss-limit", buy, True),
        ("stop-loss-limit", sell, False),
        ("take-profit", buy, False),
        ("take-profit", sell, True),
        ("take-profit-limit", buy, False),
        ("take-profit-limit", sell, True),
        ("trailing-stop", buy, True),
        ("trailing-stop", sell, False),
        ("trailing-stop-limit", buy, True),
        ("trailing-stop-limit", sell, False),
    ],
)
def test_the_table_of_directions(kind: str, side: Side, rising: bool) -> None:
    assert rises(dormant(side, 1, kind, "5q", "1").terms) is rising


@pytest.mark.parametrize(
    ("kind", "side", "trigger", "at", "expected"),
    [
        ("stop-loss", sell, "95", "0", (950, 0, 0)),
        ("stop-loss", sell, "-5%", "0", (950, 0, 0)),
        ("stop-loss", buy, "2.5q", "0", (1025, 0, 0)),
        ("take-profit-limit", sell, "0.33333%", "101", (1003, 0, 1010)),
        ("trailing-stop", sell, "5q", "0", (950, 1000, 0)),
        ("trailing-stop", buy, "1%", "0", (1010, 1000, 0)),
        ("trailing-stop", sell, "0.01%", "0", (999, 1000, 0)),
        ("trailing-stop", buy, "0.01%", "0", (1001, 1000, 0)),
        ("trailing-stop-limit", sell, "5q", "0q", (950, 1000, 950)),
        ("trailing-stop-limit", sell, "5q", "-1q", (950, 1000, 940)),
        ("trailing-stop-limit", buy, "5q", "1%", (1050, 1000, 1061)),
        ("trailing-stop-limit", buy, "5q", "107", (1050, 1000, 1070)),
    ],
)
def test_prices_beside_a_reference_of_100(
    kind: str, side: Side, trigger: str, at: str, expected: tuple[int, int, int]
) -> None:
    assert priced(dormant(side, 1, kind, trigger, at).terms, 1000, 1) == expected


def test_offsets_are_rounded_to_the_nearest_tick() -> None:
    assert priced(dormant(sell, 1, "stop-loss", "-1.2%").terms, 1003, 5).trigger_price == 990
    assert priced(dormant(sell, 1, "trailing-stop-limit", "0.8q", "0q").terms, 1003, 5) == (995, 1003, 995)
    # Once: 1004.5 is nearer to 1000, though it would be 1005 on the way to a whole unit.
    assert priced(dormant(buy, 1, "stop-loss", "0.45%").terms, 1000, 10).trigger_price == 1000
    # The price is rounded, not its distance: 100.5 and 99.5 are both halfway and both go up.
    assert [priced(dormant(buy, 1, "stop-loss", by).terms, 100, 1)[0] for by in ("0.5%", "-0.5%")] == [
        101,
        100,
    ]


def test_a_price_wakes_what_it_has_reached_oldest_first() -> None:
    triggers = Triggers(1)
    triggers.feed(LAST, Price(1000))
    for name, side, kind, at in (
        ("far", sell, "stop-loss", "90"),
        ("second", sell, "stop-loss", "95"),
        ("third", sell, "stop-loss-limit", "97"),
        ("up", buy, "stop-loss", "105"),
        ("fourth", buy, "take-profit", "95"),
    ):
        triggers.add(sleeper(name, side, kind, at, "1" if kind.endswith("limit") else "0"))
    assert fed(triggers, 971) == ([], [])
    assert fed(triggers, 950) == ([], ["second", "third", "fourth"])
    assert [order.order_id for order in triggers] == ["far", "up"]
    assert fed(triggers, 1049) == ([], [])
    assert fed(triggers, 1050) == ([], ["up"])


def test_a_trailing_sell_follows_the_peak_and_fires_on_the_reversal() -> None:
    triggers = Triggers(1)
    order = sleeper("trail", sell, "trailing-stop-limit", "5q", "-1q")
    triggers.feed(LAST, Price(1000))
    triggers.add(order)
    assert fed(triggers, 1000) == ([], [])
    assert fed(triggers, 1030) == (["trail"], [])
    assert (order.peak_price, order.trigger_price, order.limit_price) == (1030, 980, 970)
    assert fed(triggers, 981) == ([], [])
    assert fed(triggers, 980) == ([], ["trail"])
    assert len(triggers) == 0


def test_a_trailing_buy_follows_the_trough_and_its_limit_is_never_nothing() -> None:
    triggers = Triggers(1)
    order = sleeper("trail", buy, "trailing-stop-limit", "1%", "-5q")
    triggers.feed(LAST, Price(1000))
    triggers.add(order)
    assert (order.trigger_price, order.limit_price) == (1010, 960)
    assert fed(triggers, 100) == (["trail"], [])
    assert (order.peak_price, order.trigger_price, order.limit_price) == (100, 101, 51)
    assert fed(triggers, 2) == (["trail"], [])
    assert (order.trigger_price, order.limit_price) == (3, 1)
    assert fed(triggers, 3) == ([], ["trail"])


def test_index_orders_watch_the_last_price_until_there_is_an_index() -> None:
    triggers = Triggers(1)
    triggers.feed(LAST, Price(1000))
    for name, trigger in (("a", "99"), ("b", "95")):
        triggers.add(sleeper(name, sell, "stop-loss", trigger, reference=INDEX))
    assert triggers.price(INDEX) == 1000
    assert fed(triggers, 985) == ([], ["a"])
    assert fed(triggers, 1100, INDEX) == ([], [])
    assert (triggers.price(LAST), triggers.price(INDEX)) == (985, 1100)
    assert fed(triggers, 900) == ([], [])
    assert fed(triggers, 950, INDEX) == ([], ["b"])


def test_nothing_is_reached_before_the_first_price() -> None:
    triggers = Triggers(1)
    order = sleeper("a", sell, "stop-loss", "95")
    triggers.add(order)
    assert not triggers.reached(order)
    assert fed(triggers, 940) == ([], ["a"])


def test_a_removed_order_is_not_woken_and_a_repriced_one_keeps_its_turn() -> None:
    triggers = Triggers(1)
    triggers.feed(LAST, Price(1000))
    first, second = sleeper("a", sell, "stop-loss", "95"), sleeper("b", sell, "trailing-stop", "5q")
    gone = sleeper("c", sell, "trailing-stop", "5q")
    for order in (first, second, gone):
        triggers.add(order)
    triggers.remove(gone)
    triggers.reprice(first, dormant(sell, 1, "stop-loss", "94").terms, Price(940))
    triggers.reprice(second, dormant(sell, 1, "trailing-stop", "6q").terms, Price(940))
    assert (second.peak_price, second.trigger_price) == (1000, 940)
    assert fed(triggers, 950) == ([], [])
    assert fed(triggers, 940) == ([], ["a", "b"])


KINDS = [order_type.value for order_type in OrderType if order_type.triggered]
SLEEPERS = st.tuples(
    st.sampled_from([buy, sell]),
    st.sampled_from(KINDS),
    st.integers(90, 110),
    st.sampled_from(["1q", "0.5q", "1%", "3%"]),
    st.sampled_from([LAST, LAST, INDEX]),
)
PRICES = st.tuples(st.sampled_from([LAST, LAST, INDEX]), st.integers(850, 1150))


@given(st.lists(SLEEPERS | PRICES, max_size=60))
def test_it_does_what_looking_through_all_orders_would_do(steps: list[tuple[object, ...]]) -> None:
    triggers = Triggers(1)
    prices = {LAST: 0, INDEX: 0}
    asleep: list[Order] = []

    def seen(order: Order) -> int:
        assert order.terms.trigger is not None
        return prices[order.terms.trigger.reference] or prices[LAST]

    def met(order: Order) -> bool:
        price = seen(order)
        if rises(order.terms):
            return price >= order.trigger_price
        return 0 < price <= order.trigger_price

    for number, step in enumerate(steps):
        if len(step) == 2:
            reference, price = step
            prices[reference] = price  # type: ignore[index, assignment]
            peaks = {o: o.peak_price for o in asleep if o.peak_price}
            moved, woken = triggers.feed(reference, Price(price))  # type: ignore[arg-type]
            best = {
                order: max(peak, seen(order)) if order.terms.side is sell else min(peak, seen(order))
                for order, peak in peaks.items()
            }
            assert moved == [order for order in asleep if order in peaks and best[order] != peaks[order]]
            assert all(order.peak_price == peak for order, peak in best.items())
            assert woken == [order for order in asleep if met(order)]
            asleep = [order for order in asleep if order not in woken]
            assert list(triggers) == asleep
            assert triggers.sorted_rows()
        else:
            side, kind, at, offset, reference = step
            beside = prices[reference] or prices[LAST]  # type: ignore[index]
            trailing = str(kind).startswith("trailing")
            limit = "0q" if kind == "trailing-stop-limit" else str(at) if str(kind).endswith("limit") else "0"
            order = sleeper(
                f"O{number}",
                side,  # type: ignore[arg-type]
                str(kind),
                str(offset) if trailing else str(at),
                limit,
                beside or 1000,
                reference=reference,
            )
            if (beside or not trailing) and not triggers.reached(order):
                triggers.add(order)
                asleep.append(order)
