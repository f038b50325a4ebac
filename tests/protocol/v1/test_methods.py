"""The events of v1 and their fields."""

from krakenbox.protocol.v1.methods import EVENTS, PRIVATE, PUBLIC


def test_every_event_may_carry_an_id_of_the_request() -> None:
    assert all({"event", "reqid"} <= entry.fields.keys() for entry in EVENTS.values())


def test_everything_that_trades_carries_a_token_and_is_answered_by_its_status() -> None:
    trading = EVENTS.keys() - {"ping", "subscribe", "unsubscribe"}
    assert all("token" in EVENTS[event].fields for event in trading)
    assert {event: EVENTS[event].reply for event in trading} == {event: f"{event}Status" for event in trading}


def test_v1_has_no_channel_and_no_field_that_only_v2_got() -> None:
    assert {*PUBLIC, *PRIVATE} == {
        "ticker", "ohlc", "trade", "spread", "book", "ownTrades", "openOrders"
    }  # fmt: skip
    assert (
        EVENTS["addOrder"]
        .fields.keys()
        .isdisjoint({"displayvol", "trigger", "display_qty", "fee_preference"})
    )
