"""The key itself by REST."""

from gateway.restcaller import Caller
from harness import NOW_NS
from krakenbox.gateway.keys import Permission as P


def test_a_token() -> None:
    caller = Caller(P.CREATE_WS_TOKEN)
    told = caller.result("GetWebSocketsToken")
    assert (len(told["token"]), told["expires"]) == (43, 900)
    assert caller.venue.tokens.open(told["token"], NOW_NS) == caller.venue.keyring.get("alice")
    assert Caller(P.QUERY_FUNDS).error("GetWebSocketsToken") == "EGeneral:Permission denied"


def test_what_a_key_may_do() -> None:
    caller = Caller(P.MODIFY_TRADES, P.QUERY_FUNDS)
    assert caller.call("GetApiKeyInfo", {}) == {
        "error": [],
        "result": {
            "api_key_name": "alice",
            "api_key": "alice",
            "nonce": "1",
            "nonce_window": "0",
            "permissions": ["query-funds", "modify-trades"],
            "iban": "",
            "valid_until": "0",
            "query_from": "0",
            "query_to": "0",
            "created_time": "0",
            "modified_time": "0",
            "ip_allowlist": [],
            "last_used": "1767229200",
        },
    }
