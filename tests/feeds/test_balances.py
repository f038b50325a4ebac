"""Own balances: recorded rows, both legs of a trade, snapshots of what is held."""

from builders import START_NS, buy, deposit, place, sell
from krakenbox.feeds.balances import Balances
from krakenbox.feeds.hub import Subscriber
from krakenbox.model.event import BalancePosted, LedgerKind
from krakenbox.model.fixed import Amount
from krakenbox.model.instrument import Asset
from krakenbox.model.order import AccountId
from screens import Floor, read, texts, venue
from wire.corpus import frame

ALICE = AccountId("alice")


def watched(account: str = "alice", snapshot: bool = True) -> tuple[Floor, list[str]]:
    floor = venue()
    framed = floor.hub.subscribe_balances(Subscriber(1), AccountId(account), snapshot)
    floor.hub.take_private()
    return floor, texts(framed)


def test_the_recorded_update_byte_for_byte() -> None:
    usd = Asset(asset="USD", rest_id="ZUSD", altname="USD", decimals=4, display_decimals=2)
    balances = Balances({"USD": usd})
    balances.subscribe(Subscriber(1), ALICE, snapshot=True)
    event = BalancePosted(
        1_716_559_313_526_524_000,
        ALICE,
        "USD",
        "DATKX6-PEHL1-HZKND8",
        "LKAKN2-N0N12-VKQNLN",
        LedgerKind.TRADE,
        Amount(-199743),
        Amount(499),
        Amount(1180677),
    )
    for _ in range(3):
        [(who, text)] = balances.apply(event)
    assert (who, text.encode()) == (1, frame("balances_update"))


def test_a_snapshot_is_alphabetical_with_one_spot_wallet() -> None:
    _, [text] = watched()
    assert text.startswith(
        '{"channel":"balances","type":"snapshot","data":[{"asset":"BTC","asset_class":"currency",'
        '"balance":1000.0000000000,"wallets":[{"type":"spot","id":"main","balance":1000.0000000000}]},'
        '{"asset":"DOGE",'
    )
    assert [row["asset"] for row in read(text)["data"]] == ["BTC", "DOGE", "ETH", "EUR", "USD"]
    assert read(text)["sequence"] == 1


def test_an_account_without_anything_has_an_empty_snapshot() -> None:
    floor = Floor()
    framed = floor.hub.subscribe_balances(Subscriber(1), ALICE)
    assert texts(framed) == ['{"channel":"balances","type":"snapshot","data":[],"sequence":1}']


def test_what_is_gone_is_not_held() -> None:
    usd = Asset(asset="USD", rest_id="ZUSD", altname="USD", decimals=4, display_decimals=2)
    balances = Balances({"USD": usd})
    nothing = BalancePosted(
        START_NS, ALICE, "USD", "L", "T", LedgerKind.TRADE, Amount(-5), Amount(0), Amount(0)
    )
    assert balances.apply(nothing) == []
    assert read(balances.subscribe(Subscriber(1), ALICE, snapshot=True))["data"] == []


def test_a_trade_is_two_messages_the_base_leg_first() -> None:
    floor, _ = watched()
    floor.send(place(sell, 1, at=100, by="bob"), place(buy, 1, at=100))
    first, second = (read(text) for text in floor.told(1))
    assert (first["sequence"], second["sequence"]) == (2, 3)
    [base], [quote] = first["data"], second["data"]
    assert (base["asset"], base["amount"], base["fee"], base["balance"]) == (
        "BTC",
        "1.0000000000",
        "0.0000000000",
        "1001.0000000000",
    )
    assert (quote["asset"], quote["amount"], quote["fee"]) == ("USD", "-100.0000", "0.4000")
    assert quote["balance"] == "9999899.6000"
    assert base["ref_id"] == quote["ref_id"]


def test_without_a_snapshot_the_first_update_is_number_one() -> None:
    floor, snapshot = watched(snapshot=False)
    assert snapshot == []
    floor.send(deposit("alice", "EUR", 5))
    [text] = floor.told(1)
    assert read(text)["sequence"] == 1
    assert read(text)["data"][0]["type"] == read(text)["data"][0]["category"] == "deposit"


def test_an_order_that_rests_posts_nothing_and_others_hear_nothing() -> None:
    floor, _ = watched()
    floor.send(place(buy, 1, at=100), deposit("bob", "EUR", 5))
    assert floor.told(1) == []


def test_after_the_end_nothing_is_told() -> None:
    floor, _ = watched()
    assert floor.hub.has_balances(Subscriber(1))
    floor.hub.unsubscribe_balances(Subscriber(1))
    floor.send(deposit("alice", "EUR", 5))
    assert floor.told(1) == []
    assert not floor.hub.has_balances(Subscriber(1))
