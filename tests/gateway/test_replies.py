"""Replies are framed, in order, and stamped when they are written."""

from harness import unframed
from krakenbox.clock import ManualClock
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.replies import Replies
from krakenbox.protocol.framing import text_frame

ORIGIN = Origin(Subscriber(1), "cancel_all", 4, 1_000)


def test_replies_leave_once_in_order() -> None:
    clock = ManualClock(1_000_000)
    replies = Replies(clock.now_ns)
    replies.ack(ORIGIN, '{"count":0}')
    clock.advance(2_000)
    replies.framed(text_frame(b"framed"))
    replies.framed(b"")
    replies.refuse(ORIGIN, "no", "A/B")
    assert unframed(replies.take()) == [
        b'{"method":"cancel_all","req_id":4,"result":{"count":0},"success":true,'
        b'"time_in":"1970-01-01T00:00:00.000001Z","time_out":"1970-01-01T00:00:00.001000Z"}',
        b"framed",
        b'{"error":"no","method":"cancel_all","req_id":4,"success":false,"symbol":"A/B",'
        b'"time_in":"1970-01-01T00:00:00.000001Z","time_out":"1970-01-01T00:00:00.001002Z"}',
    ]
    assert replies.take() == b""


def test_a_pair_is_unknown_or_no_pair_at_all() -> None:
    replies = Replies(lambda: 0)
    replies.refuse_pair(ORIGIN, "XBT/USD")
    replies.refuse_pair(ORIGIN, "{XBTUSD}")
    errors = [text.partition(b",")[0] for text in unframed(replies.take())]
    assert errors == [
        b'{"error":"Currency pair not supported XBT/USD"',
        b'{"error":"Currency pair not in ISO 4217-A3 format {XBTUSD}"',
    ]
