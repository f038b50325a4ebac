"""What one connection of v1 is sent in answer, as framed messages in order."""

from krakenbox.gateway.desk import Origin
from krakenbox.gateway.replies import Replies
from krakenbox.model.reject import Reject
from krakenbox.protocol.literals import quote
from krakenbox.protocol.v1 import codec
from krakenbox.protocol.v1.channels import Topic
from krakenbox.protocol.v1.methods import EVENTS, Refusal
from krakenbox.protocol.v1.private_channels import Fields, object_of

_SUBSCRIPTION = "subscriptionStatus"
_TEXTS: dict[str, str] = {Reject.VOLUME_MINIMUM: "EOrder:Order minimum not met"}
"""Texts of the engine that were recorded as others on v1."""


class V1Replies:
    """Replies of one connection, in the frames of `replies`."""

    __slots__ = ("frames",)

    def __init__(self, frames: Replies) -> None:
        self.frames = frames

    def ack(self, origin: Origin, **members: str) -> None:
        """A success; values are JSON text, empty ones are left out."""
        self.frames.message(codec.reply(EVENTS[origin.method].reply, origin.req_id, **members))

    def refuse(self, origin: Origin, text: str, pair: str = "") -> None:
        """A refusal; with a pair where the venue looked no further than that."""
        pairs = (pair,) if pair else ()
        self.refused(
            Refusal(
                text=_TEXTS.get(text, text),
                event=EVENTS[origin.method].reply,
                reqid=origin.req_id,
                pairs=pairs,
            )
        )

    def refuse_subscription(self, origin: Origin, text: str, echo: str, pair: str = "") -> None:
        """A refusal that repeats the subscription."""
        pairs = (pair,) if pair else ()
        self.refused(Refusal(text=text, event=_SUBSCRIPTION, reqid=origin.req_id, pairs=pairs, echo=echo))

    def refused(self, refusal: Refusal) -> None:
        """What is no request, or none that can be met."""
        for text in codec.refusal(refusal):
            self.frames.message(text)

    def too_many(self, origin: Origin) -> None:
        """More than a connection may ask for: {"errorMessage":"Exceeded msg rate","event":"error"}."""
        self.refused(Refusal(text=Reject.MSG_RATE, reqid=origin.req_id))

    def public_status(self, origin: Origin, status: str, topic: Topic, subscription: Fields) -> None:
        """A public subscription began or ended.

        {"channelID":336,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD",
        "status":"subscribed","subscription":{"depth":10,"name":"book"}}
        """
        self.ack(
            origin,
            channelID=str(topic.channel_id),
            channelName=quote(topic.name),
            pair=quote(topic.pair),
            status=quote(status),
            subscription=object_of(subscription),
        )

    def private_status(self, origin: Origin, status: str, name: str, max_rate_count: int = 0) -> None:
        """A private subscription began or ended.

        {"channelName":"openOrders","event":"subscriptionStatus","status":"subscribed",
        "subscription":{"maxratecount":125,"name":"openOrders"}}
        """
        subscription = {"name": quote(name)}
        if max_rate_count:
            subscription["maxratecount"] = str(max_rate_count)
        self.ack(origin, channelName=quote(name), status=quote(status), subscription=object_of(subscription))
