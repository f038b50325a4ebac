"""Money of the naive venue: what orders are worth, hold, pay and are charged, in exact fractions that are
rounded where a rule says so. Accounts and what they own are just there."""

from fractions import Fraction
from math import ceil, floor

from krakenbox.model.command import FeeTier
from krakenbox.model.instrument import Instrument
from krakenbox.model.order import FeePreference, OrderTerms, Side
from reference.naive_orders import NaiveOrder, nearest

DAY_NS = 86_400 * 1_000_000_000
USD_DECIMALS = 4


class NaiveMoney:
    """Balances, prices, 30-day volumes and the open orders that hold."""

    def __init__(
        self, instruments: list[Instrument], decimals: dict[str, int], schedules: dict[str, list[FeeTier]]
    ) -> None:
        self.instruments = {instrument.symbol: instrument for instrument in instruments}
        self.decimals = decimals
        self.schedules = schedules
        self.orders: list[NaiveOrder] = []  # all that are open, in order of entry
        self.balances: dict[tuple[str, str], int] = {}
        self.last: dict[str, int] = {}  # price of the last trade
        self.index: dict[str, int] = {}
        self.volumes: dict[tuple[str, int], int] = {}  # USD ledger units by account and day
        self.now_ns = 0
        self.told: list[tuple[object, ...]] = []  # what became of the command, in order

    def tell(self, *what: object) -> None:
        """Something happened."""
        self.told.append(what)

    # --- worth

    def value(self, i: Instrument, price: int, qty: int) -> Fraction:
        """Exact price x quantity in quote units."""
        return Fraction(price * qty, 10**i.exact_decimals)

    def cost(self, i: Instrument, price: int, qty: int) -> int:
        """The same at cost precision."""
        return nearest(self.value(i, price, qty) * 10**i.cost_decimals)

    def affordable(self, i: Instrument, cash: int, price: int) -> int:
        """Whole increments that cash buys at a price."""
        qty = Fraction(cash, 10**i.cost_decimals) / Fraction(price, 10**i.price_decimals) * 10**i.qty_decimals
        return floor(qty / i.qty_increment) * i.qty_increment

    def in_usd(self, i: Instrument, cost: int) -> int:
        """A cost in USD ledger units: by the last USD price of the quote asset, else by its index, else 0."""
        if i.quote != "USD":
            pair = f"{i.quote}/USD"
            price = self.last.get(pair) or self.index.get(pair, 0)
            usd = self.instruments.get(pair)
            cost = nearest(Fraction(cost * price, 10**usd.price_decimals)) if usd else 0
        return nearest(Fraction(cost, 10**i.cost_decimals) * 10**USD_DECIMALS)

    # --- what is there, what is held

    def pays_in(self, terms: OrderTerms) -> str:
        """The asset an order spends."""
        i = self.instruments[terms.symbol]
        return i.quote if terms.side is Side.BUY else i.base

    def held(self, account: str, asset: str) -> int:
        """What an account's open orders hold of an asset."""
        return sum(o.hold for o in self.orders if o.account == account and self.pays_in(o.terms) == asset)

    def balance(self, account: str, asset: str) -> int:
        """Ledger units an account has, held or not."""
        return self.balances.get((account, asset), 0)

    def free(self, account: str, asset: str) -> int:
        """Ledger units of an account that no open order holds."""
        return self.balance(account, asset) - self.held(account, asset)

    def hold(self, terms: OrderTerms, cost: Fraction, qty: int, ppm: int) -> int:
        """Ledger units set aside: a sell its quantity, a buy its cost, and a fee paid in the same asset.

        Each is rounded up by itself, the fee first at the precision it is charged in.
        """
        i = self.instruments[terms.symbol]
        if terms.side is Side.SELL:
            spent, precision, unit = Fraction(qty, 10**i.qty_decimals), i.qty_decimals, self.decimals[i.base]
        else:
            spent, precision, unit = cost, i.cost_decimals, self.decimals[i.quote]
        fee = Fraction(ceil(spent * ppm / 1_000_000 * 10**precision), 10**precision)
        return ceil(spent * 10**unit) + ceil(fee * 10**unit)

    # --- fees

    def fee_asset(self, terms: OrderTerms) -> str:
        """The asset an order's fees are charged in."""
        i = self.instruments[terms.symbol]
        return i.base if terms.fee_preference is FeePreference.BASE else i.quote

    def tier(self, account: str, i: Instrument) -> FeeTier:
        """The last step whose volume is reached, over today and the 29 days before."""
        day = self.now_ns // DAY_NS
        volume = sum(self.volumes.get((account, each), 0) for each in range(day - 29, day + 1))
        steps = [t for t in self.schedules[i.fee_schedule] if t.volume_usd * 10**USD_DECIMALS <= volume]
        return steps[-1]

    def provided_ppm(self, account: str, terms: OrderTerms) -> int:
        """The fee rate a hold provides for: the taker's, if the fee is in the asset the order spends."""
        if self.fee_asset(terms) != self.pays_in(terms):
            return 0
        return self.tier(account, self.instruments[terms.symbol]).taker_ppm

    def fee(self, order: NaiveOrder, cost: int, qty: int, ppm: int) -> int:
        """A fee to nearest: of the cost, or if it is in base of the quantity, at the precision of that."""
        in_base = order.terms.fee_preference is FeePreference.BASE
        return nearest(Fraction((qty if in_base else cost) * ppm, 1_000_000))

    def ledger_fee(self, order: NaiveOrder, fee: int) -> int:
        """The same in ledger units."""
        i, asset = self.instruments[order.terms.symbol], self.fee_asset(order.terms)
        precision = i.qty_decimals if asset == i.base else i.cost_decimals
        return nearest(Fraction(fee, 10**precision) * 10 ** self.decimals[asset])

    def count_volume(self, i: Instrument, cost: int, *accounts: str) -> None:
        """A trade counts for the volume of both its sides."""
        day = self.now_ns // DAY_NS
        for account in accounts:
            self.volumes[account, day] = self.volumes.get((account, day), 0) + self.in_usd(i, cost)

    # --- paying

    def pay(
        self, i: Instrument, price: int, qty: int, fees: dict[NaiveOrder, int]
    ) -> list[tuple[object, ...]]:
        """Base one way, quote the other, fees to the venue; the ledger entries, those of the maker first.

        `fees` names the maker, then the taker.

        To nearest, but out of the hold and of free funds: where those end, the other side gets less, and
        the venue last of all. A side that gets an asset pays its fee in it out of that.
        """
        maker, taker = fees
        buyer, seller = (taker, maker) if taker.terms.side is Side.BUY else (maker, taker)
        owed = {order: self.ledger_fee(order, fee) for order, fee in fees.items()}
        legs: dict[tuple[NaiveOrder, str], tuple[int, int]] = {}  # amount and fee
        paid: dict[NaiveOrder, int] = {}
        base = nearest(Fraction(qty, 10**i.qty_decimals) * 10 ** self.decimals[i.base])
        quote = nearest(self.value(i, price, qty) * 10 ** self.decimals[i.quote])
        for asset, due, payer, receiver in ((i.base, base, seller, buyer), (i.quote, quote, buyer, seller)):
            purse = payer.hold + self.free(payer.account, asset)
            amount = min(due, purse)
            payer_fee = min(owed[payer], purse - amount) if self.fee_asset(payer.terms) == asset else 0
            its_fee = min(owed[receiver], amount) if self.fee_asset(receiver.terms) == asset else 0
            legs[payer, asset] = (-amount, payer_fee)
            legs[receiver, asset] = (amount, its_fee)
            paid[payer] = amount + payer_fee
        entries: list[tuple[object, ...]] = []
        for order in (maker, taker):
            for asset in (i.base, i.quote):
                amount, fee = legs[order, asset]
                after = self.balance(order.account, asset) + amount - fee
                self.balances[order.account, asset] = after
                entries.append(("posted", order.account, asset, amount, fee, after))
            self.hold_less(order, paid[order])
        return entries

    def hold_less(self, order: NaiveOrder, paid: int) -> None:
        """What was paid is held no more, nor what is not needed for the rest at its limit."""
        order.hold = max(order.hold - paid, 0)
        if order.limit:
            rest = self.value(self.instruments[order.terms.symbol], order.limit, order.left)
            order.hold = min(order.hold, self.hold(order.terms, rest, order.left, order.fee_ppm))
