"""The tables of a configuration file say by themselves what is optional."""

from krakenbox.config.settings import Config, File, Key, Limits, MarketLevel, Server
from krakenbox.gateway.keys import Permission


def test_an_empty_file_means_the_documented_ports_and_addresses() -> None:
    file = File()
    assert file.defaults
    assert (file.server.hosts, file.server.http_port, file.server.ws_port) == (
        ("127.0.0.1", "::1"),
        8080,
        8081,
    )
    assert (file.server.flush_ms, file.server.limits, file.server.limit_loopback) == (10, Limits.REAL, False)
    assert (file.market.level, file.market.seed) == (MarketLevel.CALM, None)
    assert file.server == Server()


def test_a_key_may_do_everything_unless_told_otherwise() -> None:
    key = Key(name="all", api_key="k", api_secret="s")
    assert key.permissions == set(Permission)
    assert key.nonce_window == 0


def test_a_config_holds_nothing_that_was_not_checked() -> None:
    assert set(Config.__struct_fields__) == {
        "server",
        "protection_ppm",
        "tls",
        "data",
        "market",
        "assets",
        "instruments",
        "start_prices",
        "traded",
        "fee_schedules",
        "accounts",
    }
