"""A home that ends with its process."""

from krakenbox.durable.home import Identity, Nowhere


def test_nowhere_forgets_everything() -> None:
    home = Nowhere()
    home.remember(Identity(venue_id=1, secret=b"s"))
    home.write("keys.json", b"[]")
    assert (home.identity(), home.read("keys.json"), home.storage.segments(), home.lasting) == (
        None,
        None,
        [],
        False,
    )
    (home.path / "note").write_text("gone with it")
    home.close()
    assert not home.path.exists()
