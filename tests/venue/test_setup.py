"""What the operator does, and what is refused of it."""

from typing import Any

import pytest
from msgspec.structs import replace

from builders import (
    ASSETS,
    BTC_EUR,
    BTC_USD,
    INSTRUMENTS,
    SPOT,
    Pit,
    asset,
    buy,
    deposit,
    draw,
    drawn,
    instrument,
    opened,
    opening,
    place,
    postings,
    sell,
    story,
)
from krakenbox.model.command import (
    AddAsset,
    AddInstrument,
    Bar,
    Command,
    Deposit,
    FeeTier,
    OpenAccount,
    PastTrade,
    SeedHistory,
    SetFeeSchedule,
    SetIndexPrice,
    SetLimits,
    SetPairStatus,
    SetProtection,
    SetSystemStatus,
    Tier,
    UseNonce,
)
from krakenbox.model.event import BalancePosted, HistorySeeded, InstrumentListed, Traded
from krakenbox.model.fixed import Amount, Price, Qty
from krakenbox.model.instrument import PairStatus, SystemStatus
from krakenbox.model.order import AccountId, OrderType
from krakenbox.venue.state import state_hash

ALICE = AccountId("alice")


def test_an_empty_exchange_is_filled_by_commands_alone() -> None:
    told = story(Pit().send_all(*opening()))
    assert told == [
        *(f"asset {name}" for name in ASSETS),
        *(f"instrument {symbol} online" for symbol in INSTRUMENTS),
        "account alice pro",
        "account bob intermediate",
        "account carol starter",
        "account mia house",
    ]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (AddAsset(asset("BTC", 8)), "decimals"),
        (AddInstrument(instrument("BTC/XYZ", (1, 8, 5))), "asset"),
        (AddInstrument(instrument("ETH/USD", (1, 8, 5), price_increment=Price(0))), "instrument"),
        (AddInstrument(instrument("ETH/USD", (1, 8, 5), qty_increment=Qty(0))), "instrument"),
        (AddInstrument(instrument("ETH/USD", (1, 8, 10))), "instrument"),
        (AddInstrument(replace(BTC_USD, price_decimals=2)), "decimals"),
        (AddInstrument(replace(BTC_USD, qty_decimals=7)), "decimals"),
        (AddInstrument(replace(BTC_USD, cost_decimals=4)), "decimals"),
        (AddInstrument(replace(BTC_USD, quote="EUR")), "decimals"),
        (SetFeeSchedule("spot", (FeeTier(1, 0, 0),)), "tiers"),
        (SetIndexPrice("XBT/USD", Price(1)), "symbol"),
        (SetIndexPrice("BTC/USD", Price(0)), "price"),
        (SeedHistory("XBT/USD", (), ()), "symbol"),
        (SetPairStatus("XBT/USD", PairStatus.ONLINE), "symbol"),
        (OpenAccount(AccountId(""), Tier.PRO), "account"),
        (OpenAccount(AccountId("venue:fees"), Tier.PRO), "account"),
        (deposit("nobody", "USD", 1), "account"),
        (Deposit(ALICE, "XYZ", Amount(1)), "asset"),
        (Deposit(ALICE, "USD", Amount(0)), "amount"),
        (Deposit(ALICE, "USD", Amount(-1)), "amount"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(command: Command, field: str) -> None:
    pit = opened()
    before = _without_stamp(pit)
    assert story(pit.send(command)) == [f"refused: EGeneral:Invalid arguments:{field}"]
    assert _without_stamp(pit) == before


def _without_stamp(pit: Pit) -> bytes:
    venue = pit.exchange.venue
    stamp = venue.seq, venue.time_ns
    venue.seq = venue.time_ns = 0
    found = state_hash(pit.exchange)
    venue.seq, venue.time_ns = stamp
    return found


def test_an_asset_may_change_all_but_its_decimals() -> None:
    changed = replace(ASSETS["BTC"], display_decimals=7)
    pit = opened()
    assert story(pit.send(AddAsset(changed))) == ["asset BTC"]
    assert pit.exchange.instruments.assets["BTC"] is changed


def test_new_limits_hold_for_new_orders_and_leave_resting_ones_alone() -> None:
    pit = opened("| 100.1 x 1")
    changed = replace(BTC_USD, price_increment=Price(10), qty_min=Qty(10**8))
    assert pit.send(AddInstrument(changed)) == [InstrumentListed(pit.time_ns, changed)]
    assert drawn(pit) == "| 100.1 x 1"
    assert story(pit.send(place(sell, "0.5", at=100))) == [
        "refused: EGeneral:Invalid arguments:volume minimum not met"
    ]
    assert story(pit.send(place(sell, 1, at=100)))[2] == "traded 1 at 100.1, taker sells"


def test_a_pair_status_is_listed_with_the_whole_instrument() -> None:
    pit = opened()
    expected = replace(BTC_EUR, status=PairStatus.POST_ONLY)
    assert pit.send(SetPairStatus("BTC/EUR", PairStatus.POST_ONLY)) == [
        InstrumentListed(pit.time_ns, expected)
    ]
    assert pit.exchange.instruments.get("BTC/EUR") == expected


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (SetSystemStatus(SystemStatus.CANCEL_ONLY), ["system cancel_only"]),
        (SetLimits(False), ["limits off"]),
        (SetProtection(1), []),
        (SetProtection(1_000_000), []),
        (SetProtection(0), ["refused: EGeneral:Invalid arguments:protection_ppm"]),
        (SetProtection(1_000_001), ["refused: EGeneral:Invalid arguments:protection_ppm"]),
        (SetFeeSchedule("spot", SPOT), []),
        (SetIndexPrice("BTC/USD", Price(1)), []),
        (OpenAccount(ALICE, Tier.STARTER), ["account alice starter"]),
        (UseNonce("key", 5), ["nonce key 5"]),
    ],
)
def test_what_is_told(command: Command, told: list[str]) -> None:
    assert story(opened().send(command)) == told


def test_a_new_tier_keeps_the_account() -> None:
    pit = opened()
    pit.send(place(buy, 1, at=100))
    pit.send(OpenAccount(ALICE, Tier.STARTER))
    account = pit.exchange.venue.accounts[ALICE]
    assert (account.tier, len(account.orders), pit.balance("alice", "BTC")) == ("starter", 1, "1000")


def test_a_deposit_is_one_ledger_entry() -> None:
    pit = opened()
    told = pit.send(deposit("alice", "BTC", "0.0000000001"))
    assert postings(told) == ["alice BTC 0.0000000001"]
    (entry,) = told
    assert isinstance(entry, BalancePosted)
    assert (entry.kind, entry.balance, entry.fee) == ("deposit", 1000 * 10**10 + 1, 0)
    assert (entry.ledger_id[0], entry.ref_id[0]) == ("L", "A")


def test_a_market_gets_a_past() -> None:
    trades = tuple(PastTrade(n, Price(1000 + n), Qty(5), buy, OrderType.LIMIT) for n in range(3))
    bars = (Bar(0, 1, Price(1), Price(9), Price(1), Price(5), Qty(7), 30, 2),)
    pit = opened()
    told = pit.send(SeedHistory("BTC/USD", bars, trades))
    assert told == [HistorySeeded(pit.time_ns, "BTC/USD", bars, trades, 1)]
    assert pit.exchange.venue.markets["BTC/USD"].last_price == 1002
    draw(pit, "100.0 x 1 |")
    traded = [event for event in pit.send(place(buy, 1, at=100)) if isinstance(event, Traded)]
    assert [event.trade_id for event in traded] == [4]
    # A market that traded has a past of its own.
    assert story(pit.send(SeedHistory("BTC/USD", bars, trades)))[0].startswith("refused")


@pytest.mark.parametrize(("bars", "last"), [((), 0), ((Bar(0, 1, *[Price(5)] * 4, Qty(1), 5, 1),), 5)])
def test_a_past_without_trades_ends_at_its_last_bar(bars: Any, last: int) -> None:
    pit = opened()
    pit.send(SeedHistory("BTC/USD", bars, ()))
    market = pit.exchange.venue.markets["BTC/USD"]
    assert (market.last_price, market.trade_id) == (last, 0)


def test_the_highest_nonce_of_a_key_only_rises() -> None:
    pit = opened()
    assert story(pit.send(UseNonce("key", 5))) == ["nonce key 5"]
    assert story(pit.send(UseNonce("key", 5))) == []
    assert story(pit.send(UseNonce("key", 4))) == []
    assert story(pit.send(UseNonce("other", 0))) == ["nonce other 0"]
    assert story(pit.send(UseNonce("key", 2**63 + 1))) == [f"nonce key {2**63 + 1}"]
    assert pit.exchange.venue.nonces == {"key": 2**63 + 1, "other": 0}
