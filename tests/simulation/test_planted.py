"""Simulated worlds find planted bugs within a few seeds, each by name."""

import re

import pytest
from msgspec.structs import replace

from krakenbox.model.order import Order, OrderId
from krakenbox.sequencer import Sequencer
from krakenbox.sim.swarm import Failure, run
from krakenbox.venue import state
from krakenbox.venue.accounts import Account
from krakenbox.venue.market import Market

SEEDS = 25
STEPS = 160


def first_failure() -> Failure:
    """The first world that breaks."""
    for seed in range(SEEDS):
        found = run(seed, STEPS)
        if isinstance(found, Failure):
            return found
    raise AssertionError(f"{SEEDS} worlds overlooked it")


def test_nothing_is_found_where_nothing_is_planted() -> None:
    assert [seed for seed in range(6) if isinstance(run(seed, STEPS), Failure)] == []


def test_a_hold_that_is_not_released_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def delist(self: Account, order: Order) -> None:
        order.hold = type(order.hold)(0)
        sound(self, order)

    sound = Account.delist
    monkeypatch.setattr(Account, "delist", delist)
    assert re.search(r"holds of \w+ differ", first_failure().why)


def test_a_place_in_the_queue_that_a_restore_loses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def restore(market: Market, image: state._Market, orders: dict[OrderId, Order]) -> None:
        sound(market, replace(image, bids=sorted(image.bids), asks=sorted(image.asks)), orders)

    sound = state._restore_market
    monkeypatch.setattr(state, "_restore_market", restore)
    assert re.search(r"snapshot \d+: expected the state", first_failure().why)


def test_an_answer_before_the_journal_is_durable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(self: Sequencer) -> None:
        sound(self)
        self.durable_seq = self.seq

    sound = Sequencer._sync
    monkeypatch.setattr(Sequencer, "_sync", sync)
    assert re.search(r"command \d+ was published, but the log ended at \d+", first_failure().why)


def test_an_answer_before_the_journal_is_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def drain(self: Sequencer) -> None:
        if self.pending():
            batch, origins = self._stamp()
            self.publish(self._step(batch, origins))
            self._append(batch)
            self._sync()

    monkeypatch.setattr(Sequencer, "drain", drain)
    assert re.search(r"published, but the log ended|expected the state|ENOSPC", first_failure().why)
