"""Money: what each side gets, pays and still holds. Rates are 0.40 % taker, 0.25 % maker."""

import pytest
from msgspec.structs import replace

from builders import (
    BTC_USD,
    DAY_NS,
    Pit,
    buy,
    cancel_all,
    deposit,
    opened,
    place,
    plain,
    postings,
    sell,
    story,
)
from krakenbox.model.command import (
    AddInstrument,
    FeeTier,
    OpenAccount,
    SetFeeSchedule,
    SetIndexPrice,
    Tick,
    Tier,
)
from krakenbox.model.event import BalancePosted, OrderClosed, OrderFilled, Traded
from krakenbox.model.fixed import Cost, Price
from krakenbox.model.order import AccountId, FeePreference, TimeInForce


def fills(pit: Pit, *commands: object) -> list[OrderFilled]:
    told = pit.send_all(*commands)  # type: ignore[arg-type]
    return [event for event in told if isinstance(event, OrderFilled)]


def test_both_sides_of_a_trade() -> None:
    pit = opened("200.0 x 2 |")
    told = pit.send(place(buy, "0.5", at=200))
    maker, taker = (event for event in told if isinstance(event, OrderFilled))
    (public,) = (event for event in told if isinstance(event, Traded))
    assert (maker.maker, taker.maker) == (True, False)
    assert maker.exec_id != taker.exec_id
    assert maker.trade_id == taker.trade_id == public.trade_id == 1
    assert maker.cost == taker.cost == 100_00000
    assert (maker.fee, taker.fee) == (25000, 40000)
    assert (maker.fee_usd, taker.fee_usd) == (25000, 40000)
    assert (maker.fee_asset, taker.fee_asset) == ("USD", "USD")
    assert (taker.cum_qty, taker.cum_cost, taker.avg_price) == (50_000_000, 100_00000, 2000)
    assert postings(told) == [
        "mia BTC -0.5",
        "mia USD 100 fee 0.25",
        "alice BTC 0.5",
        "alice USD -100 fee 0.4",
    ]
    entries = [event for event in told if isinstance(event, BalancePosted)]
    assert [e.ref_id for e in entries] == [maker.exec_id] * 2 + [taker.exec_id] * 2
    assert [plain(e.balance, 4) for e in entries[1::2]] == ["10000099.75", "9999899.6"]
    assert {e.kind for e in entries} == {"trade"}


def test_fees_go_to_the_venue() -> None:
    pit = opened("200.0 x 2 |")
    pit.send(place(buy, "0.5", at=200))
    assert pit.exchange.venue.ledger.fees.balances == {"USD": 6500}


def test_totals_over_several_fills() -> None:
    pit = opened("103.0 x 1, 102.0 x 1, 101.0 x 1 |")
    told = pit.send(place(buy, 3, at=103))
    taken = [event for event in told if isinstance(event, OrderFilled) and not event.maker]
    assert [t.cum_qty for t in taken] == [10**8, 2 * 10**8, 3 * 10**8]
    assert [t.cum_cost for t in taken] == [101_00000, 203_00000, 306_00000]
    assert [t.avg_price for t in taken] == [1010, 1015, 1020]
    assert [t.trade_id for t in taken] == [1, 2, 3]
    closed = told[-1]
    assert isinstance(closed, OrderClosed)
    assert closed.fee_usd == sum(t.fee for t in taken)


def test_the_average_price_is_of_the_exact_costs() -> None:
    # 1 at 100.0 and 2 at 100.1 average 100.0667: nearest is 100.1.
    pit = opened("100.1 x 2, 100.0 x 1 |")
    assert fills(pit, place(buy, 3, at=101))[-1].avg_price == 1001


def test_recorded_arithmetic() -> None:
    # Kraken, recorded: 0.0001 XBT at 26425.2 cost 2.64252, at 0.26 % a fee of 0.00687.
    pit = opened()
    pit.send(SetFeeSchedule("spot", (FeeTier(0, 2600, 1600),)))
    _, taken = fills(pit, place(sell, "0.0001", at="26425.2", by="bob"), place(buy, "0.0001", at="26425.2"))
    assert (taken.cost, taken.fee) == (264252, 687)


def test_the_ledger_rounds_once_at_its_own_decimals() -> None:
    # 0.00012345 x 12345.6 = 1.524064...: 1.52406 on the wire, 1.5241 in the ledger; the fee 0.00610, 0.0061.
    pit = opened("12345.6 x 1 |")
    told = pit.send(place(buy, "0.00012345", at="12345.6"))
    taken = [event for event in told if isinstance(event, OrderFilled)][-1]
    assert (taken.cost, taken.fee) == (152406, 610)
    assert postings(told)[2:] == ["alice BTC 0.00012345", "alice USD -1.5241 fee 0.0061"]


def test_a_base_with_fewer_decimals_than_its_quantity() -> None:
    # EUR quantities have 8 decimals, its ledger 4.
    pit = opened("1.10000 x 10.00005 |", "EUR/USD")
    assert pit.hold("mia", "EUR") == "10.0001"
    told = pit.send(place(buy, "10.00005", at="1.1", symbol="EUR/USD"))
    assert postings(told)[::2] == ["mia EUR -10.0001", "alice EUR 10.0001"]
    assert pit.hold("mia", "EUR") == "0"


@pytest.mark.parametrize(
    ("command", "asset", "held"),
    [
        (place(buy, 1, at=100), "USD", "100.4"),
        (place(buy, "0.33333333", at=100), "USD", "33.4668"),  # 33.333333 -> 33.3334, fee 0.1333334 -> 0.1334
        (place(sell, "0.33333333", at=100), "BTC", "0.33333333"),
        (place(buy, 1, at=100, symbol="BTC/EUR"), "EUR", "100.4"),
        (place(sell, "0.00005", at=2, symbol="EUR/USD"), "EUR", "0.0001"),
        (place(buy, 100, at=1, symbol="EUR/USD"), "USD", "100.2"),
    ],
)
def test_what_a_resting_order_holds(command: object, asset: str, held: str) -> None:
    pit = opened()
    pit.send(command)  # type: ignore[arg-type]
    assert pit.hold("alice", asset) == held
    pit.send(cancel_all())
    assert pit.hold("alice", asset) == "0"


def test_a_hold_shrinks_with_every_fill() -> None:
    pit = opened("| 100.0 x 2:alice")
    assert pit.hold("alice", "USD") == "200.8"
    pit.send(place(sell, "0.5", at=100, by="bob"))
    # 50.125 was paid, at the maker's rate; what was held for the taker's is released with it.
    assert pit.hold("alice", "USD") == "150.6"
    assert pit.balance("alice", "USD") == "9999949.875"
    pit.send(place(sell, "1.5", at=100, by="bob"))
    assert pit.hold("alice", "USD") == "0"


def test_a_better_price_frees_the_difference() -> None:
    pit = opened("90.0 x 1 |")
    pit.send(place(buy, 2, at=100))
    assert pit.hold("alice", "USD") == "100.4"
    assert pit.balance("alice", "USD") == "9999909.64"


@pytest.mark.parametrize("last_unit", [0, 1])
def test_an_order_needs_its_cost_and_its_taker_fee(last_unit: int) -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("dave"), Tier.PRO))
    money = deposit("dave", "USD", "100.4")
    pit.send(replace(money, amount=money.amount - last_unit))
    told = pit.send(place(buy, 1, at=100, by="dave"))
    assert type(told[1]).__name__ == ("Rejected" if last_unit else "OrderAccepted")


@pytest.mark.parametrize("cash", [False, True])
def test_a_market_buy_holds_what_the_book_would_cost(cash: bool) -> None:
    pit = opened("102.0 x 1, 100.0 x 1 |")
    pit.send(OpenAccount(AccountId("dave"), Tier.PRO))
    order = place(buy, cash=202, by="dave") if cash else place(buy, 2, by="dave")
    pit.send(deposit("dave", "USD", "202.8079"))
    assert type(pit.send(order)[-1]).__name__ == "Rejected"
    pit.send(deposit("dave", "USD", "0.0001"))
    assert type(pit.send(order)[-1]).__name__ == "OrderClosed"
    assert (pit.balance("dave", "USD"), pit.balance("dave", "BTC")) == ("0", "2")


def test_many_small_fills_never_cost_more_than_was_held() -> None:
    # Each fill of 0.00000005 at 1000.0 costs 0.00005: rounded up it would cost 0.0001 in the ledger, twice
    # what was held for it. The order pays what it holds and no more; the seller gets that much less.
    pit = opened()
    pit.send(AddInstrument(replace(BTC_USD, qty_min=1, cost_min=Cost(0))))
    pit.send(SetFeeSchedule("spot", (FeeTier(0, 0, 0),)))
    pit.send(OpenAccount(AccountId("dave"), Tier.PRO))
    pit.send(deposit("dave", "USD", "0.0005"))
    pit.send(place(buy, "0.0000005", at=1000, by="dave"))
    paid = []
    for _ in range(10):
        told = pit.send(place(sell, "0.00000005", at=1000, by="bob"))
        paid.append(postings(told)[1])
    assert paid == ["dave USD -0.0001"] * 5 + ["dave USD 0"] * 5
    assert (pit.balance("dave", "USD"), pit.balance("dave", "BTC")) == ("0", "0.0000005")
    assert pit.orders("dave") == []


@pytest.mark.parametrize(("free", "fee"), [(50, "50"), (1, "1.4"), (0, "0.4")])
def test_a_rate_that_rose_since_entry_is_paid_from_what_is_free(free: int, fee: str) -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("dave"), Tier.PRO))
    pit.send(deposit("dave", "USD", "100.4"))
    pit.send_all(place(buy, 1, at=100, by="dave"), deposit("dave", "USD", free))
    pit.send(SetFeeSchedule("spot", (FeeTier(0, 500_000, 500_000),)))
    told = pit.send(place(sell, 1, at=100, by="bob"))
    assert postings(told)[1] == f"dave USD -100 fee {fee}"
    assert postings(told)[3] == "bob USD 100 fee 50"
    assert pit.hold("dave", "USD") == "0"


def test_a_rate_that_rose_since_entry_touches_no_other_hold() -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("dave"), Tier.PRO))
    pit.send(deposit("dave", "USD", "200.8"))
    pit.send_all(place(buy, 1, at=100, by="dave"), place(buy, 1, at=100, by="dave"))
    pit.send(SetFeeSchedule("spot", (FeeTier(0, 500_000, 500_000),)))
    told = pit.send(place(sell, 1, at=100, by="bob"))
    assert postings(told)[1] == "dave USD -100 fee 0.4"
    assert (pit.balance("dave", "USD"), pit.hold("dave", "USD")) == ("100.4", "100.4")


def test_an_order_that_outlives_its_tier_pays_what_its_row_says() -> None:
    # Entered at 0.24 % taker; when it trades 40 days later the volume behind that has aged out.
    pit = opened("10000.0 x 6 |")
    pit.send_all(place(buy, 6, at=10_000), place(buy, 1, at=100))
    assert pit.hold("alice", "USD") == "100.24"
    pit.send(Tick(), at_ns=pit.time_ns + 40 * DAY_NS)
    told = pit.send(place(sell, 1, at=100, by="bob"))
    assert [f.fee for f in told if isinstance(f, OrderFilled)] == [25000, 40000]
    assert postings(told)[1] == "alice USD -100 fee 0.25"


def test_the_tier_is_chosen_at_the_fill_by_the_volume_before_it() -> None:
    pit = opened("10000.0 x 6 |")
    taken = fills(pit, *[place(buy, 1, at=10_000)] * 6)[1::2]
    # 0.40 % below 10,000 USD, then 0.35 %, and 0.24 % from 50,000.
    assert [plain(f.fee, 5) for f in taken] == ["40", "35", "35", "35", "35", "24"]


def test_makers_climb_too() -> None:
    pit = opened("10000.0 x 6 |")
    made = fills(pit, *[place(buy, 1, at=10_000)] * 6)[::2]
    assert [plain(f.fee, 5) for f in made] == ["25", "20", "20", "20", "20", "14"]


def test_a_pair_of_stables_has_its_own_schedule() -> None:
    pit = opened("1.00000 x 100 |", "EUR/USD")
    assert [f.fee for f in fills(pit, place(buy, 100, at=1, symbol="EUR/USD"))] == [20000, 20000]


def test_usd_is_counted_at_the_last_price_of_the_quote_asset() -> None:
    pit = opened("100.0 x 1 |", "BTC/EUR")
    pit.send(SetIndexPrice("EUR/USD", Price(110_000)))
    pit.send_all(
        place(sell, 5, at="1.2", by="bob", symbol="EUR/USD"), place(buy, 5, at="1.2", symbol="EUR/USD")
    )
    made, taken = fills(pit, place(buy, 1, at=100, symbol="BTC/EUR"))
    assert (taken.fee, taken.fee_usd) == (40000, 48000)
    assert (made.fee, made.fee_usd) == (25000, 30000)
    assert pit.exchange.venue.accounts[AccountId("alice")].volume.total == (120 + 6) * 10**4


@pytest.mark.parametrize(("index", "fee_usd"), [(110_000, 44000), (0, 0)])
def test_usd_falls_back_to_the_index_and_then_to_nothing(index: int, fee_usd: int) -> None:
    pit = opened("100.0 x 1 |", "BTC/EUR")
    if index:
        pit.send(SetIndexPrice("EUR/USD", Price(index)))
    assert fills(pit, place(buy, 1, at=100, symbol="BTC/EUR"))[1].fee_usd == fee_usd


def test_a_taker_that_rests_pays_both_rates() -> None:
    pit = opened("100.0 x 1 |")
    told = pit.send_all(
        place(buy, 2, at=100), place(sell, 1, at=100, by="bob", time_in_force=TimeInForce.IOC)
    )
    mine = [event for event in told if isinstance(event, OrderFilled) and event.account == "alice"]
    assert [(f.maker, f.fee) for f in mine] == [(False, 40000), (True, 25000)]
    closed = next(e for e in told if isinstance(e, OrderClosed) and e.account == "alice")
    assert (closed.cum_cost, closed.fee_usd) == (200_00000, 65000)


def test_both_sides_of_one_account_pay_the_rates_it_had_before_the_trade() -> None:
    pit = opened()
    # 10,000 USD a side: either alone reaches the next step, from the next trade on.
    pit.send(place(sell, "100", at=100, by="bob", sender_sub_id="left"))
    maker, taker = fills(pit, place(buy, "100", at=100, by="bob", sender_sub_id="right"))
    assert (maker.fee, taker.fee) == (25_00000, 40_00000)
    pit.send(place(sell, "1", at=100, by="bob", sender_sub_id="left"))
    maker, taker = fills(pit, place(buy, "1", at=100, by="bob", sender_sub_id="right"))
    assert (maker.fee, taker.fee) == (20000, 35000)


# --- fees in base


def test_fees_in_base_come_out_of_what_is_bought_and_on_top_of_what_is_sold() -> None:
    pit = opened("| 100.0 x 1:bob")
    told = pit.send(place(sell, 1, at=100, fee_preference=FeePreference.BASE))
    assert postings(told) == [
        "bob BTC 1",
        "bob USD -100 fee 0.25",
        "alice BTC -1 fee 0.004",
        "alice USD 100",
    ]
    pit.send(place(buy, 2, at=100, fee_preference=FeePreference.BASE))
    assert (pit.hold("alice", "USD"), pit.hold("alice", "BTC")) == ("200", "0")
    told = pit.send(place(sell, 2, at=100, by="carol"))
    assert postings(told) == [
        "alice BTC 2 fee 0.005",
        "alice USD -200",
        "carol BTC -2",
        "carol USD 200 fee 0.8",
    ]
    assert (pit.balance("alice", "BTC"), pit.balance("alice", "USD")) == ("1000.991", "9999900")


def test_the_fill_says_what_the_fee_is_in_and_what_it_is_in_usd() -> None:
    pit = opened("| 10000.0 x 0.00012345:bob")
    told = pit.send(place(sell, "0.00012345", at=10_000, fee_preference=FeePreference.BASE))
    maker, taker = (event for event in told if isinstance(event, OrderFilled))
    # 12,345 units x 0.4 % = 49.38 units of quantity; a cost of 1.2345 USD x 0.4 % = 0.004938 USD.
    assert (taker.fee, taker.fee_asset, taker.fee_usd) == (49, "BTC", 494)
    assert (maker.fee, maker.fee_asset, maker.fee_usd) == (309, "USD", 309)


def test_a_sell_holds_its_fee_in_base() -> None:
    pit = opened()
    pit.send(place(sell, 1, at=100, fee_preference=FeePreference.BASE))
    assert pit.hold("alice", "BTC") == "1.004"
    pit.send(place(buy, "0.25", at=100, by="bob"))
    # A quarter was sold with the maker's fee; the rest of what was held for it is free.
    assert pit.hold("alice", "BTC") == "0.753"
    assert pit.balance("alice", "BTC") == "999.749375"


@pytest.mark.parametrize("last_unit", [0, 1])
def test_a_sell_needs_its_quantity_and_its_fee_in_base(last_unit: int) -> None:
    pit = opened()
    pit.send(OpenAccount(AccountId("dave"), Tier.HOUSE))
    money = deposit("dave", "BTC", "1.004")
    pit.send(replace(money, amount=money.amount - last_unit))
    told = story(pit.send(place(sell, 1, at=100, by="dave", fee_preference=FeePreference.BASE)))
    assert told[0] == ("refused: EOrder:Insufficient funds" if last_unit else "dave accepted")


def test_all_that_is_bought_may_go_as_fee_but_no_more() -> None:
    pit = opened("| 10000.0 x 0.00005:bob")
    pit.send(SetFeeSchedule("spot", (FeeTier(0, 1_000_000, 1_000_000),)))
    told = pit.send(place(sell, "0.00005", at=10_000))
    assert postings(told)[-1] == "alice USD 0.5 fee 0.5"
    pit.send(place(sell, "0.00005", at=10_000, by="bob"))
    told = pit.send(place(buy, "0.00005", at=10_000, fee_preference=FeePreference.BASE))
    assert postings(told)[2:] == ["alice BTC 0.00005 fee 0.00005", "alice USD -0.5"]
