"""The shipped configuration is the documented one; a user's file changes it, or is told what is wrong."""

import base64
from pathlib import Path

import pytest

from krakenbox.config import Config, Data, Durability, Limits, MarketLevel, Tls, load, load_default
from krakenbox.errors import ConfigError
from krakenbox.gateway.keys import Permission
from krakenbox.model.command import FeeTier, Tier
from krakenbox.model.fixed import to_text

SYMBOLS = [
    "BTC/USD",
    "ETH/USD",
    "SOL/USD",
    "XRP/USD",
    "DOGE/USD",
    "ADA/USD",
    "LTC/USD",
    "LINK/USD",
    "USDT/USD",
    "USDC/USD",
    "BTC/EUR",
    "ETH/EUR",
    "ETH/BTC",
    "EUR/USD",
    "SOL/EUR",
]

SECRET = base64.b64encode(bytes(64)).decode()


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    return str(caught.value).removeprefix(f"{tmp_path}/")


def test_the_shipped_markets_are_the_fifteen_with_their_precisions() -> None:
    config = load_default()
    assert [instrument.symbol for instrument in config.instruments] == SYMBOLS
    btc, xrp, cross = (
        next(i for i in config.instruments if i.symbol == symbol)
        for symbol in ("BTC/USD", "XRP/USD", "ETH/BTC")
    )
    assert (btc.wsname, btc.rest_id, btc.altname) == ("XBT/USD", "XXBTZUSD", "XBTUSD")
    assert (btc.price_decimals, btc.qty_decimals, btc.cost_decimals) == (1, 8, 5)
    assert (to_text(btc.qty_min, 8), to_text(btc.cost_min, 5)) == ("0.00005000", "0.50000")
    assert (xrp.price_decimals, xrp.cost_decimals, to_text(xrp.qty_min, 8)) == (5, 8, "1.65000000")
    assert (cross.price_decimals, cross.cost_decimals, to_text(cross.cost_min, 10)) == (6, 10, "0.0000200000")
    # Kraken, AssetPairs: the tick is one unit of the last price decimal on every pair seen.
    assert {i.price_increment for i in config.instruments} == {1}
    assert {i.qty_increment for i in config.instruments} == {1}
    assert {i.symbol for i in config.instruments if i.fee_schedule == "stable"} == {
        "USDT/USD",
        "USDC/USD",
        "EUR/USD",
    }


def test_start_prices_agree_across_crosses() -> None:
    config = load_default()
    price = {
        i.symbol: config.start_prices[i.symbol] * 10 ** (12 - i.price_decimals) for i in config.instruments
    }
    one = 10**12
    for symbol in ("BTC", "ETH", "SOL"):
        assert price[f"{symbol}/EUR"] * price["EUR/USD"] == price[f"{symbol}/USD"] * one
    assert price["ETH/BTC"] * price["BTC/USD"] == price["ETH/USD"] * one


def test_the_entry_fees_are_the_published_ones() -> None:
    fees = load_default().fee_schedules
    assert fees["spot"][0] == FeeTier(0, 4000, 2500)
    assert fees["spot"][-1] == FeeTier(500_000_000, 500, 0)
    assert len(fees["spot"]) == 12
    assert fees["stable"][0] == FeeTier(0, 2000, 2000)
    assert fees["stable"][-1] == FeeTier(10_000_000, 10, 0)


def test_three_accounts_with_three_keys_each_that_stay_the_same() -> None:
    config = load_default()
    assert {a.name: a.tier for a in config.accounts.values()} == {
        "alice": Tier.PRO,
        "bob": Tier.INTERMEDIATE,
        "carol": Tier.STARTER,
    }
    decimals = {asset.asset: asset.decimals for asset in config.assets}
    for account in config.accounts.values():
        held = {asset: to_text(amount, decimals[asset]) for asset, amount in account.balances.items()}
        assert set(held) == set(decimals)
        assert (held["BTC"], held["ETH"]) == ("100.0000000000", "1000.0000000000")
        assert (held["USD"], held["EUR"]) == ("1000000.0000", "1000000.0000")
        assert [key.name for key in account.keys] == ["all", "read", "trade"]
        for key in account.keys:
            assert (len(key.api_key), len(key.api_secret)) == (56, 88)
            assert Permission.CREATE_WS_TOKEN in key.permissions
        everything, read, trade = (key.permissions for key in account.keys)
        assert everything == set(Permission)
        assert Permission.MODIFY_TRADES not in read
        assert Permission.QUERY_OPEN_TRADES not in trade
    # READMEs and other people's tests rely on these.
    key = config.accounts["alice"].keys[0]
    assert key.api_key == "bGqyxkicUNBK4LFhMLSPtMhLBd86Zx993wLtrDjOHB+IfdwEBeXla5Va"


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")) == load_default()


def test_a_file_adds_and_changes_key_by_key(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            f"""
            [server]
            ws_port = 9001
            limits = "off"
            [market]
            level = "off"
            seed = 7
            [instruments."BTC/USD"]
            qty_min = 0.0001
            [instruments."BTC/USDT"]
            wsname = "XBT/USDT"
            rest_id = "XBTUSDT"
            altname = "XBTUSDT"
            price_decimals = 1
            cost_decimals = 5
            qty_min = "0.00005"
            cost_min = 0.5
            start_price = 84000
            [accounts.dave]
            tier = "starter"
            balances = {{ USD = 12.3456 }}
            [[accounts.dave.keys]]
            name = "only"
            api_key = "DAVE"
            api_secret = "{SECRET}"
            permissions = ["create-ws-token"]
            nonce_window = 10000
            """,
        )
    )
    shipped = load_default()
    assert (config.server.ws_port, config.server.http_port, config.server.limits) == (9001, 8080, Limits.OFF)
    assert (config.market.level, config.market.seed) == (MarketLevel.OFF, 7)
    assert [i.symbol for i in config.instruments] == [*SYMBOLS, "BTC/USDT"]
    assert config.instruments[0].qty_min == 10_000
    assert config.instruments[1:-1] == shipped.instruments[1:]
    assert list(config.accounts) == ["alice", "bob", "carol", "dave"]
    dave = config.accounts["dave"]
    assert dave.balances == {"USD": 123_456}
    assert dave.keys[0].nonce_window == 10_000


def test_a_file_may_start_from_nothing(tmp_path: Path) -> None:
    config = load(written(tmp_path, "defaults = false\n[server]\nflush_ms = 0"))
    assert (config.assets, config.instruments, config.accounts, config.fee_schedules) == ((), (), {}, {})
    assert config.server.flush_ms == 0


def test_the_market_stays_away_from_a_pair_that_says_so(tmp_path: Path) -> None:
    assert len(load_default().traded) == 15
    config = load(written(tmp_path, '[instruments."BTC/USD"]\nmarket = false'))
    assert load_default().traded - config.traded == {"BTC/USD"}


def test_price_protection_is_a_percentage(tmp_path: Path) -> None:
    assert load(written(tmp_path, "[trading]\nprice_protection = 7.5")).protection_ppm == 75_000
    with pytest.raises(ConfigError, match=r"trading\.price_protection: must be at most 100"):
        load(written(tmp_path, "[trading]\nprice_protection = 101"))


def test_where_the_exchange_lives(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")).data == Data()
    text = (
        '[data]\ndirectory = "d"\ndurability = "os"\nretain = 0\nhistory = "sqlite:///h"\n'
        "accept_future = true"
    )
    expected = Data(
        directory="d", durability=Durability.OS, retain=0, history="sqlite:///h", accept_future=True
    )
    assert load(written(tmp_path, text)).data == expected


def test_tls_by_an_own_authority_or_by_a_brought_certificate(tmp_path: Path) -> None:
    assert load_default().tls == Tls()
    assert load(written(tmp_path, '[tls]\nenabled = true\nnames = ["box"]')).tls == Tls(
        enabled=True, names=("box",)
    )
    brought = load(written(tmp_path, '[tls]\ncert = "c.pem"\nkey = "k.pem"')).tls
    assert brought == Tls(enabled=True, cert="c.pem", key="k.pem")


def test_a_bearer_token_for_the_operator_is_kept_and_never_shown(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")).server.admin_token == ""
    config = load(written(tmp_path, '[server]\nadmin_token = "0123456789abcdef"'))
    assert config.server.admin_token == "0123456789abcdef"
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, '[server]\nadmin_token = "secret"'))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[server]\nws_prot = 1",
            "server.ws_prot: no such key; expected one of admin_token, flush_ms, hosts,",
        ),
        ("[server]\nws_port = 65536", "server.ws_port: must be a port, 0 to 65535; was 65536"),
        ("[server]\nflush_ms = -1", "server.flush_ms: must be 0 or more; was -1"),
        ("[server]\nhosts = []", "server.hosts: must name at least one address"),
        (
            '[server]\nadmin_token = "short"',
            "server.admin_token: must be 16 or more printable ASCII characters",
        ),
        (
            '[server]\nadmin_token = "a long one\\nof two lines"',
            "server.admin_token: must be 16 or more printable ASCII characters",
        ),
        ('[server]\nlimits = "on"', "server.limits: must be one of real, off; was 'on'"),
        ("[data]\nretain = -1", "data.retain: must be 0 or more bytes; was -1"),
        ('[data]\ndurability = "maybe"', "data.durability: must be one of commit, os; was 'maybe'"),
        ('[tls]\ncert = "c.pem"', "tls: must have both cert and key, or neither"),
        ('[market]\nlevel = "wild"', "market.level: must be one of off, calm, busy; was 'wild'"),
        ("[assets.BTC]\ndecimals = 19", "assets.BTC.decimals: must be 0 to 18; was 19"),
        ('[assets.DOT]\nrest_id = "DOT"', "assets.DOT: lacks the key altname"),
        (
            '[instruments."BTC/USD"]\nprice_increment = 0.05',
            'instruments."BTC/USD".price_increment: must be 0 or more with at most 1 decimals; was 0.05',
        ),
        (
            '[instruments."BTC/USD"]\nstart_price = 0',
            'instruments."BTC/USD".start_price: must be above 0; was 0',
        ),
        (
            '[instruments."BTC/USD"]\nfee_schedule = "vip"',
            "instruments.\"BTC/USD\".fee_schedule: must be one of spot, stable; was 'vip'",
        ),
        (
            '[instruments."BTC/USD"]\naltname = "ETHUSD"',
            "instruments.\"ETH/USD\".altname: is that of BTC/USD too; was 'ETHUSD'",
        ),
        (
            '[fee_schedules]\nspot = [{ volume = 5, taker = "0.4", maker = "0.2" }]',
            "fee_schedules.spot: volumes must begin at 0 and rise; was [5]",
        ),
        (
            '[fee_schedules]\nspot = [{ volume = 0, taker = "0.00001", maker = "0.2" }]',
            "fee_schedules.spot[0].taker: must be 0 or more with at most 4 decimals; was 0.00001",
        ),
        (
            "[fee_schedules]\nspot = [{ volume = 0, taker = nan, maker = 0 }]",
            "fee_schedules.spot[0].taker: must be 0 or more with at most 4 decimals; was NaN",
        ),
        (
            '[fee_schedules]\nspot = [{ volume = 0, taker = 100, maker = "100.0001" }]',
            "fee_schedules.spot[0].maker: must be at most 100; was 100.0001",
        ),
        (
            '[instruments."BTC/USD"]\ncost_decimals = 10',
            'instruments."BTC/USD".cost_decimals: must be at most those of price and quantity together, 9; '
            "was 10",
        ),
        (
            '[instruments."BTC/BTC"]\nwsname = "b"\nrest_id = "b"\naltname = "b"\nprice_decimals = 1\n'
            "cost_decimals = 1\nqty_min = 1\ncost_min = 1\nstart_price = 1",
            "instruments.\"BTC/BTC\": must be of two assets; was 'BTC'",
        ),
        ('[accounts.alice]\ntier = "gold"', "accounts.alice.tier: must be one of starter, intermediate, pro"),
        (
            '[accounts.alice]\ntier = "house"',
            "accounts.alice.tier: must be one of starter, intermediate, pro; was 'house'",
        ),
        (
            '[accounts.house-depth]\ntier = "pro"',
            "accounts.house-depth: must be named by 1 to 64 printable characters that begin with neither",
        ),
        ('[accounts."venue:fees"]\ntier = "pro"', 'accounts."venue:fees": must be named by 1 to 64'),
        ('[accounts.""]\ntier = "pro"', 'accounts."": must be named by 1 to 64'),
        ("[accounts.alice.balances]\nDOT = 1", "accounts.alice.balances.DOT: must be one of BTC, ETH,"),
        (
            "[accounts.alice.balances]\nUSD = -1",
            "accounts.alice.balances.USD: must be 0 or more with at most 4 decimals; was -1",
        ),
        (
            '[accounts.dave]\ntier = "pro"\nkeys = [{ name = "x", api_key = "K", api_secret = "short" }]',
            "accounts.dave.keys[0].api_secret: must be the base64 of 64 bytes",
        ),
        (
            f'[accounts.dave]\ntier = "pro"\nkeys = [{{name="x", api_key="é", api_secret="{SECRET}"}}]',
            "accounts.dave.keys[0].api_key: must be a text of ASCII characters",
        ),
        (
            "[[accounts.bob.keys]]\n"
            'name = "x"\napi_key = "bGqyxkicUNBK4LFhMLSPtMhLBd86Zx993wLtrDjOHB+IfdwEBeXla5Va"\n'
            f'api_secret = "{SECRET}"',
            "accounts.bob.keys[0].api_key: is a key of alice too",
        ),
        ("[server", "is no TOML: "),
    ],
)
def test_what_is_wrong_is_named_with_file_and_path(tmp_path: Path, text: str, message: str) -> None:
    assert complaint(tmp_path, text).startswith(f"mine.toml: {message}")


def test_an_instrument_needs_both_its_assets(tmp_path: Path) -> None:
    text = """
        [instruments."DOT/USD"]
        wsname = "DOT/USD"
        rest_id = "DOTUSD"
        altname = "DOTUSD"
        price_decimals = 4
        cost_decimals = 8
        qty_min = 1
        cost_min = 1
        start_price = 4
    """
    assert complaint(tmp_path, text) == (
        "mine.toml: instruments.\"DOT/USD\": both sides must be assets; was 'DOT'"
    )
    assert complaint(tmp_path, text.replace("DOT/USD", "DOTUSD")).startswith(
        "mine.toml: instruments.DOTUSD: must be named BASE/QUOTE"
    )


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere.toml: cannot be read: No such file"):
        load(tmp_path / "nowhere.toml")


def test_a_config_is_plain_values() -> None:
    assert load_default() == load_default()
    assert isinstance(load_default(), Config)
