"""Who hears of which orders and trades in v1: sequences, snapshots, consolidated fills, counters."""

import json
from typing import Any

from harness import Trader, Venue
from krakenbox.feeds.hub import Hub
from v1screens import V1Trader, unsubscribe


def listening(name: str = "ownTrades", venue: Venue | None = None, **subscription: Any) -> V1Trader:
    """Alice, who listens to one channel."""
    alice = V1Trader(venue)
    alice.listen(name, **subscription)
    return alice


def sold(venue: Venue, *prices: int) -> None:
    """Offers of bob, of one unit each."""
    for price in prices:
        Trader(venue, "bob").add(side="sell", limit_price=price)


def trades(alice: V1Trader) -> list[tuple[str, str, int]]:
    """Price, volume and sequence of every trade told."""
    messages = [json.loads(text) for text in alice.frames() if '"ownTrades"' in text]
    return [
        (fields["price"], fields["vol"], message[2]["sequence"])
        for message in messages
        for row in message[0]
        for fields in row.values()
    ]


def test_an_update_of_own_trades() -> None:
    alice = listening()
    sold(alice.venue, 100)
    txid = Trader(alice.venue).add(limit_price=100, order_userref=7)["result"]["order_id"]
    (text,) = alice.frames()
    (row,), channel, sequence = json.loads(text)
    (trade_id,) = row
    assert trade_id.startswith("T")
    assert (channel, sequence) == ("ownTrades", {"sequence": 2})
    assert row[trade_id] == {
        "cost": "100.00000",
        "fee": "0.40000",
        "margin": "0.00000",
        "ordertxid": txid,
        "ordertype": "limit",
        "pair": "XBT/USD",
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "price": "100.00000",
        "time": "1767229200.000000",
        "type": "buy",
        "userref": 7,
        "vol": "1.00000000",
    }


def test_what_an_order_takes_at_once_is_one_trade() -> None:
    alice = listening()
    apart = listening(venue=alice.venue, consolidate_taker=False)
    sold(alice.venue, 100, 101, 103)
    Trader(alice.venue).add(limit_price=103, order_qty=3)
    assert trades(alice) == [("101.33333", "3.00000000", 2)]
    assert trades(apart) == [
        ("100.00000", "1.00000000", 2), ("101.00000", "1.00000000", 3), ("103.00000", "1.00000000", 4)
    ]  # fmt: skip


def test_what_a_maker_gives_is_never_joined() -> None:
    alice = listening()
    for price in (99, 98):
        Trader(alice.venue).add(limit_price=price)
    Trader(alice.venue, "bob").add(side="sell", limit_price=98, order_qty=2)
    assert trades(alice) == [("99.00000", "1.00000000", 2), ("98.00000", "1.00000000", 3)]


def test_a_snapshot_is_newest_first_and_without_the_clients_own_names() -> None:
    venue = Venue()
    sold(venue, 100, 101, 102)
    Trader(venue).add(limit_price=100, cl_ord_id="mine")
    venue.pass_time(1)
    Trader(venue).add(limit_price=102, order_qty=2)
    (joined,) = V1Trader(venue).listen("ownTrades")
    rows, _, sequence = json.loads(joined)
    assert sequence == {"sequence": 1}
    assert [fields["vol"] for row in rows for fields in row.values()] == ["2.00000000", "1.00000000"]
    assert "mine" not in joined
    (apart,) = V1Trader(venue).listen("ownTrades", consolidate_taker=False)
    assert [fields["price"] for row in json.loads(apart)[0] for fields in row.values()] == [
        "102.00000", "101.00000", "100.00000"
    ]  # fmt: skip


def test_without_a_snapshot_the_first_update_has_number_one() -> None:
    alice = V1Trader()
    assert alice.listen("ownTrades", snapshot=False) == []
    sold(alice.venue, 100)
    Trader(alice.venue).add(limit_price=100)
    assert trades(alice) == [("100.00000", "1.00000000", 1)]


def test_a_snapshot_of_orders_is_there_also_when_it_is_empty() -> None:
    alice = V1Trader()
    assert alice.listen("openOrders") == ['[[],"openOrders",{"sequence":1}]']
    bob = V1Trader(alice.venue, "bob")
    bob.add()
    bob.add()
    (text,) = bob.listen("openOrders")
    assert [len(json.loads(text)[0]), json.loads(text)[2]] == [2, {"sequence": 1}]


def test_each_subscription_counts_its_own_messages() -> None:
    first = listening("openOrders")
    Trader(first.venue).add()
    second = listening("openOrders", first.venue)
    first.frames()
    Trader(first.venue).add()
    numbers = [[json.loads(text)[2]["sequence"] for text in each.frames()] for each in (first, second)]
    assert numbers == [[4, 5], [2, 3]]


def test_the_trading_counter_is_told_to_whoever_asks() -> None:
    alice = listening("openOrders", ratecounter="true")
    plain = listening("openOrders", alice.venue)
    Trader(alice.venue).add()
    Trader(alice.venue).add()
    assert [row["ratecount"] for row in alice.rows()] == [1, 1, 2, 2]
    assert all("ratecount" not in row for row in plain.rows())


def test_others_hear_nothing_and_who_left_neither() -> None:
    alice = listening("openOrders")
    bob = V1Trader(alice.venue, "bob")
    bob.listen("openOrders")
    Trader(alice.venue).add()
    assert bob.frames() == []
    alice.client.send(unsubscribe("openOrders", token=alice.token)).frames()
    Trader(alice.venue).add()
    assert alice.frames() == []
    alice.listen("openOrders")
    alice.client.hang_up()
    Trader(alice.venue).add()


def test_orders_and_their_fees_outlive_a_restart() -> None:
    venue = Venue()
    sold(venue, 100)
    Trader(venue).add(limit_price=100, order_qty=3)
    other = Hub()
    other.restore(venue.hub.capture())
    texts = [hub.own.subscribe_open_orders(99, "alice", True) for hub in (venue.hub, other)]  # type: ignore[arg-type]
    assert texts[0] == texts[1]
    assert '"fee":"0.40000"' in texts[0]
    texts = [hub.own.subscribe_own_trades(99, "alice", True, True) for hub in (venue.hub, other)]  # type: ignore[arg-type]
    assert texts[0] == texts[1]
