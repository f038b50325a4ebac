"""REST over an exchange that has been opened and nothing more: for the function and for its port."""

import pytest

from krakenbox.config import commands, load_default
from krakenbox.feeds.hub import Hub
from krakenbox.gateway.keys import ApiKey, Keyring, Permission
from krakenbox.gateway.rest import Rest
from krakenbox.gateway.tokens import Tokens
from krakenbox.model.command import AddAsset, AddInstrument, OpenAccount
from krakenbox.model.event import AccountOpened, AssetListed, Event, InstrumentListed, Outcome

T0 = 1_688_669_448_250_000_000
PATH = "/0/private/GetWebSocketsToken"
CONFIG = load_default()
# Kraken's published test vector has this secret.
SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="


@pytest.fixture
def hub() -> Hub:
    """A hub that knows what is listed and who has an account."""
    hub = Hub()
    events: list[Event] = []
    for command in commands(CONFIG):
        match command:
            case AddAsset(asset=asset):
                events.append(AssetListed(T0, asset))
            case AddInstrument(instrument=instrument):
                events.append(InstrumentListed(T0, instrument))
            case OpenAccount(account=account, tier=tier):
                events.append(AccountOpened(T0, account, tier))
    hub.apply(Outcome(1, T0, events))
    return hub


@pytest.fixture
def keyring() -> Keyring:
    """One key that may everything, one that may not fetch tokens, one of a starter."""
    ring = Keyring()
    ring.add(ApiKey(key_id="ALICE", secret=SECRET, account="alice"))
    ring.add(ApiKey(key_id="READER", secret=SECRET, account="alice", permissions={Permission.QUERY_FUNDS}))
    ring.add(ApiKey(key_id="CAROL", secret=SECRET, account="carol"))
    return ring


@pytest.fixture
def tokens(keyring: Keyring) -> Tokens:
    """Tokens with a fixed salt."""
    return Tokens(keyring, b"secret", lambda: b"salt")


@pytest.fixture
def rest(hub: Hub, keyring: Keyring, tokens: Tokens) -> Rest:
    """REST with real limits."""
    return Rest(hub, keyring, tokens, CONFIG.fee_schedules, limited=True)
