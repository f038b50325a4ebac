"""WebSocket tokens: 43 characters that carry their own proof, good for 15 minutes."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from krakenbox.gateway.keys import ApiKey, Keyring
from krakenbox.gateway.tokens import SALT_BYTES, Tokens
from krakenbox.model.order import AccountId

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
NOW = 1_790_000_000 * SECOND


def key(text: str) -> ApiKey:
    return ApiKey(key_id=text, secret=base64.b64encode(text.encode()).decode(), account=AccountId(text))


ALICE, BOB = key("alice"), key("bob")


def tokens(*keys: ApiKey, secret: bytes = b"kept with the data") -> Tokens:
    keyring = Keyring()
    for each in keys or (ALICE, BOB):
        keyring.add(each)
    salts = iter(range(2**32))
    return Tokens(keyring, secret, lambda: next(salts).to_bytes(SALT_BYTES, "big"))


def test_a_token_is_43_characters_and_opens_for_15_minutes() -> None:
    box = tokens()
    token = box.issue(ALICE, NOW)
    assert len(token) == 43
    assert box.open(token, NOW) == ALICE
    assert box.open(token, NOW + 15 * MINUTE) == ALICE
    assert box.open(token, NOW + 15 * MINUTE + SECOND) is None


def test_several_tokens_live_at_once() -> None:
    box = tokens()
    owners = [ALICE, ALICE, BOB]
    issued = [box.issue(owner, NOW) for owner in owners]
    assert len(set(issued)) == 3
    assert [box.open(token, NOW) for token in issued] == owners


def test_another_process_with_the_secret_opens_it() -> None:
    assert tokens().open(tokens().issue(ALICE, NOW), NOW) == ALICE


def test_a_token_of_another_secret_or_of_a_key_unknown_here_opens_nothing() -> None:
    assert tokens().open(tokens(secret=b"another").issue(ALICE, NOW), NOW) is None
    assert tokens(BOB).open(tokens().issue(ALICE, NOW), NOW) is None


def test_every_changed_character_closes_it() -> None:
    box = tokens()
    token = box.issue(ALICE, NOW)
    for index, character in enumerate(token[:-1]):
        changed = token[:index] + ("A" if character != "A" else "B") + token[index + 1 :]
        assert box.open(changed, NOW) is None, index


@given(st.text(max_size=60) | st.text("ABCxyz019+/=", min_size=43, max_size=43))
def test_any_text_is_just_not_a_token(text: str) -> None:
    assert tokens().open(text, NOW) is None
