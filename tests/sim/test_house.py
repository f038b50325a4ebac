"""The operator's part of a world: agents who rest, take and cancel, index prices, modes and the way back."""

from collections import Counter

from msgspec.structs import replace

from builders import Pit
from krakenbox.model.command import (
    CancelOrder,
    Deposit,
    PlaceOrder,
    SetIndexPrice,
    SetPairStatus,
    SetSystemStatus,
)
from krakenbox.model.event import Traded
from krakenbox.sim.faults import Feature, drawn
from krakenbox.sim.house import House
from krakenbox.sim.stage import HOUSE, Prices, opening
from krakenbox.venue.exchange import Exchange

ALL = replace(drawn(1, 10), features=frozenset(Feature), symbols=3, clients=2)


def test_the_house_does_everything_and_keeps_its_book_small() -> None:
    pit = Pit(Exchange(1))
    pit.send_all(*opening(ALL))
    house = House(ALL, Prices(ALL))
    kinds: Counter[type] = Counter()
    traded = 0
    for _ in range(1_500):
        for command in house.commands(pit.exchange.venue):
            kinds[type(command)] += 1
            traded += sum(isinstance(event, Traded) for event in pit.send(command))
    assert set(kinds) == {PlaceOrder, CancelOrder, SetIndexPrice, SetPairStatus, SetSystemStatus, Deposit}
    assert traded > 20
    assert len(pit.orders(HOUSE)) <= 42


def test_without_features_only_deposits_come() -> None:
    pit = Pit(Exchange(1))
    plain = replace(ALL, features=frozenset())
    pit.send_all(*opening(plain))
    house = House(plain, Prices(plain))
    found = [command for _ in range(500) for command in house.commands(pit.exchange.venue)]
    assert {type(command) for command in found} == {Deposit}
