"""Configuration: TOML in, the commands that open an exchange out. Nothing here reaches a running exchange."""

from krakenbox.config.loading import load, load_default
from krakenbox.config.opening import commands
from krakenbox.config.settings import (
    Access,
    Account,
    Config,
    Key,
    Limits,
    Market,
    MarketLevel,
    Server,
)
from krakenbox.durable.home import Data, Durability
from krakenbox.gateway.certificates import Tls

__all__ = [
    "Access",
    "Account",
    "Config",
    "Data",
    "Durability",
    "Key",
    "Limits",
    "Market",
    "MarketLevel",
    "Server",
    "Tls",
    "commands",
    "load",
    "load_default",
]
