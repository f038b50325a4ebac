"""Random requests: every method comes, each decodes, and the venue takes most of the orders."""

from collections import Counter

from msgspec.structs import replace

from harness import Trader, Venue
from krakenbox.protocol.v2.codec import decode_request
from krakenbox.protocol.v2.methods import METHODS
from krakenbox.sim.dice import Dice
from krakenbox.sim.faults import Feature, drawn
from krakenbox.sim.replicas import OwnOrders
from krakenbox.sim.requests import Requests, encoded
from krakenbox.sim.stage import Prices

ALL = replace(drawn(1, 10), features=frozenset(Feature), symbols=3)
NOW_NS = 1_767_225_600 * 1_000_000_000


def open_order(order_id: str, order_type: str = "limit") -> dict[str, str]:
    told = {"exec_type": "pending_new", "order_id": order_id, "order_type": order_type, "side": "buy"}
    return told | {"symbol": "BTC/USD", "limit_price": "50000.0", "cl_ord_id": "mine"}


def requests(seed: int) -> Requests:
    orders = OwnOrders()
    orders.receive(
        "update", [open_order("OAAAAA-AAAAA-AAAAAB"), open_order("OAAAAA-AAAAA-AAAAAC", "iceberg")]
    )
    return Requests(ALL, Prices(ALL), orders, Dice(seed))


def test_every_method_comes_and_decodes() -> None:
    drawn_requests = requests(1)
    methods: Counter[str] = Counter()
    for number in range(2_000):
        method, params = drawn_requests.next(NOW_NS)
        request = decode_request(encoded(method, number, params | {"token": "t"}))
        assert (request.method, request.req_id) == (method, number)
        methods[method] += 1
    assert methods.keys() == METHODS.keys() - {"ping", "subscribe", "unsubscribe"}


def test_without_features_there_are_limit_orders_and_cancels_alone() -> None:
    plan = replace(ALL, features=frozenset())
    plain = Requests(plan, Prices(plan), OwnOrders(), Dice(1))
    drawn_requests = [plain.next(NOW_NS) for _ in range(500)]
    assert {method for method, _ in drawn_requests} == {"add_order", "cancel_order", "cancel_all"}
    assert {params.get("order_type", "limit") for _, params in drawn_requests} == {"limit"}


def test_most_orders_are_sound() -> None:
    venue = Venue()
    trader = Trader(venue)
    drawn_requests = requests(2)
    answers: Counter[bool] = Counter()
    for number in range(300):
        method, params = drawn_requests.next(venue.clock.now_ns())
        if method == "add_order" and params["symbol"] == "EUR/USD":
            text = encoded(method, number, params | {"token": trader.token})
            [reply] = [m for m in trader.client.send(text).messages() if "method" in m]
            answers[reply["success"]] += 1
    assert answers[True] > answers[False]
