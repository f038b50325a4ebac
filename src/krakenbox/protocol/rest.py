"""REST text: the envelope, request bodies, nonces and signatures; made and verified here for both ends.

Kraken, guides/spot-rest-intro and spot-rest-auth. Errors travel in the envelope with status 200.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from urllib.parse import parse_qsl

from msgspec import Raw, json

from krakenbox.errors import ConfigError, ProtocolError
from krakenbox.model.reject import Reject

MAX_NONCE = 2**64 - 1

MAX_FIELDS = 100
"""Fields of a form body; the largest documented request, AddOrder, has under thirty."""


def encode_result(result: object) -> bytes:
    """{"error":[],"result":...}."""
    return json.encode({"error": [], "result": result})


def encode_errors(*errors: str) -> bytes:
    """{"error":["EGeneral:Invalid arguments:ordertype"]}: a failure has no `result`."""
    return json.encode({"error": errors})


def decode_body(body: bytes) -> dict[str, str]:
    """Fields of a form body or of a JSON object, as text.

    A JSON number keeps its own digits, since they are what was signed; null is as good as no field; an array
    or object stays JSON text. Of a field that occurs twice the last counts. Raises ProtocolError for what is
    neither.
    """
    try:
        if body.lstrip().startswith(b"{"):
            return _json_fields(body)
        return dict(
            parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
        )
    except (ValueError, RecursionError):
        raise ProtocolError(Reject.INVALID_ARGUMENTS) from None


def nonce_value(text: str) -> int | None:
    """The number of a nonce: an unsigned integer of 64 bits in decimal digits; None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_NONCE))):
        return None
    nonce = int(text)
    return nonce if nonce <= MAX_NONCE else None


def sign(secret: str, path: str, nonce: str, body: bytes) -> str:
    """`API-Sign`: base64(HMAC-SHA512(key = secret, path + SHA256(nonce + body))).

    `path` is the part of the URL from `/0/private` on, `nonce` the text that `body` has it as, `body` what is
    sent to the last space. Raises ConfigError if the secret is not base64.
    """
    key = _secret_bytes(secret)
    if key is None:
        raise ConfigError("an API secret must be base64 text")
    digest = hashlib.sha256(nonce.encode() + body).digest()
    return b64encode(hmac.digest(key, path.encode() + digest, "sha512")).decode()


def verify(signature: str, secret: str, path: str, nonce: str, body: bytes) -> bool:
    """Whether `signature` is that of the rest, in a time that does not tell where it differs."""
    expected = sign(secret, path, nonce, body)
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def is_secret(text: str) -> bool:
    """Whether a text can be an API secret: base64 of something."""
    return bool(_secret_bytes(text))


def _secret_bytes(secret: str) -> bytes | None:
    try:
        return b64decode(secret, validate=True)
    except ValueError:
        return None


def _json_fields(body: bytes) -> dict[str, str]:
    values = {name: bytes(raw) for name, raw in json.decode(body, type=dict[str, Raw]).items()}
    return {name: _text(value) for name, value in values.items() if value != b"null"}


def _text(value: bytes) -> str:
    return json.decode(value, type=str) if value.startswith(b'"') else value.decode()
