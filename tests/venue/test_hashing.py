"""The hash that follows what changed is at any moment the hash of a new look at everything."""

from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from builders import ASSETS, BTC_USD, DAY_NS, SECOND_NS, Pit, asset, buy, cancel, opened, place, sell
from changes import amend, arm
from krakenbox.model import event as events
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Command,
    OpenAccount,
    PastTrade,
    SeedHistory,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetPairStatus,
    SetProtection,
    SetSystemStatus,
    Stamped,
    Tick,
    Tier,
    UseNonce,
)
from krakenbox.model.event import Event
from krakenbox.model.fixed import Price, Qty
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import AccountId, OrderType
from krakenbox.venue.exchange import Exchange
from krakenbox.venue.hashing import _ORDER_EVENTS, Digest
from krakenbox.venue.state import state_hash
from sleepers import dormant
from streams import run, steps

SILENT = {
    events.Rejected,
    events.OrderValidated,
    events.OrderEdited,
    events.OrdersCanceled,
    events.BookChanged,
    events.SystemStatusChanged,
    events.LimitsSet,
}
"""Events that name nothing: nothing changed, other events name it, or it is always hashed."""


class Followed(Pit):
    """A pit whose digest is shown every command."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self.digest = Digest(exchange)

    def send(self, command: Command, at_ns: int = 0) -> list[Event]:
        told = super().send(command, at_ns)
        self.digest.observe(Stamped(self.seq, self.time_ns, command), told)
        return told

    def agree(self) -> bool:
        """Whether the digest is that of a new look at everything."""
        return self.digest.value() == state_hash(self.exchange)


def followed(ladder: str = "") -> Followed:
    return Followed(opened(ladder).exchange)


def test_an_empty_exchange_has_a_hash() -> None:
    pit = Followed(Exchange(3))
    assert len(pit.digest.value()) == 32
    assert pit.agree()
    assert pit.digest.value() != state_hash(Exchange(4))


def test_every_event_is_known_to_name_something_or_nothing() -> None:
    naming = set(Digest(Exchange(1))._handlers) | _ORDER_EVENTS  # a new kind of event must be decided on
    assert naming | SILENT == set(get_args(Event))
    assert not naming & SILENT


EUR_USD_PAST = SeedHistory("EUR/USD", (), (PastTrade(1, Price(9), Qty(1), buy, OrderType.LIMIT),))


@pytest.mark.parametrize(
    "command",
    [
        place(buy, 1, at=100),
        place(buy, 1, at=102),
        place(buy, 1, at=102, by="carol", cl_ord_id="x"),
        place(buy, "1.5"),
        SetIndexPrice("BTC/USD", Price(1_000)),
        SetFeeSchedule("spot", ()),
        SetFeeSchedule("other", ()),
        SetLimits(False),
        SetProtection(1),
        SetSystemStatus(SystemStatus.POST_ONLY),
        SetPairStatus("BTC/USD", PairStatus.POST_ONLY),
        UseNonce("key", 2**64 - 1),
        OpenAccount(AccountId("dan"), Tier.PRO),
        OpenAccount(AccountId("bob"), Tier.PRO),
        AddAsset(asset("SOL", 8)),
        AddAsset(replace(ASSETS["BTC"], display_decimals=7)),
        AddInstrument(replace(BTC_USD, qty_min=Qty(1))),
        EUR_USD_PAST,
        dormant(sell, 1, "stop-loss", "90"),
        Tick(),
    ],
    ids=lambda command: type(command).__name__,
)
def test_every_kind_of_command_is_followed(command: Command) -> None:
    pit = followed("103.0 x 1, 102.0 x 2+3:bob | 101.0 x 1:carol+1")
    before = pit.digest.value()
    pit.send(command)
    assert pit.agree()
    assert pit.digest.value() != before


def test_a_switch_that_fires_in_silence_is_followed() -> None:
    pit = followed()
    pit.send(arm(pit, 5))
    pit.digest.value()
    assert pit.send(Tick(), at_ns=pit.time_ns + 60 * SECOND_NS) == []
    assert pit.agree()


def test_a_start_that_passes_in_silence_is_followed() -> None:
    pit = followed()
    due_ns = (pit.time_ns // SECOND_NS + 2) * SECOND_NS
    pit.send_all(place(buy, 1, at=98, effective_ns=due_ns), SetPairStatus("BTC/USD", PairStatus.CANCEL_ONLY))
    pit.digest.value()
    assert pit.send(Tick(), at_ns=due_ns + SECOND_NS) == []
    assert pit.agree()
    pit.send(SetPairStatus("BTC/USD", PairStatus.ONLINE))
    assert pit.agree()


def test_a_volume_that_ages_by_a_refused_order_is_followed() -> None:
    pit = followed("| 100.0 x 9")
    pit.send(place(sell, 5))
    pit.digest.value()
    before = pit.exchange.venue.accounts[AccountId("alice")].volume.total
    pit.send(place(buy, 10**9, at=99), at_ns=pit.time_ns + 40 * DAY_NS)
    assert 0 == pit.exchange.venue.accounts[AccountId("alice")].volume.total < before
    assert pit.agree()


def test_an_order_that_came_and_went_leaves_nothing() -> None:
    pit = followed()
    pit.send(SetLimits(False))
    sums = []
    for at_ns in (0, 0):
        pit.send(place(buy, 1, at=99), at_ns)
        pit.send(cancel(pit.orders()[0].order_id))
        pit.digest.value()
        sums.append(pit.digest._sum)  # without sequence number and time
    assert sums[0] == sums[1]


def test_another_place_in_the_queue_is_another_hash() -> None:
    pit = followed("| 100.0 x 1+1")
    before = pit.digest.value()
    pit.send(amend(pit.orders("mia")[0], qty=2))
    assert pit.agree()
    assert pit.digest.value() != before


def test_a_queue_out_of_order_is_found() -> None:
    pit = opened("| 100.0 x 1+1")
    first, second = pit.orders("mia")
    first.time_ns, second.time_ns = second.time_ns, first.time_ns
    with pytest.raises(AssertionError, match="out of order"):
        Digest(pit.exchange)


def test_a_fold_in_between_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = []
    for after in (0, 2_000):
        monkeypatch.setattr("krakenbox.venue.hashing._FOLD_AFTER", after)
        pit = followed()
        run(pit, steps(5, 60))
        values.append(pit.digest.value())
    assert values[0] == values[1]


def operated(seed: int) -> list[Command]:
    """What only an operator does, now and then."""
    dice = Random(seed)
    return [
        UseNonce(dice.choice("ab"), dice.randrange(2**64)),
        OpenAccount(AccountId(dice.choice(("dan", "bob"))), dice.choice(list(Tier))),
        AddInstrument(replace(BTC_USD, qty_min=Qty(dice.randrange(1, 9)))),
        SetLimits(dice.random() < 0.8),
        EUR_USD_PAST,
        AddAsset(asset(dice.choice(("SOL", "ADA")), 8)),
    ]


@given(st.integers(0, 2**32))
def test_after_any_stream_it_is_the_hash_of_everything(seed: int) -> None:
    pit = followed()
    for part, command in enumerate(operated(seed)):
        run(pit, steps(seed + part, 1 + (seed + part) % 25))
        assert pit.agree()
        pit.send(command)
    assert pit.agree()
