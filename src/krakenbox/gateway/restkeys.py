"""The key itself by REST: `GetWebSocketsToken` and `GetApiKeyInfo`."""

from krakenbox.gateway.keys import Permission
from krakenbox.gateway.restmethod import Answer, Call, answered
from krakenbox.gateway.tokens import TOKEN_LIFETIME_S
from krakenbox.protocol.timestamp import NS_PER_SECOND

_NEVER = "0"


def websockets_token(call: Call) -> Answer:
    """A token for private WebSocket requests."""
    return answered({"token": call.tokens.issue(call.key, call.now_ns), "expires": TOKEN_LIFETIME_S})


def api_key_info(call: Call) -> Answer:
    """What the key that signed may do. Names as clients read them; Kraken's page has them in camel case."""
    key = call.key
    return answered(
        {
            "api_key_name": key.account,
            "api_key": key.key_id,
            "nonce": call.fields["nonce"],
            "nonce_window": str(key.nonce_window),
            "permissions": [each.value for each in Permission if each in key.permissions],
            "iban": "",
            "valid_until": _NEVER,
            "query_from": _NEVER,
            "query_to": _NEVER,
            "created_time": _NEVER,
            "modified_time": _NEVER,
            "ip_allowlist": [],
            "last_used": str(call.now_ns // NS_PER_SECOND),
        }
    )
