"""What follows a command's own matching: cascades in one order, trailing peaks, secondaries of fills."""

import pytest

from builders import DAY_NS, SECOND_NS, Pit, buy, cancel_all, deposit, draw, drawn, opened, place, sell, story
from krakenbox.model.command import (
    OpenAccount,
    PlaceOrders,
    SetFeeSchedule,
    SetPairStatus,
    SetSystemStatus,
    Tick,
    Tier,
)
from krakenbox.model.event import Event, OrderAccepted
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import AccountId, OrderStatus, Reference
from krakenbox.venue.state import decode, encode
from sleepers import asleep, dormant, index, oto, print_at

INDEX = Reference.INDEX
SPREAD = "105.0 x 5, 103.0 x 1 | 97.0 x 1, 95.0 x 5"


def traded(ladder: str = "") -> Pit:
    """A book, and a last price of 100."""
    pit = opened()
    print_at(pit, 100)
    draw(pit, ladder)
    return pit


def gist(told: list[Event]) -> list[str]:
    """Trades, firings and trails, entries, and ends that are not of a fill."""
    quiet = (" opened", " filled", " made ", " took ")
    lines = [line for line in story(told) if not any(each in line for each in quiet)]
    return [line for line in lines if not line.startswith(("buy ", "sell "))]


def test_a_trade_wakes_a_stop_whose_trades_wake_others() -> None:
    pit = traded("110.0 x 9 | 98.0 x 1, 97.0 x 1, 96.0 x 1, 95.0 x 9")
    pit.send_all(
        dormant(sell, 1, "stop-loss", "97", by="bob"),
        dormant(sell, 1, "stop-loss", "98", by="carol"),
        dormant(sell, 1, "stop-loss", "99"),
        dormant(sell, 1, "stop-loss", "95", by="bob"),
        dormant(sell, 1, "stop-loss", "94", by="bob"),
    )
    assert gist(print_at(pit, 99)) == [
        "carol accepted",
        "traded 0.01 at 99.0, taker sells",
        "alice fired by 99.0",
        "traded 1 at 98.0, taker sells",
        "carol fired by 98.0",
        "traded 1 at 97.0, taker sells",
        "bob fired by 97.0",
        "traded 1 at 96.0, taker sells",
    ]
    assert asleep(pit) == ["bob sell 1 at 95.0", "bob sell 1 at 94.0"]
    assert drawn(pit) == "110.0 x 9 | 95.0 x 9"


def test_one_command_feeds_its_trades_one_by_one_and_what_they_set_off_queues_behind() -> None:
    # The sweep trades at 98 and 97; alice's stop is woken by the first, bob's by the second trade, and
    # what alice trades at 96 wakes carol only after bob.
    pit = traded("110.0 x 9 | 98.0 x 1, 97.0 x 1, 96.0 x 2, 95.0 x 9")
    pit.send_all(
        dormant(sell, 1, "stop-loss", "96", by="carol"),
        dormant(sell, 1, "stop-loss", "97", by="bob"),
        dormant(sell, 1, "stop-loss", "98"),
    )
    assert gist(pit.send(place(sell, 2, by="bob"))) == [
        "bob accepted",
        "traded 1 at 98.0, taker sells",
        "traded 1 at 97.0, taker sells",
        "alice fired by 98.0",
        "traded 1 at 96.0, taker sells",
        "bob fired by 97.0",
        "traded 1 at 96.0, taker sells",
        "carol fired by 96.0",
        "traded 1 at 95.0, taker sells",
    ]


def test_orders_woken_by_one_trade_fire_oldest_first_whatever_their_triggers() -> None:
    pit = traded("110.0 x 9 | 90.0 x 9")
    pit.send_all(
        dormant(sell, 1, "stop-loss-limit", "96", "108"),
        dormant(sell, 2, "stop-loss-limit", "98", "108", by="bob"),
        dormant(buy, 3, "take-profit-limit", "97", "91", by="carol"),
    )
    assert gist(print_at(pit, 95))[-3:] == [
        "alice fired by 95.0",
        "bob fired by 95.0",
        "carol fired by 95.0",
    ]
    assert drawn(pit) == "110.0 x 9, 108.0 x 1:alice+2:bob | 91.0 x 3:carol, 90.0 x 9"


def test_a_trailing_sell_rises_with_the_price_and_fires_on_the_way_down() -> None:
    pit = traded("110.0 x 9 | 90.0 x 9")
    pit.send(dormant(sell, 1, "trailing-stop", "3%"))
    assert asleep(pit) == ["alice sell 1 at 97.0 from 100.0"]
    assert gist(print_at(pit, 104))[-1] == "alice trails at 100.9 by 104.0"
    for price in (101, 104, 103):
        assert gist(print_at(pit, price))[-1].startswith("traded")
    assert asleep(pit) == ["alice sell 1 at 100.9 from 104.0"]
    told = gist(print_at(pit, "100.9"))
    assert told[2:] == ["alice fired by 100.9", "alice canceled: Market price protection"]


def test_a_trailing_buy_falls_with_the_price_and_fires_on_the_way_up() -> None:
    pit = traded("110.0 x 9, 101.0 x 1 | 90.0 x 9")
    pit.send(dormant(buy, 1, "trailing-stop-limit", "3q", "1q"))
    assert pit.hold("alice", "USD") == "104.416"
    assert gist(print_at(pit, 97))[-1] == "alice trails at 100.0 by 97.0"
    assert pit.orders()[0].limit_price == 1010
    assert gist(print_at(pit, "99.9"))[-1].startswith("traded")
    assert gist(print_at(pit, 100))[-2:] == ["alice fired by 100.0", "traded 1 at 101.0, taker buys"]
    assert drawn(pit) == "110.0 x 9 | 90.0 x 9"
    assert pit.hold("alice", "USD") == "0"


def test_a_sweep_moves_a_peak_trade_by_trade_and_its_own_turn_fires_it() -> None:
    pit = traded("105.0 x 1, 104.0 x 1, 101.0 x 1 | 90.0 x 9")
    pit.send(dormant(sell, 1, "trailing-stop-limit", "2q", "0q"))
    assert gist(pit.send(place(buy, 3, at=105, by="bob")))[-3:] == [
        "alice trails at 99.0 by 101.0",
        "alice trails at 102.0 by 104.0",
        "alice trails at 103.0 by 105.0",
    ]


def test_the_index_wakes_only_those_who_watch_it() -> None:
    pit = traded("110.0 x 9 | 99.0 x 9")
    pit.send_all(
        dormant(sell, 1, "stop-loss", "99", reference=INDEX),
        dormant(sell, 1, "trailing-stop", "1%", by="bob", reference=INDEX),
        dormant(sell, 1, "stop-loss", "90", by="carol"),
    )
    # No index yet: the last price stands for it.
    assert gist(print_at(pit, 102))[-1] == "bob trails at 101.0 by 102.0"
    assert gist(pit.send(index(101))) == ["bob fired by 101.0", "traded 1 at 99.0, taker sells"]
    assert gist(print_at(pit, 99)) == ["carol accepted", "traded 0.01 at 99.0, taker sells"]
    assert gist(pit.send(index(99))) == ["alice fired by 99.0", "traded 1 at 99.0, taker sells"]
    assert asleep(pit) == ["carol sell 1 at 90.0"]


def test_an_order_of_a_batch_sleeps_beside_what_those_before_it_traded() -> None:
    pit = traded("110.0 x 9, 100.0 x 1 | 96.0 x 1, 90.0 x 9")
    alice = place(sell, 1, at=96)
    told = pit.send(
        PlaceOrders(
            alice.account,
            (
                alice.terms,
                dormant(sell, 1, "stop-loss", "97").terms,
                dormant(sell, 1, "stop-loss", "95").terms,
            ),
        )
    )
    assert gist(told) == [
        "alice accepted",
        "traded 1 at 96.0, taker sells",
        "alice accepted",
        "alice canceled: Order would trigger immediately",
        "alice accepted",
    ]
    assert asleep(pit) == ["alice sell 1 at 95.0"]


def test_each_fill_enters_a_secondary_of_its_size() -> None:
    pit = traded("101.0 x 1, 100.0 x 2 |")
    told = pit.send(place(buy, 5, at=101, conditional=oto("limit", at="120"), userref=4))
    assert gist(told) == [
        "alice accepted",
        "traded 2 at 100.0, taker buys",
        "traded 1 at 101.0, taker buys",
        "alice accepted",
        "alice accepted",
    ]
    assert drawn(pit) == "120.0 x 2:alice+1:alice | 101.0 x 2:alice"
    primary, *secondaries = pit.orders()
    assert {order.parent_id for order in secondaries} == {primary.order_id}
    accepted = [event for event in told if isinstance(event, OrderAccepted)]
    assert [event.parent_id for event in accepted] == ["", primary.order_id, primary.order_id]
    assert {(o.terms.conditional, o.terms.userref, o.terms.cl_ord_id) for o in secondaries} == {(None, 0, "")}
    # And as a maker, later.
    assert gist(pit.send(place(sell, "0.5", at=101, by="bob")))[-1] == "alice accepted"
    assert drawn(pit) == "120.0 x 2:alice+1:alice+0.5:alice | 101.0 x 1.5:alice"
    assert pit.hold("alice", "BTC") == "3.5"


def test_a_chain_of_conditional_stops_fires_like_any() -> None:
    pit = traded("100.0 x 2 | 94.0 x 5")
    pit.send(place(buy, 2, at=100, conditional=oto("stop-loss-limit", "95", "94.5")))
    assert asleep(pit) == ["alice sell 2 at 95.0"]
    assert gist(print_at(pit, 95))[-1] == "alice fired by 95.0"
    assert drawn(pit) == "94.5 x 2:alice | 94.0 x 5"


def test_a_stop_that_fires_enters_the_secondaries_of_its_own_fills() -> None:
    pit = traded("110.0 x 9 | 98.0 x 1, 97.0 x 1")
    pit.send_all(
        dormant(sell, 2, "stop-loss", "99", conditional=oto("trailing-stop", "2q")),
        dormant(sell, 1, "stop-loss-limit", "97", "109", by="bob"),
    )
    assert gist(print_at(pit, 99))[2:] == [
        "alice fired by 99.0",
        "traded 1 at 98.0, taker sells",
        "traded 1 at 97.0, taker sells",
        "alice accepted",
        "alice trails at 99.0 by 97.0",
        "bob fired by 97.0",
        "alice accepted",
    ]
    # The first secondary slept beside 98 and trailed when 97 had its turn; the second began beside 97.
    assert asleep(pit) == ["alice buy 1 at 99.0 from 97.0"] * 2


def test_secondaries_of_one_trade_fill_in_turn_and_may_meet() -> None:
    pit = traded()
    pit.send(place(sell, 1, at=100, by="bob", conditional=oto("limit", at="100")))
    told = pit.send(place(buy, 1, at=100, conditional=oto("limit", at="100")))
    # Bob's buys again at 100 what alice's sells at 100.
    assert gist(told)[1:] == [
        "traded 1 at 100.0, taker buys",
        "bob accepted",
        "alice accepted",
        "traded 1 at 100.0, taker sells",
    ]
    assert drawn(pit) == "|"


@pytest.mark.parametrize("kind", ["limit", "stop-loss-limit"])
def test_a_secondary_is_not_held_to_the_minimums(kind: str) -> None:
    pit = traded("100.0 x 1 |")
    pit.send(place(buy, 1, at=99, conditional=oto(kind, "" if kind == "limit" else "90", "120")))
    assert gist(pit.send(place(sell, "0.00005", at=90, by="bob"))) == ["refused: EOrder:Cost minimum not met"]
    pit.send(place(sell, "0.99999999", at=99, by="bob"))
    pit.send(place(sell, "1.5", at=99, by="bob"))
    assert [str(order.terms.qty) for order in pit.orders()] == ["99999999", "1"]


def test_a_secondary_without_funds_gets_an_id_and_ends() -> None:
    pit = traded("100.0 x 1 |")
    pit.send(SetFeeSchedule("spot", ()))
    pit.send_all(OpenAccount(AccountId("poor"), Tier.PRO), deposit("poor", "BTC", 1))
    # What the sale brings does not buy back at 150.
    pit.send(place(sell, 1, at=99, by="poor", conditional=oto("limit", at="150")))
    told = gist(pit.send(place(buy, 1, at=99, by="bob")))
    assert told[-2:] == ["poor accepted", "poor canceled: Insufficient funds"]
    assert pit.hold("poor", "USD") == "0"
    assert pit.orders("poor") == []


def test_a_secondary_whose_trigger_is_met_ends() -> None:
    pit = traded("100.0 x 1 |")
    told = gist(pit.send(place(buy, 1, at=100, conditional=oto("stop-loss", "105"))))
    assert told[-2:] == ["alice accepted", "alice canceled: Order would trigger immediately"]


def test_a_secondary_never_stands_at_nothing() -> None:
    pit = traded("100.0 x 1 | 2.0 x 1")
    pit.send(place(buy, 1, at=100, conditional=oto("trailing-stop-limit", "500q", "-500q")))
    assert asleep(pit) == ["alice sell 1 at 0.1 from 100.0"]
    assert pit.orders()[0].limit_price == 1
    assert pit.orders()[0].status is OrderStatus.NEW


def test_nothing_more_is_entered_by_a_primary_that_ended() -> None:
    pit = traded("100.0 x 1 |")
    pit.send(place(buy, 3, at=100, conditional=oto("stop-loss", "90")))
    assert gist(pit.send(cancel_all())) == ["alice canceled: User requested"] * 2 + ["alice canceled 2"]
    assert asleep(pit) == []
    assert pit.hold("alice", "USD") == pit.hold("alice", "BTC") == "0"


@pytest.mark.parametrize(
    ("halt", "back"),
    [
        (SetSystemStatus(SystemStatus.MAINTENANCE), SetSystemStatus(SystemStatus.ONLINE)),
        (
            SetPairStatus("BTC/USD", PairStatus.POST_ONLY),
            SetPairStatus("BTC/USD", PairStatus.LIMIT_ONLY),
        ),
    ],
)
def test_nothing_starts_or_fires_while_nothing_may_match(
    halt: SetSystemStatus | SetPairStatus, back: SetSystemStatus | SetPairStatus
) -> None:
    pit = traded(SPREAD)
    pit.send(index(100))
    due = (pit.time_ns // SECOND_NS + 5) * SECOND_NS
    pit.send_all(
        place(buy, 1, at=103, effective_ns=due + SECOND_NS),
        place(buy, 1, at=103, by="bob", effective_ns=due),
        dormant(sell, 1, "stop-loss", "99", reference=INDEX),
        dormant(sell, 1, "stop-loss", "98", reference=INDEX),
        halt,
    )
    assert story(pit.send(index(97))) == story(pit.send(Tick(), at_ns=due + DAY_NS)) == []
    pit.send(index("98.5"))
    told = story(pit.send(back))[1:]
    assert [each for each in told if "opened" in each or "fired" in each] == [
        "alice fired by 98.5",
        "bob opened",
        "alice opened",
    ]
    assert drawn(pit) == "105.0 x 5 | 103.0 x 1:alice, 95.0 x 5"
    assert asleep(pit) == ["alice sell 1 at 98.0"]


def test_what_should_have_started_at_one_time_starts_in_order_of_entry() -> None:
    pit = traded(SPREAD)
    due = (pit.time_ns // SECOND_NS + 5) * SECOND_NS
    for by in ("bob", "alice", "carol", "alice"):
        pit.send(place(buy, 1, at=100, by=by, effective_ns=due))
    pit.send(SetSystemStatus(SystemStatus.CANCEL_ONLY))
    assert story(pit.send(Tick(), at_ns=due + SECOND_NS)) == []
    told = story(pit.send(SetSystemStatus(SystemStatus.ONLINE)))
    opened_by = [each.removesuffix(" opened") for each in told if each.endswith("opened")]
    assert opened_by == ["bob", "alice", "carol", "alice"]


def test_a_copy_made_while_nothing_may_match_knows_the_price_that_stood_meanwhile() -> None:
    pit = traded(SPREAD)
    pit.send_all(
        index(100),
        dormant(sell, 1, "trailing-stop", "5q", reference=INDEX),
        SetSystemStatus(SystemStatus.MAINTENANCE),
        index(110),
    )
    copy = Pit(decode(encode(pit.exchange)))
    for each in (pit, copy):
        assert asleep(each) == ["alice sell 1 at 95.0 from 100.0"]
        assert each.exchange.venue.markets["BTC/USD"].triggers.price(INDEX) == 1100
        told = story(each.send(SetSystemStatus(SystemStatus.ONLINE)))
        assert told == ["system online", "alice trails at 105.0 by 110.0"]
