"""`editOrder` and `amendOrder` of v1."""

import pytest

from gateway.test_v1entries import STOP, traded_at
from harness import Trader
from krakenbox.model.fixed import to_text
from v1screens import V1Trader

SLEEPS = STOP | {"price": "90", "price2": "89"}


def entered(**changes: str) -> tuple[V1Trader, str]:
    """Alice with one order, after a trade at 100."""
    alice = V1Trader(traded_at(100))
    reply = alice.add(**changes)
    assert reply["status"] == "ok", reply
    return alice, str(reply["txid"])


def state(alice: V1Trader) -> tuple[str, str, str]:
    """Quantity, limit price and trigger of the one open order."""
    (order,) = alice.venue.orders("alice")
    return to_text(order.qty, 8).rstrip("0"), to_text(order.limit_price, 1), to_text(order.trigger_price, 1)


# --- editOrder


def test_an_edit_tells_both_ids_and_the_price_as_it_was_typed() -> None:
    alice, txid = entered()
    reply = alice.reply("editOrder", orderid=txid, pair="XBT/USD", price="6", volume="2", reqid=3)
    (order,) = alice.venue.orders("alice")
    assert reply == {
        "descr": "buy 2.00000000 BTCUSD @ limit 6",
        "event": "editOrderStatus",
        "originaltxid": txid,
        "reqid": 3,
        "status": "ok",
        "txid": order.order_id,
    }
    assert state(alice) == ("2.", "6.0", "0.0")


def test_an_edit_finds_its_order_by_userref_and_gives_it_another() -> None:
    alice, _ = entered(userref="7")
    assert alice.reply("editOrder", orderid=7, pair="XBT/USD", newuserref="666", oflags="")["status"] == "ok"
    assert alice.venue.orders("alice")[0].terms.userref == 666
    assert alice.reply("editOrder", orderid="7", pair="XBT/USD")["errorMessage"] == "EOrder:Unknown order"


def test_a_userref_of_several_orders_names_none() -> None:
    alice, _ = entered(userref="7")
    alice.add(userref="7")
    assert (
        alice.reply("editOrder", orderid="7", pair="XBT/USD", price="6")["errorMessage"]
        == "EOrder:Invalid order"
    )


def test_an_edit_may_only_be_validated() -> None:
    alice, txid = entered()
    reply = alice.reply("editOrder", orderid=txid, pair="XBT/USD", price="6.00", validate=True)
    assert reply == {
        "descr": "buy 1.00000000 BTCUSD @ limit 6.00",
        "event": "editOrderStatus",
        "originaltxid": txid,
        "status": "ok",
    }
    assert state(alice) == ("1.", "5.0", "0.0")


def test_prices_of_an_edit_are_what_they_are_of_its_order() -> None:
    alice, txid = entered(**SLEEPS)
    assert alice.reply("editOrder", orderid=txid, pair="XBT/USD", price="-8", price2="-9%")["status"] == "ok"
    assert state(alice) == ("1.", "91.0", "92.0")


def test_an_edit_may_post_only() -> None:
    alice, txid = entered()
    alice.reply("editOrder", orderid=txid, pair="XBT/USD", oflags="post")
    assert alice.venue.orders("alice")[0].terms.post_only


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"pair": "XBT/ABC"}, "Currency pair not supported XBT/ABC"),
        ({"orderid": ""}, "EGeneral:Invalid arguments:orderid"),
        ({"orderid": "OABCDE-ABCDE-ABCDEF"}, "EOrder:Unknown order"),
        ({"orderid": "x" * 40}, "EOrder:Unknown order"),
        ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "many"}, "EGeneral:Invalid arguments:volume"),
        ({"price": "x"}, "EGeneral:Invalid arguments:price"),
        ({"price": "6", "price2": "7"}, "EGeneral:Invalid arguments:price2"),
        ({"price": "6.66"}, "EOrder:Tick size check failed"),
        ({"oflags": "x"}, "EGeneral:Invalid arguments:oflags"),
        ({"newuserref": "x"}, "EGeneral:Invalid arguments:newuserref"),
        ({"volume": "0.00001"}, "EOrder:Order minimum not met"),
        ({"cl_ord_id": "x"}, "Unsupported field: 'cl_ord_id' for the given msg type: edit order"),
    ],
)
def test_refusals_of_an_edit(given: dict[str, str], text: str) -> None:
    alice, txid = entered()
    reply = alice.reply("editOrder", **({"orderid": txid, "pair": "XBT/USD"} | given))
    assert (reply["errorMessage"], reply["event"]) == (text, "editOrderStatus")
    assert state(alice) == ("1.", "5.0", "0.0")


# --- amendOrder


def test_an_amend_repeats_the_name_it_was_given() -> None:
    alice, txid = entered(cl_ord_id="mine")
    first = alice.reply("amendOrder", txid=txid, volume="2", reqid=9)
    assert first["amend_id"].startswith("T")
    assert first == {
        "amend_id": first["amend_id"], "event": "amendOrderStatus", "reqid": 9, "status": "ok", "txid": txid
    }  # fmt: skip
    second = alice.reply("amendOrder", cl_ord_id="mine", limit_price="6", pair="XBT/USD")
    assert (second["cl_ord_id"], "txid" in second) == ("mine", False)
    assert state(alice) == ("2.", "6.0", "0.0")


@pytest.mark.parametrize(
    ("entry", "amend", "limit", "trigger"),
    [
        ({}, {"limit_price": "-10"}, "90.0", "0.0"),
        ({}, {"limit_price": "-12.5%"}, "87.5", "0.0"),
        (
            STOP | {"price": "90", "price2": "89"},
            {"trigger_price": "91", "limit_price": "-10"},
            "90.0",
            "91.0",
        ),
        (STOP | {"price": "90", "price2": "89"}, {"trigger_price": "-8%"}, "89.0", "92.0"),
        (
            STOP | {"ordertype": "trailing-stop-limit", "price": "+5", "price2": "-1"},
            {"limit_price": "-2", "trigger_price": "+6"},
            "92.0",
            "94.0",
        ),
    ],
)
def test_prices_of_an_amend(entry: dict[str, str], amend: dict[str, str], limit: str, trigger: str) -> None:
    alice, txid = entered(**entry)
    reply = alice.reply("amendOrder", txid=txid, **amend)
    assert reply["status"] == "ok", reply
    assert state(alice) == ("1.", limit, trigger)


def test_an_iceberg_of_v2_shows_another_part() -> None:
    alice = V1Trader()
    order_id = Trader(alice.venue).order_id(order_type="iceberg", order_qty=10, display_qty=2)
    assert alice.reply("amendOrder", txid=order_id, display_volume="3")["status"] == "ok"
    assert to_text(alice.venue.orders("alice")[0].display_qty, 8) == "3.00000000"


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"txid": None, "volume": "1"}, "EGeneral:Invalid arguments:txid"),
        ({}, "EGeneral:Invalid arguments"),
        ({"cl_ord_id": "mine", "volume": "1"}, "EGeneral:Invalid arguments:cl_ord_id"),
        ({"pair": "XBT/ABC", "volume": "1"}, "Currency pair not supported XBT/ABC"),
        ({"pair": "ETH/XBT", "volume": "2"}, "EGeneral:Invalid arguments:pair"),
        ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
        ({"volume": "1e-9"}, "EGeneral:Invalid arguments:volume"),
        ({"display_volume": "0"}, "EGeneral:Invalid arguments:display_volume"),
        ({"limit_price": "x"}, "EGeneral:Invalid arguments:limit_price"),
        ({"limit_price": "6.66"}, "EOrder:Tick size check failed"),
        ({"volume": "2", "post_only": "x"}, "EGeneral:Invalid arguments:post_only"),
        ({"volume": "2", "deadline": "soon"}, "EGeneral:Invalid arguments:deadline"),
        ({"volume": "2", "deadline": "2026-01-01T00:00:00Z"}, "EService:Deadline elapsed"),
        ({"txid": "OABCDE-ABCDE-ABCDEF", "volume": "2"}, "EOrder:Unknown order"),
        ({"userref": "1"}, "Unsupported field: 'userref' for the given msg type: amend order"),
    ],
)
def test_refusals_of_an_amend(given: dict[str, str | None], text: str) -> None:
    alice, txid = entered()
    fields = {name: value for name, value in ({"txid": txid} | given).items() if value is not None}
    reply = alice.reply("amendOrder", **fields)
    assert (reply["errorMessage"], reply["event"]) == (text, "amendOrderStatus")
    assert state(alice) == ("1.", "5.0", "0.0")
