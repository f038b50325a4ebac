"""What is kept: clients' orders and money, everybody's trades, listings."""

from builders import buy, deposit, place
from history.pasts import Past
from krakenbox.history.sieve import Sieve
from krakenbox.model.command import OpenAccount, SetLimits, Tick, Tier
from krakenbox.model.event import Outcome
from krakenbox.model.order import AccountId


def kept(past: Past, sieve: Sieve) -> list[str]:
    """Place and name of each event that is kept of the last command."""
    return [f"{place} {type(event).__name__}" for place, event in sieve.keep(past.outcomes[-1])]


def test_both_sides_of_a_clients_trade() -> None:
    past = Past("100.0 x 3:bob |")
    past.send(place(buy, 1, at=100))
    assert kept(past, Sieve([])) == [
        "1 OrderAccepted",
        "2 OrderOpened",
        "3 Traded",
        "5 OrderFilled",
        "6 OrderFilled",
        "7 BalancePosted",
        "8 BalancePosted",
        "9 BalancePosted",
        "10 BalancePosted",
        "11 OrderClosed",
    ]


def test_of_the_house_its_trades_alone() -> None:
    past = Past("100.0 x 3 |")
    past.send(place(buy, 1, at=100, by="mia", stp="cancel_both"))
    assert kept(past, Sieve(["mia"])) == []
    past = Past("100.0 x 3:bob |")
    past.send(place(buy, 1, at=100, by="mia"))
    assert [each.split()[1] for each in kept(past, Sieve(["mia", "bob"]))] == ["Traded"]


def test_a_house_account_is_known_by_its_tier() -> None:
    past, sieve = Past(), Sieve([])
    past.send(OpenAccount(AccountId("zoe"), Tier.HOUSE))
    assert kept(past, sieve) == ["0 AccountOpened"]
    past.send(deposit("zoe", "USD", 1))
    assert kept(past, sieve) == []
    past.send(deposit("alice", "USD", 1))
    assert kept(past, sieve) == ["0 BalancePosted"]


def test_what_only_time_and_the_operator_do_makes_no_row() -> None:
    past, sieve = Past(), Sieve([])
    for command in (Tick(), SetLimits(False)):
        past.send(command)
        assert kept(past, sieve) == []
    assert sieve.keep(Outcome(1, 1, [])) == []
