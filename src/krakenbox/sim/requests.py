"""Random requests as a client sends them: every trading method, every type of order, most of them sound."""

from collections.abc import Callable
from typing import Any

from msgspec import Raw, json

from krakenbox.model.fixed import to_text
from krakenbox.protocol.timestamp import NS_PER_SECOND, seconds
from krakenbox.sim.dice import Dice
from krakenbox.sim.faults import Feature, Plan
from krakenbox.sim.replicas import OwnOrder, OwnOrders
from krakenbox.sim.stage import Place, Prices

Params = dict[str, Any]

_STEPS = 4
"""Orders enter this many steps around the middle: queues build up."""
_NOBODYS = "OAAAAA-AAAAA-AAAAAA"
_LIMITS = ("limit",) * 4
_STOPS = ("stop-loss", "stop-loss-limit", "take-profit", "take-profit-limit")
_TRAILS = ("trailing-stop", "trailing-stop-limit")


class Requests:
    """Draws the requests of one client, who knows its own orders and roughly what things cost."""

    def __init__(self, plan: Plan, prices: Prices, orders: OwnOrders, dice: Dice) -> None:
        self._plan = plan
        self._prices = prices
        self._orders = orders
        self._dice = dice
        self._now_ns = 0
        self._methods: dict[str, tuple[int, Callable[[], Params]]] = {
            "add_order": (50, self._add),
            "cancel_order": (16, self._cancel),
            "cancel_all": (1, dict),
        }
        for feature, further in (
            (Feature.AMENDS, {"amend_order": (18, self._amend)}),
            (Feature.EDITS, {"edit_order": (6, self._edit)}),
            (Feature.BATCHES, {"batch_add": (6, self._batch), "batch_cancel": (3, self._batch_cancel)}),
            (Feature.SWITCH, {"cancel_all_orders_after": (3, self._switch)}),
        ):
            if plan.has(feature):
                self._methods |= further

    def next(self, now_ns: int) -> tuple[str, Params]:
        """A method and its parameters, the token left out."""
        self._now_ns = now_ns
        draw = self._dice.below(sum(weight for weight, _ in self._methods.values()))
        for method, (weight, params) in self._methods.items():
            draw -= weight
            if draw < 0:
                return method, params()
        raise AssertionError("a draw lies below the sum of the weights")

    # --- new orders

    def _add(self) -> Params:
        place = self._place()
        return self._order(place) | {"symbol": place.instrument.symbol}

    def _batch(self) -> Params:
        place = self._place()
        orders = [self._order(place) for _ in range(2 + self._dice.below(4))]
        return {"symbol": place.instrument.symbol, "orders": orders}

    def _order(self, place: Place) -> Params:
        plan, dice = self._plan, self._dice
        kinds = list(_LIMITS)
        for feature, types in (
            (Feature.ICEBERGS, ("iceberg",)),
            (Feature.MARKET_ORDERS, ("market",)),
            (Feature.TRIGGERS, (*_STOPS, *_TRAILS)),
        ):
            if plan.has(feature):
                kinds += types
        kind, side = dice.choice(kinds), dice.choice(("buy", "sell"))
        qty = self._qty(place)
        fields: Params = {"order_type": kind, "side": side, "order_qty": self._amount(place, qty)}
        if kind == "iceberg":
            fields["display_qty"] = self._amount(place, max(qty // (1 + dice.below(9)), 1))
        if kind in ("limit", "iceberg", "stop-loss-limit", "take-profit-limit"):
            fields["limit_price"] = self._price(place, self._away(side))
        if kind in (*_STOPS, *_TRAILS):
            fields |= self._triggers(place, kind)
        if kind == "market" and side == "buy" and dice.chance(30):
            del fields["order_qty"]
            fields["cash_order_qty"] = 10 + dice.below(500)
        return fields | self._extras(place, kind)

    def _triggers(self, place: Place, kind: str) -> Params:
        dice = self._dice
        reference = {"reference": "index"} if self._plan.has(Feature.INDEX) and dice.chance(30) else {}
        if kind in _STOPS:
            price = self._price(place, dice.below(4 * _STEPS) - 2 * _STEPS)
            return {"triggers": {"price": price, **reference}}
        distance = Raw(b"0.%d" % (1 + dice.below(9)))
        triggers: Params = {"triggers": {"price": distance, "price_type": "pct", **reference}}
        if kind == "trailing-stop-limit":
            triggers |= {"limit_price": dice.choice((-1, 0, 1)), "limit_price_type": "pct"}
        return triggers

    def _extras(self, place: Place, kind: str) -> Params:
        plan, dice = self._plan, self._dice
        fields: Params = {}
        if plan.has(Feature.LIFETIMES) and dice.chance(20):
            lifetimes: tuple[Params, ...] = (
                {"time_in_force": "ioc"},
                {"time_in_force": "fok"},
                {"time_in_force": "gtd", "expire_time": self._later()},
            )
            fields |= dice.choice(lifetimes)
        elif kind in ("limit", "iceberg") and dice.chance(20):
            fields["post_only"] = True
        if plan.has(Feature.SCHEDULED) and dice.chance(8):
            fields["effective_time"] = self._later()
        if plan.has(Feature.CONDITIONALS) and dice.chance(12):
            fields["conditional"] = self._conditional(place)
        if plan.has(Feature.CLIENT_IDS) and dice.chance(40):
            names: tuple[Params, ...] = (
                {"cl_ord_id": f"id-{dice.below(8)}"},
                {"order_userref": 1 + dice.below(3)},
            )
            fields |= dice.choice(names)
        if dice.chance(15):
            fields["stp_type"] = dice.choice(("cancel_newest", "cancel_oldest", "cancel_both"))
        if dice.chance(10):
            fields["fee_preference"] = "base"
        return fields

    def _conditional(self, place: Place) -> Params:
        price = self._price(place, self._dice.below(2 * _STEPS) - _STEPS)
        return self._dice.choice(
            (
                {"order_type": "limit", "limit_price": price},
                {"order_type": "stop-loss", "trigger_price": price},
                {"order_type": "trailing-stop", "trigger_price": 1, "trigger_price_type": "pct"},
            )
        )

    # --- changes

    def _amend(self) -> Params:
        dice = self._dice
        picked = self._pick()
        if picked is None:
            return {"order_id": _NOBODYS, "order_qty": 1}
        order, place = picked
        fields = self._named(order)
        if dice.chance(60) or "limit_price" not in order.row:
            fields["order_qty"] = self._amount(place, self._qty(place))
        if "limit_price" in order.row and "trailing" not in order.row["order_type"] and dice.chance(60):
            fields["limit_price"] = self._price(place, self._away(order.row["side"]))
        if "display_qty" in order.row and dice.chance(40):
            fields["display_qty"] = self._amount(place, max(self._qty(place) // 4, 1))
        if order.row["order_type"] in _STOPS and dice.chance(50):
            fields["trigger_price"] = self._price(place, dice.below(4 * _STEPS) - 2 * _STEPS)
        return fields

    def _edit(self) -> Params:
        picked = self._pick()
        if picked is None:
            return {"order_id": _NOBODYS, "symbol": self._place().instrument.symbol}
        order, place = picked
        fields = {"order_id": order.row["order_id"], "symbol": place.instrument.symbol}
        fields["order_qty"] = self._amount(place, self._qty(place))
        if order.row["order_type"] in ("limit", "iceberg"):
            fields["limit_price"] = self._price(place, self._away(order.row["side"]))
        return fields

    def _cancel(self) -> Params:
        if self._plan.has(Feature.CLIENT_IDS) and self._dice.chance(10):
            return {"order_userref": [1 + self._dice.below(3)]}
        picked = self._pick()
        if picked is None:
            return {"order_id": [_NOBODYS]}
        return {name: [value] for name, value in self._named(picked[0]).items()}

    def _batch_cancel(self) -> Params:
        named = [picked[0].row["order_id"] for _ in range(2) if (picked := self._pick()) is not None]
        return {"orders": [*named, _NOBODYS, _NOBODYS][:2]}

    def _switch(self) -> Params:
        return {"timeout": self._dice.choice((0, 0, 1, 2, 5, 30))}

    def _named(self, order: OwnOrder) -> Params:
        if "cl_ord_id" in order.row and self._dice.chance(50):
            return {"cl_ord_id": order.row["cl_ord_id"]}
        return {"order_id": order.row["order_id"]}

    def _pick(self) -> tuple[OwnOrder, Place] | None:
        orders = list(self._orders.open.values())
        if not orders or self._dice.chance(2):
            return None
        order = self._dice.choice(orders)
        places = {place.instrument.symbol: place for place in self._prices.places}
        return order, places[order.row["symbol"]]

    # --- numbers

    def _place(self) -> Place:
        return self._dice.choice(self._prices.places)

    def _away(self, side: str) -> int:
        """Steps from the middle: mostly where an order rests, sometimes where it trades."""
        away = self._dice.below(_STEPS + 2) - 1
        return -away if side == "buy" else away

    def _price(self, place: Place, steps: int) -> Raw:
        price = self._prices.near(place, steps)
        return Raw(to_text(price, place.instrument.price_decimals).encode())

    def _qty(self, place: Place) -> int:
        usual = place.usual
        qty = 1 + self._dice.below(2 * usual)
        return qty if self._dice.chance(50) else max(qty - qty % (usual // 4), usual // 4)

    @staticmethod
    def _amount(place: Place, qty: int) -> Raw:
        return Raw(to_text(qty, place.instrument.qty_decimals).encode())

    def _later(self) -> str:
        whole = self._now_ns // NS_PER_SECOND + 1 + self._dice.below(10)
        return seconds(whole * NS_PER_SECOND)


def encoded(method: str, req_id: int, params: Params) -> bytes:
    """A request as text."""
    return json.encode({"method": method, "req_id": req_id, "params": params})
