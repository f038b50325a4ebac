"""Kraken's REST signature, from its authentication guide: what any client has of its own."""

import base64
import hashlib
import hmac


def signed(api_key: str, api_secret: str, path: str, nonce: str, body: str) -> dict[str, str]:
    """Headers of a private request: base64(HMAC-SHA512(secret, path + SHA256(nonce + body)))."""
    digest = hashlib.sha256((nonce + body).encode()).digest()
    mac = hmac.new(base64.b64decode(api_secret), path.encode() + digest, hashlib.sha512)
    return {
        "API-Key": api_key,
        "API-Sign": base64.b64encode(mac.digest()).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
