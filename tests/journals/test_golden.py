"""Journals of the past replay to the states they had; those of earlier rules can still be read."""

from pathlib import Path

import msgspec
import pytest

from journals.golden import HERE, Golden, Recording, record, stored
from krakenbox.journal.log import ForeignJournal, Header, Log, stored_header
from krakenbox.journal.reading import Reader
from krakenbox.model.command import Command
from krakenbox.model.event import Rejected
from krakenbox.venue.exchange import RULES
from krakenbox.venue.state import state_hash

FOLDERS = sorted(HERE.glob("rules-*"))
THESE = HERE / f"rules-{RULES}"


def test_a_journal_replays_to_the_state_it_had() -> None:
    golden = msgspec.json.decode((THESE / "golden.json").read_bytes(), type=Golden)
    again = Recording(stored(THESE))
    # After a deliberate change of what `apply` does: raise RULES and write another, as `golden` says.
    assert again.golden() == golden
    assert state_hash(again.exchange).hex() == golden.state
    assert golden.voided
    assert golden.hashes > 3


@pytest.mark.parametrize("which", ["kept", "written now"])
def test_it_holds_every_kind_of_command_over_several_segments(which: str) -> None:
    reader = Reader(stored(THESE) if which == "kept" else record())
    batches = [each for each in reader.records() if isinstance(each, list)]
    assert {type(stamped.command) for batch in batches for stamped in batch} == set(Command.__args__)
    assert len(reader.segments) > 2


def test_it_takes_the_exchange_through_most_refusals_and_events() -> None:
    events = [event for outcome in Recording(stored(THESE)).outcomes for event in outcome.events]
    assert len({type(event) for event in events}) > 20
    assert len({event.text for event in events if isinstance(event, Rejected)}) > 14


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_journal_of_any_rules_can_be_read_but_is_replayed_only_under_its_own(folder: Path) -> None:
    storage = stored(folder)
    header = stored_header(storage)
    assert header is not None
    assert folder.name == f"rules-{header.rules}"
    reader = Reader(storage)
    assert sum(len(each) for each in reader.records() if isinstance(each, list)) == reader.seq
    later = Header(header.rules + 1, header.venue_id)
    with pytest.raises(ForeignJournal, match=f"drain it with a version of rules {header.rules}"):
        Log(stored(folder), later)
    assert Log(stored(folder), later, after_seq=reader.seq).seq == reader.seq
