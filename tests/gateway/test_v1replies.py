"""Replies of v1, against recorded and documented ones."""

from builders import START_NS
from krakenbox.feeds.hub import Subscriber
from krakenbox.gateway.desk import Origin
from krakenbox.gateway.replies import Replies
from krakenbox.gateway.v1replies import V1Replies
from krakenbox.protocol.v1.channels import Topic
from screens import texts


def told(event: str, reqid: int | None = None) -> tuple[V1Replies, Origin]:
    return V1Replies(Replies(lambda: 0)), Origin(Subscriber(1), event, reqid, START_NS)


def test_a_public_subscription() -> None:
    replies, origin = told("subscribe")
    fields = {"depth": "10", "name": '"book"'}
    replies.public_status(origin, "subscribed", Topic(336, "book-10", "XBT/USD"), fields)
    # Recorded 2023-08.
    assert texts(replies.frames.take()) == [
        '{"channelID":336,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD",'
        '"status":"subscribed","subscription":{"depth":10,"name":"book"}}'
    ]


def test_a_private_subscription() -> None:
    replies, origin = told("subscribe", 0)
    replies.private_status(origin, "subscribed", "openOrders", 125)
    replies.private_status(origin, "unsubscribed", "ownTrades")
    # The first recorded 2023-11.
    assert texts(replies.frames.take()) == [
        '{"channelName":"openOrders","event":"subscriptionStatus","reqid":0,"status":"subscribed",'
        '"subscription":{"maxratecount":125,"name":"openOrders"}}',
        '{"channelName":"ownTrades","event":"subscriptionStatus","reqid":0,"status":"unsubscribed",'
        '"subscription":{"name":"ownTrades"}}',
    ]


def test_refusals() -> None:
    replies, origin = told("subscribe", 1574146735269)
    text = "Currency pair not in ISO 4217-A3 format foobar"
    replies.refuse_subscription(origin, text, '{"name":"ticker"}', "foobar")
    # Recorded 2019-11.
    assert texts(replies.frames.take()) == [
        '{"errorMessage":"Currency pair not in ISO 4217-A3 format foobar","event":"subscriptionStatus",'
        '"pair":"foobar","reqid":1574146735269,"status":"error","subscription":{"name":"ticker"}}'
    ]
    replies.too_many(origin)
    assert texts(replies.frames.take()) == [
        '{"errorMessage":"Exceeded msg rate","event":"error","reqid":1574146735269}'
    ]


def test_texts_that_were_recorded_as_others_on_v1() -> None:
    replies, origin = told("addOrder")
    replies.refuse(origin, "EGeneral:Invalid arguments:volume minimum not met")
    assert texts(replies.frames.take()) == [
        '{"errorMessage":"EOrder:Order minimum not met","event":"addOrderStatus","status":"error"}'
    ]
