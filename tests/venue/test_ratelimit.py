"""The trading counter: the guide's worked examples, every cell of its table, and what it refuses."""

from typing import NamedTuple

import pytest

from builders import SECOND_NS, Pit, buy, cancel, cancel_all, counters, opened, place, sell, story
from changes import amend, batch, edit
from krakenbox.model.command import (
    CancelOrders,
    OpenAccount,
    OrderRef,
    SetCancelTimer,
    SetLimits,
    SetSystemStatus,
    Tick,
    Tier,
)
from krakenbox.model.instrument import SystemStatus
from krakenbox.model.order import AccountId, Order, OrderId, TimeInForce
from krakenbox.model.reject import Reject
from krakenbox.venue.moment import Moment
from krakenbox.venue.ratelimit import (
    ADD,
    LIMITS,
    amend_cost,
    batch_add_cost,
    cancel_cost,
    charge,
    charge_cancel,
    edit_cost,
)
from sleepers import dormant, oto, print_at

MILLI_NS = 1_000_000
IN = "carol accepted"
RATE_LIMIT = f"refused: {Reject.RATE_LIMIT}"


class Charged(NamedTuple):
    """An exchange whose counters are charged by hand: bob is intermediate."""

    pit: Pit

    def count(self, cost: int, after_s: float = 0, by: str = "bob", symbol: str = "BTC/USD") -> str | None:
        """Charge a transaction some time after the last one; the refusal."""
        venue = self.pit.exchange.venue
        now = Moment(venue.mint, 1, self._step(after_s))
        return charge(venue, now, venue.accounts[AccountId(by)], symbol, cost)

    def cancel(self, order: Order, after_s: float = 0, by: str = "bob") -> None:
        """Charge a cancel."""
        venue = self.pit.exchange.venue
        now = Moment(venue.mint, 1, self._step(after_s))
        charge_cancel(venue, now, venue.accounts[AccountId(by)], order)

    def stands(self, after_s: float = 0, by: str = "bob", symbol: str = "BTC/USD") -> str:
        """The counter: as an event that costs nothing would tell it."""
        venue = self.pit.exchange.venue
        now = Moment(venue.mint, 1, self._step(after_s))
        assert charge(venue, now, venue.accounts[AccountId(by)], symbol, 0) is None
        return counters(now.events)[0].rpartition(" ")[2]

    def _step(self, after_s: float) -> int:
        self.pit.time_ns += round(after_s * 1000) * MILLI_NS
        return self.pit.time_ns


@pytest.fixture
def charged() -> Charged:
    return Charged(opened())


def aged(seconds: float) -> tuple[Order, int]:
    """An order, and a time at which it has this age."""
    pit = opened()
    pit.send(place(buy, 1, at=100))
    (order,) = pit.orders()
    assert order.touched_ns == pit.time_ns
    return order, pit.time_ns + round(seconds * 1000) * MILLI_NS


def test_tiers_are_those_of_the_guide() -> None:
    assert {tier: (limit.threshold_milli, limit.decay_milli) for tier, limit in LIMITS.items()} == {
        Tier.STARTER: (60_000, 1_000),
        Tier.INTERMEDIATE: (125_000, 2_340),
        Tier.PRO: (180_000, 3_750),
    }


# Rows of the guide's table: age in seconds, amend, edit, cancel. An age of exactly 5 s is not below 5 s.
@pytest.mark.parametrize(
    ("age", "amend", "edit", "cancel_"),
    [
        (0, 4, 7, 8),
        (4.999, 4, 7, 8),
        (5, 3, 6, 6),
        (9.999, 3, 6, 6),
        (10, 2, 5, 5),
        (14.999, 2, 5, 5),
        (15, 1, 3, 4),
        (44.999, 1, 3, 4),
        (45, 1, 2, 2),
        (89.999, 1, 2, 2),
        (90, 1, 1, 1),
        (299.999, 1, 1, 1),
        (300, 1, 1, 0),
        (1_000_000, 1, 1, 0),
    ],
)
def test_costs_by_age(age: float, amend: int, edit: int, cancel_: int) -> None:
    order, time_ns = aged(age)
    assert amend_cost(order, time_ns) == amend * 1_000
    assert edit_cost(order, time_ns) == edit * 1_000
    assert cancel_cost(order, time_ns) == cancel_ * 1_000


def test_an_edit_of_an_unknown_order_costs_what_edits_always_do() -> None:
    assert edit_cost(None, 0) == 1_000


@pytest.mark.parametrize(("count", "cost"), [(2, 1_000), (3, 1_500), (15, 7_500)])
def test_a_batch_costs_half_of_its_orders(count: int, cost: int) -> None:
    assert batch_add_cost(count) == cost


def test_age_runs_from_the_last_amend() -> None:
    order, time_ns = aged(400)
    order.touched_ns = time_ns - 6 * SECOND_NS
    assert cancel_cost(order, time_ns) == 6_000


def test_the_guides_first_example_sums_to_eight() -> None:
    # Kraken, spot rate limits: add, amend after 7 s, cancel 36 s later: 1 + 3 + 4 (decay left out).
    order, time_ns = aged(7)
    amended = amend_cost(order, time_ns)
    order.touched_ns = time_ns
    assert ADD + amended + cancel_cost(order, time_ns + 36 * SECOND_NS) == 8_000


def test_the_guides_second_example(charged: Charged) -> None:
    # 50 orders of an intermediate account, 10 s later: 50 - 23.4.
    for _ in range(50):
        assert charged.count(ADD) is None
    assert charged.stands() == "50"
    assert charged.stands(after_s=10) == "26.6"


def test_a_counter_decays_steadily_and_never_below_nothing(charged: Charged) -> None:
    charged.count(10_000)
    # However often it is looked at: no fraction of a unit is lost.
    for _ in range(1_000):
        charged.stands(after_s=0.001)
    assert charged.stands() == "7.66"
    assert charged.stands(after_s=100) == "0"
    charged.count(1_000)
    assert charged.stands() == "1"


@pytest.mark.parametrize(("by", "rate"), [("carol", "59"), ("bob", "57.66"), ("alice", "56.25")])
def test_each_tier_decays_at_its_rate(charged: Charged, by: str, rate: str) -> None:
    charged.count(60_000, by=by)
    assert charged.stands(after_s=1, by=by) == rate


def test_reaching_the_threshold_is_allowed_and_passing_it_is_not(charged: Charged) -> None:
    assert charged.count(124_500) is None
    assert charged.count(501) == Reject.RATE_LIMIT
    assert charged.count(500) is None
    assert charged.stands() == "125"
    assert charged.count(ADD) == Reject.RATE_LIMIT
    # A refusal costs nothing: waiting for what is missing is enough.
    assert charged.count(ADD, after_s=0.427) == Reject.RATE_LIMIT
    assert charged.count(ADD, after_s=0.001) is None


def test_every_pair_and_every_account_counts_by_itself(charged: Charged) -> None:
    charged.count(125_000)
    assert charged.count(ADD) == Reject.RATE_LIMIT
    assert charged.count(ADD, symbol="BTC/EUR") is None
    assert charged.count(ADD, by="alice") is None


def test_a_cancel_is_charged_and_let_through_over_the_threshold(charged: Charged) -> None:
    charged.pit.send(place(buy, 1, at=100, by="bob"))
    (order,) = charged.pit.orders("bob")
    charged.count(124_000)
    charged.cancel(order)
    assert charged.pit.exchange.venue.accounts[AccountId("bob")].counters["BTC/USD"][0] == 133 * 10**12
    assert charged.count(0) == Reject.RATE_LIMIT


def test_an_order_and_its_cancel_are_counted_before_they_are_told() -> None:
    pit = opened()
    told = pit.send(place(buy, 1, at=100, by="carol"))
    assert [type(event).__name__ for event in told[:2]] == ["RateCounted", "OrderAccepted"]
    assert counters(told) == ["carol BTC/USD counter 1"]
    (order,) = pit.orders("carol")
    told = pit.send(cancel(order.order_id, by="carol"), at_ns=pit.time_ns + 4_900 * MILLI_NS)
    # 1 - 4.9 s of decay, and at 4.9 s of age 8.
    assert counters(told) == ["carol BTC/USD counter 8"]
    assert type(told[0]).__name__ == "RateCounted"


@pytest.mark.parametrize(("after_s", "counter"), [(299, "1"), (300, "0")])
def test_old_orders_are_canceled_for_next_to_nothing(after_s: int, counter: str) -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, by="carol"))
    (order,) = pit.orders("carol")
    told = pit.send(cancel(order.order_id, by="carol"), at_ns=pit.time_ns + after_s * SECOND_NS)
    assert counters(told) == [f"carol BTC/USD counter {counter}"]


def test_orders_of_one_userref_are_charged_one_by_one_each_by_its_age() -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, userref=7))
    pit.send(place(buy, 1, at=100, userref=7, symbol="BTC/EUR"), at_ns=pit.time_ns + 12 * SECOND_NS)
    pit.send(place(buy, 1, at=100, userref=7))
    told = pit.send(cancel(userref=7), at_ns=pit.time_ns + 2 * SECOND_NS)
    assert counters(told) == [
        "alice BTC/USD counter 5",
        "alice BTC/EUR counter 8",
        "alice BTC/USD counter 13",
    ]


def test_a_refused_order_is_charged_unless_its_arguments_are_wrong() -> None:
    pit = opened()
    told = pit.send(place(buy, "0.00000001", at=100))
    assert (story(told), counters(told)) == (
        ["refused: EGeneral:Invalid arguments:volume minimum not met"],
        ["alice BTC/USD counter 1"],
    )
    assert counters(pit.send(place(buy, 1, at=100, validate=True))) == ["alice BTC/USD counter 1.996"]
    assert counters(pit.send(place(buy, 0, at=100))) == []


def test_what_no_client_asked_for_costs_nothing() -> None:
    pit = opened()
    due = pit.time_ns + SECOND_NS
    pit.send(place(buy, 1, at=100, time_in_force=TimeInForce.GTD, expire_ns=due))
    assert counters(pit.send(Tick(), at_ns=due)) == []
    pit.send_all(place(buy, 1, at=100), place(buy, 1, at=99))
    assert counters(pit.send(place(sell, 1, at=100, by="bob"))) == ["bob BTC/USD counter 1"]
    assert counters(pit.send(cancel_all())) == []
    assert counters(pit.send(cancel("OAAAAA-AAAAA-AAAAAA"))) == []
    assert counters(pit.send(place(buy, 1, at=100, by="mia"))) == []


def test_over_the_threshold_an_order_is_refused_until_the_counter_has_fallen() -> None:
    pit = opened()
    order = place(buy, "0.1", at=100, by="carol")
    for _ in range(60):
        assert story(pit.send(order, at_ns=pit.time_ns + 1))[0] == "carol accepted"
    assert story(pit.send(order, at_ns=pit.time_ns + 1)) == [RATE_LIMIT]
    assert len(pit.orders("carol")) == 60
    last = pit.orders("carol")[-1].order_id
    assert story(pit.send(cancel(last, by="carol")))[-1] == "carol canceled: User requested"
    assert story(pit.send(order)) == [RATE_LIMIT]
    assert story(pit.send(order, at_ns=pit.time_ns + 9 * SECOND_NS))[0] == "carol accepted"


def test_the_counter_refuses_before_the_engine_mode_is_looked_at() -> None:
    pit = opened()
    pit.send(SetSystemStatus(SystemStatus.CANCEL_ONLY))
    order = place(buy, "0.1", at=100, by="carol")
    for _ in range(60):
        assert story(pit.send(order, at_ns=pit.time_ns + 1)) == [
            "refused: EService:Market in cancel_only mode"
        ]
    assert story(pit.send(order, at_ns=pit.time_ns + 1)) == [RATE_LIMIT]


def test_without_limits_nothing_is_counted_and_what_was_still_decays() -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100, by="carol"))
    pit.send(SetLimits(False))
    for _ in range(100):
        told = pit.send(place(buy, "0.1", at=100, by="carol"), at_ns=pit.time_ns + 1)
        assert (story(told)[0], counters(told)) == ("carol accepted", [])
    order_id: OrderId = pit.orders("carol")[0].order_id
    assert counters(pit.send(cancel(order_id, by="carol"))) == []
    pit.send(SetLimits(True))
    pit.send(cancel_all("carol"))
    told = pit.send(place(buy, 1, at=100, by="carol"), at_ns=pit.time_ns + SECOND_NS)
    assert counters(told) == ["carol BTC/USD counter 1"]


def test_a_new_tier_brings_its_own_threshold_and_rate() -> None:
    pit = opened()
    order = place(buy, "0.1", at=100, by="carol")
    for _ in range(60):
        pit.send(order, at_ns=pit.time_ns + 1)
    assert story(pit.send(order, at_ns=pit.time_ns + 1)) == [RATE_LIMIT]
    pit.send(OpenAccount(AccountId("carol"), Tier.INTERMEDIATE), at_ns=pit.time_ns + 1)
    assert story(pit.send(order, at_ns=pit.time_ns + 1))[0] == "carol accepted"


# --- what each command is charged


def test_a_batch_is_charged_once_half_of_its_orders() -> None:
    pit = opened()
    orders = [place(buy, "0.1", at=90 + n) for n in range(15)]
    assert counters(pit.send(batch(*orders, by="carol"))) == ["carol BTC/USD counter 7.5"]
    # A batch that contradicts itself never came to the counter.
    assert counters(pit.send(batch(place(buy, 0, at=90), orders[0], by="carol"))) == []


def test_a_batch_over_the_threshold_is_refused_as_a_whole() -> None:
    pit = opened()
    for _ in range(55):
        pit.send(place(buy, "0.1", at=99, by="carol"), at_ns=pit.time_ns + 1)
    orders = [place(buy, "0.1", at=90 + n) for n in range(15)]
    told = pit.send(batch(*orders, by="carol"), at_ns=pit.time_ns + 1)
    assert (story(told), len(pit.orders("carol"))) == ([RATE_LIMIT], 55)


def test_a_batch_cancel_is_charged_by_the_age_of_each_order() -> None:
    pit = opened()
    for price in (99, 98, 97):
        pit.send(place(buy, 1, at=price, by="carol"), at_ns=pit.time_ns + 1)
    refs = tuple(OrderRef(order.order_id) for order in pit.orders("carol"))
    unknown = OrderRef(OrderId("OAAAAA-AAAAA-AAAAAA"))
    told = pit.send(CancelOrders(AccountId("carol"), (*refs, unknown)), at_ns=pit.time_ns + 4 * SECOND_NS)
    # 3 x 8; the 3 of adding have decayed.
    assert counters(told) == [f"carol BTC/USD counter {count}" for count in (8, 16, 24)]


def test_a_batch_cancel_goes_over_the_threshold() -> None:
    pit = opened()
    for _ in range(50):
        pit.send(place(buy, "0.1", at=99, by="carol"), at_ns=pit.time_ns + 1)
    refs = tuple(OrderRef(order.order_id) for order in pit.orders("carol"))
    told = pit.send(CancelOrders(AccountId("carol"), refs), at_ns=pit.time_ns + 1)
    assert story(told)[-1] == "carol canceled 50"
    assert counters(told)[-1] == "carol BTC/USD counter 450"
    assert story(pit.send(place(buy, 1, at=99, by="carol"), at_ns=pit.time_ns + 389 * SECOND_NS)) == [
        RATE_LIMIT
    ]
    assert story(pit.send(place(buy, 1, at=99, by="carol"), at_ns=pit.time_ns + 2 * SECOND_NS))[0] == IN


def test_the_guides_first_example_as_commands() -> None:
    # Kraken, spot rate limits: add, amend after 7 s, cancel 36 s later. Decay, which it leaves out, is 1/s.
    pit = opened()
    assert counters(pit.send(place(buy, 2, at=99, by="carol"))) == ["carol BTC/USD counter 1"]
    (order,) = pit.orders("carol")
    told = pit.send(amend(order, qty=1), at_ns=pit.time_ns + 7 * SECOND_NS)
    assert counters(told) == ["carol BTC/USD counter 3"]
    told = pit.send(cancel(order.order_id, by="carol"), at_ns=pit.time_ns + 36 * SECOND_NS)
    assert counters(told) == ["carol BTC/USD counter 4"]


def test_an_edit_is_charged_by_the_age_of_the_order_it_ends() -> None:
    pit = opened()
    pit.send(place(buy, 2, at=99, by="carol"))
    (order,) = pit.orders("carol")
    told = pit.send(edit(order, qty=1), at_ns=pit.time_ns + 12 * SECOND_NS)
    assert counters(told) == ["carol BTC/USD counter 5"]
    # The new order is a young one; the edit of the old one costs what is always charged.
    assert counters(pit.send(edit(order, qty=1), at_ns=pit.time_ns + 10 * SECOND_NS)) == [
        "carol BTC/USD counter 1"
    ]


def test_what_a_trigger_a_fill_or_the_switch_does_costs_nothing() -> None:
    pit = opened()
    print_at(pit, 100)
    pit.send(dormant(sell, 1, "stop-loss", "95"))
    pit.send(place(buy, 1, at=99, conditional=oto("limit", at="105")))
    pit.send(place(sell, 1, at=99, by="mia"))
    pit.send(place(buy, 1, at=95, by="mia"))
    told = pit.send(place(sell, "0.5", at=95, by="bob"))
    assert "alice fired by 95.0" in story(told)
    assert [each.partition(" ")[0] for each in counters(told)] == ["bob"]
    due = pit.time_ns + 5 * SECOND_NS
    assert counters(pit.send(SetCancelTimer(AccountId("alice"), due))) == []
    told = pit.send(Tick(), at_ns=due)
    assert story(told)[-1] == "alice canceled: Cancel all orders after"
    assert counters(told) == []


@pytest.mark.parametrize("kind", ["dormant", "scheduled"])
def test_waiting_orders_are_open_orders_too(kind: str) -> None:
    pit = opened()
    print_at(pit, 100)
    later = (pit.time_ns // SECOND_NS + 3_600) * SECOND_NS
    waiting = {
        "dormant": dormant(sell, "0.1", "stop-loss", "95", by="bob"),
        "scheduled": place(sell, "0.1", at=105, by="bob", effective_ns=later),
    }[kind]
    for _ in range(80):
        assert story(pit.send(waiting, at_ns=pit.time_ns + SECOND_NS))[0] == "bob accepted"
    refused = ["refused: EOrder:Orders limit exceeded"]
    assert story(pit.send(waiting, at_ns=pit.time_ns + SECOND_NS)) == refused
    assert story(pit.send(place(buy, 1, at=90, by="bob"))) == refused
