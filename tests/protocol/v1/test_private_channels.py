"""Text of v1's private channels."""

from krakenbox.protocol.v1.private_channels import NULL, message, object_of, quoted, row


def test_a_row_has_one_key_and_its_fields_in_alphabetical_order() -> None:
    # Recorded 2022-12.
    fields = {"userref": "0", "status": quoted("open")}
    assert message("openOrders", [row("OCI7RW-HMJJ2-WMMJBE", fields)], 3) == (
        '[[{"OCI7RW-HMJJ2-WMMJBE":{"status":"open","userref":0}}],"openOrders",{"sequence":3}]'
    )


def test_an_empty_snapshot_is_an_empty_list() -> None:
    assert message("openOrders", [], 1) == '[[],"openOrders",{"sequence":1}]'


def test_objects_may_hold_null() -> None:
    assert object_of({"leverage": NULL, "close": NULL}) == '{"close":null,"leverage":null}'
