"""Every refusal, one member each, with its exact wire text, and the reasons an accepted order ends with.

Texts are Kraken's (API error guide and recorded replies). `{...}` parts are filled by `text`. Members marked
*chosen* have no recorded text; docs/deviations.md lists them with their grade.
"""

from enum import StrEnum


class Reject(StrEnum):
    """Why a request is refused. A refusal changes nothing but the rate counter."""

    # Session layer: decided before the request reaches the sequencer.
    MALFORMED = "Malformed request"
    METHOD_MISSING = "Method(s) not found"
    UNSUPPORTED_EVENT = "Unsupported event"
    UNSUPPORTED_FIELD = "Unsupported field: '{field}' for the given msg type: {method}"
    FIELD_TYPE = "{field} field must be a {type}"
    FIELD_TYPE_AN = "{field} field must be an {type}"
    FIELD_MISSING = "{field}(s) not found"
    SESSION_INVALID = "ESession:Invalid session"
    PERMISSION_DENIED = "EGeneral:Permission denied"
    ALREADY_SUBSCRIBED = "Already subscribed"
    ALREADY_ONE_INTERVAL = "Already subscribed to one ohlc interval on this symbol"
    SUBSCRIPTION_NOT_FOUND = "Subscription Not Found"
    DEPTH_UNSUPPORTED = "Subscription depth not supported"
    INTERVAL_UNSUPPORTED = "Subscription ohlc interval not supported"
    PRIVATE_ELSEWHERE = "Private data and trading are unavailable on this endpoint. Try ws-auth.kraken.com"
    PUBLIC_ELSEWHERE = "Public market data subscriptions are unavailable on this endpoint. Try ws.kraken.com"
    PAIR_UNSUPPORTED = "Currency pair not supported {symbol}"
    PAIR_FORMAT = "Currency pair not in ISO 4217-A3 format {symbol}"
    MSG_RATE = "Exceeded msg rate"
    SYMBOL_LIMIT = "Exceeded symbol limit"
    """*Chosen*: level3 over its 200 symbols per connection."""
    # REST authentication: decided before the request is looked at.
    KEY_INVALID = "EAPI:Invalid key"
    SIGNATURE_INVALID = "EAPI:Invalid signature"
    NONCE_INVALID = "EAPI:Invalid nonce"
    LOCKOUT = "EGeneral:Temporary lockout"
    REST_RATE_LIMIT = "EAPI:Rate limit exceeded"
    UNKNOWN_METHOD = "EGeneral:Unknown method"
    UNKNOWN_PAIR = "EQuery:Unknown asset pair"
    UNKNOWN_ASSET = "EQuery:Unknown asset"
    # Venue: decided in `apply`, in the order of `venue.checks`.
    INVALID_ARGUMENTS = "EGeneral:Invalid arguments"
    INVALID_ARGUMENT = "EGeneral:Invalid arguments:{field}"
    VOLUME_MINIMUM = "EGeneral:Invalid arguments:volume minimum not met"
    INDEX_UNAVAILABLE = "EGeneral:Invalid arguments:Index unavailable"
    RATE_LIMIT = "EOrder:Rate limit exceeded"
    ORDERS_LIMIT = "EOrder:Orders limit exceeded"
    UNAVAILABLE = "EService:Unavailable"
    CANCEL_ONLY = "EService:Market in cancel_only mode"
    POST_ONLY_MODE = "EService:Market in post_only mode"
    LIMIT_ONLY_MODE = "EService:Market in limit_only mode"
    DEADLINE = "EService:Deadline elapsed"
    COST_MINIMUM = "EOrder:Cost minimum not met"
    TICK_SIZE = "EOrder:Tick size check failed"
    INVALID_PRICE = "EOrder:Invalid price"
    FUNDS = "EOrder:Insufficient funds"
    POST_ONLY_ORDER = "EOrder:Post only order"
    UNKNOWN_ORDER = "EOrder:Unknown order"
    CANNOT_OPEN_POSITION = "EOrder:Cannot open position"
    REDUCE_ONLY_NO_POSITION = "EOrder:Reduce only:No position exists"

    def text(self, **parts: str) -> str:
        """Wire text with its parts filled in."""
        return self.value.format(**parts) if parts else self.value


class Reason(StrEnum):
    """`reason` (and deprecated `cancel_reason`) of a canceled or expired order."""

    NONE = ""
    USER = "User requested"
    REPLACED = "Order replaced"
    POST_ONLY = "Post only order"
    SELF_TRADE = "Cannot trade with self"
    IMMEDIATE_OR_CANCEL = "Immediate or cancel"
    """*Chosen*: no text recorded for an ioc remainder."""
    FILL_OR_KILL = "Fill or kill"
    """*Chosen*."""
    NO_LIQUIDITY = "Insufficient liquidity"
    """*Chosen*: remainder of a market order that exhausted the book."""
    PRICE_PROTECTION = "Market price protection"
    """*Chosen*."""
    WOULD_TRIGGER = "Order would trigger immediately"
    FUNDS = "Insufficient funds"
    """*Chosen*: a triggered or spawned order whose account cannot pay for it."""
    CANCEL_TIMER = "Cancel all orders after"
    """*Chosen*: the dead man's switch."""
    EXPIRED = "Expired"
    """*Chosen*: end of a gtd order."""
