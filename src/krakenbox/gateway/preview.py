"""Features that are live on the beta hosts first.

Kraken, WebSocket introduction: the beta hosts are the next API on the production engine. A feature has its
row in `STAGES`; whoever serves it asks `is_live`, and nothing else differs between the hosts. To release it,
its row becomes `LIVE`; a release later row and question go.
"""

from enum import Enum, StrEnum

from krakenbox.gateway.desk import Host


class Feature(StrEnum):
    """What is on its way."""

    TICKER_VOLUME_USD = "ticker volume_usd"
    """The day's volume in USD: recorded on the venue in 2026-01, gone by 2026-09."""


class Stage(Enum):
    """Where a feature is."""

    PREVIEW = "preview"
    LIVE = "live"


STAGES: dict[Feature, Stage] = {Feature.TICKER_VOLUME_USD: Stage.PREVIEW}
BETA_HOSTS = frozenset((Host.BETA_WS, Host.BETA_WS_AUTH))


def is_live(feature: Feature, host: Host) -> bool:
    """Whether a host serves it."""
    return host in BETA_HOSTS or STAGES[feature] is Stage.LIVE
