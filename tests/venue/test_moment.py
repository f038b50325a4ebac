"""What a command is given: events in order, ids in order."""

from krakenbox.model.event import Rejected
from krakenbox.model.ids import ORDER, TRADE, IdMint
from krakenbox.model.order import AccountId
from krakenbox.venue.moment import NOBODY, Moment


def test_ids_count_over_all_kinds() -> None:
    mint = IdMint(1)
    now = Moment(mint, seq=9, time_ns=5)
    assert [now.mint(ORDER), now.mint(TRADE)] == [mint.mint(ORDER, 9, 0), mint.mint(TRADE, 9, 1)]


def test_a_refusal_carries_the_time_and_whom_it_concerns() -> None:
    now = Moment(IdMint(1), seq=9, time_ns=5)
    now.reject("EOrder:Unknown order", AccountId("alice"))
    now.time_ns = 6
    now.reject("EGeneral:Invalid arguments:tiers")
    assert now.events == [
        Rejected(5, AccountId("alice"), "EOrder:Unknown order"),
        Rejected(6, NOBODY, "EGeneral:Invalid arguments:tiers"),
    ]
