"""REST text: the envelope, request bodies, nonces and signatures; made and verified here for both ends.

Kraken, guides/spot-rest-intro and spot-rest-auth. Errors travel in the envelope with status 200.
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from msgspec import Raw, json

from krakenbox.errors import ConfigError, ProtocolError
from krakenbox.model.reject import Reject

MAX_NONCE = 2**64 - 1

MAX_FIELDS = 500
"""Fields of a body; the largest documented request, AddOrderBatch, has 15 orders of under thirty."""
MAX_DEPTH = 4
"""Arrays and objects of a JSON body inside each other; `orders[0][close][price]` needs three."""

_INDEXED = re.compile(r"(\d{1,3})\]\[(.+)\]", re.ASCII | re.DOTALL)


def encode_result(result: object) -> bytes:
    """{"error":[],"result":...}."""
    return json.encode({"error": [], "result": result})


def encode_errors(*errors: str) -> bytes:
    """{"error":["EGeneral:Invalid arguments:ordertype"]}: a failure has no `result`."""
    return json.encode({"error": errors})


def decode_body(body: bytes) -> dict[str, str]:
    """Fields of a form body or of a JSON object, as text.

    A JSON number keeps its own digits, since they are what was signed; null is as good as no field. What is
    inside an array or object gets the name a form has for it: `close[price]`, `orders[0][close][price]`; an
    empty one stays JSON text. Of a field that occurs twice the last counts. Raises ProtocolError for what is
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


def rows(fields: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The objects of an array: `orders[1][close][price]` is `close[price]` of the second.

    Raises ProtocolError where one of them is missing or is no object.
    """
    found: dict[int, dict[str, str]] = {}
    for field, value in fields.items():
        if not field.startswith(f"{name}["):
            continue
        match = _INDEXED.fullmatch(field, len(name) + 1)
        if match is None:
            raise ProtocolError(Reject.INVALID_ARGUMENT.text(field=name))
        first, *inner = match[2].split("][")
        found.setdefault(int(match[1]), {})[first + "".join(f"[{step}]" for step in inner)] = value
    if sorted(found) != list(range(len(found))):
        raise ProtocolError(Reject.INVALID_ARGUMENT.text(field=name))
    return [found[index] for index in range(len(found))]


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
    fields: dict[str, str] = {}
    for name, raw in json.decode(body, type=dict[str, Raw]).items():
        _flatten(name, bytes(raw), fields, MAX_DEPTH)
    return fields


def _flatten(name: str, value: bytes, fields: dict[str, str], depth: int) -> None:
    """Add a JSON value under the name it has in a form. Raises ValueError beyond a bound."""
    before = len(fields)
    if value.startswith((b"{", b"[")) and depth == 0:
        raise ValueError(f"{name} is nested too deeply")
    for step, raw in _members(value):
        _flatten(f"{name}[{step}]", bytes(raw), fields, depth - 1)
    if len(fields) == before and value != b"null":
        fields[name] = json.decode(value, type=str) if value.startswith(b'"') else value.decode()
    if len(fields) > MAX_FIELDS:
        raise ValueError(f"more than {MAX_FIELDS} fields")


def _members(value: bytes) -> Iterable[tuple[str | int, Raw]]:
    if value.startswith(b"{"):
        return json.decode(value, type=dict[str, Raw]).items()
    return enumerate(json.decode(value, type=list[Raw])) if value.startswith(b"[") else ()
