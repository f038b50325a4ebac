"""30-day volumes: the days that count, and that they are the venue's."""

import pytest

from builders import DAY_NS, Pit, buy, opening, place, sell
from krakenbox.feeds.hub import Hub
from krakenbox.feeds.volumes import Volumes
from krakenbox.model.event import Outcome
from krakenbox.model.order import AccountId
from streams import run, steps

ALICE = AccountId("alice")
DAY = 20_000 * DAY_NS


def test_thirty_days_count() -> None:
    volumes = Volumes()
    assert volumes.of(ALICE, DAY) == 0
    volumes.add(ALICE, DAY, 100)
    volumes.add(ALICE, DAY + 5, 20)
    volumes.add(ALICE, DAY + 29 * DAY_NS, 3)
    assert volumes.of(ALICE, DAY + 30 * DAY_NS - 1) == 123
    assert volumes.of(ALICE, DAY + 30 * DAY_NS) == 3
    assert volumes.of(AccountId("bob"), DAY) == 0


def test_days_that_no_longer_count_are_forgotten() -> None:
    volumes = Volumes()
    for day in range(100):
        volumes.add(ALICE, DAY + day * DAY_NS, 1)
    assert len(volumes.capture()[ALICE]) == 30
    assert volumes.of(ALICE, DAY + 99 * DAY_NS) == 30


def test_a_restored_view_counts_on() -> None:
    volumes, again = Volumes(), Volumes()
    volumes.add(ALICE, DAY, 100)
    again.restore(volumes.capture())
    assert again.of(ALICE, DAY) == 100


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_venues_own_volume(seed: int) -> None:
    hub = Hub()

    class Watched(Pit):
        def send(self, command, at_ns=0):  # type: ignore[no-untyped-def]
            events = super().send(command, at_ns)
            hub.apply(Outcome(self.seq, self.time_ns, events))
            return events

    pit = Watched()
    pit.send_all(*opening())
    # Volumes in EUR or BTC count at their last price.
    pit.send_all(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100))
    pit.send_all(place(sell, 1, at=1, by="bob", symbol="EUR/USD"), place(buy, 1, at=1, symbol="EUR/USD"))
    run(pit, steps(seed, 150))
    accounts = pit.exchange.venue.accounts
    day = pit.time_ns // DAY_NS
    for name in ("alice", "bob", "carol"):
        assert hub.volume(AccountId(name), pit.time_ns) == accounts[AccountId(name)].volume.at(day)
    assert hub.volume(ALICE, pit.time_ns) > 0
    assert hub.volume(AccountId("mia"), pit.time_ns) == 0, "of the house nothing is counted"
