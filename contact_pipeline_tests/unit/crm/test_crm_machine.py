"""Everything that can be done to a CRM, in any order: it ends as plain Python says that what is live folds.

The law of importing and rerunning alone is in `test_fold_laws`; here undo, redo, rebuild, decisions, changes of policy and
erasing join in, and the state is compared after each step. Whose rows a person's are is tested with `erasure`; here it is
told by it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Container
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contact_pipeline.crm.history import past_import
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.crm.crm_state import contacts, expected_contacts, expected_records, records
from contact_pipeline_tests.unit.crm.fold_model import TOMBSTONE, Decided, Decision, Given, Model
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.crm.test_fold_laws import EMAILS, FIRST_NAMES, LAST_NAMES, POLICIES, RECEIVED, ROWS

_PERSONS = st.tuples(st.sampled_from(EMAILS), st.sampled_from(FIRST_NAMES), st.sampled_from(LAST_NAMES)).map(
    lambda one: (one[0], " ".join(part for part in one[1:] if part).lower())
)
_WORDS = st.sampled_from(["update", "update", "create", "skip", "keep apart"])
_PAIRS = st.tuples(_PERSONS, _PERSONS, _WORDS).filter(lambda pair: pair[0] != pair[1])


def _places(one: Given, emails: Container[str]) -> list[int]:
    """Places of the good rows with one of these addresses."""
    good = [row.get("kind", "data") == "data" and not row.get("failures") for row in one.rows]
    return [at for at, row in enumerate(one.rows) if good[at] and row["email"] in emails]


class CrmMachine(RuleBasedStateMachine):
    """A small CRM and beside it the list of what is live, in sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.crm = SmallCrm(Path(self.folder.name))
        self.live: list[Given | Decided] = []
        self.undone: list[Given | Decided] = []
        self.opted_out: frozenset[str] = frozenset()
        self.erased: frozenset[str] = frozenset()
        self.emptied: dict[tuple[str, int], tuple[str, str | None]] = {}
        self.count = 0

    @rule(rows=ROWS, policy=POLICIES, received_at=RECEIVED)
    def import_a_file(self, rows: list[dict[str, object]], policy: str, received_at: object) -> None:
        self.count += 1
        self._bring_in(Given(f"file{self.count}", rows, policy, received_at))  # type: ignore[arg-type]

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def import_again(self, data: st.DataObject) -> None:
        self.crm.bring_in(data.draw(st.sampled_from(self.live)))

    @precondition(lambda self: self._files())
    @rule(data=st.data(), rows=ROWS)
    def import_again_mapped_anew(self, data: st.DataObject, rows: list[dict[str, object]]) -> None:
        self._renew(replace(data.draw(st.sampled_from(self._files())), rows=rows))

    @precondition(lambda self: self._files())
    @rule(data=st.data(), policy=POLICIES)
    def change_a_policy(self, data: st.DataObject, policy: str) -> None:
        self._renew(replace(data.draw(st.sampled_from(self._files())), policy=policy))  # type: ignore[arg-type]

    @precondition(lambda self: self._files())
    @rule(data=st.data(), pairs=st.lists(_PAIRS, min_size=1, max_size=3))
    def decide(self, data: st.DataObject, pairs: list[tuple[tuple[str, str], tuple[str, str], str]]) -> None:
        of_import = data.draw(st.sampled_from(self._files())).import_id
        self.count += 1
        decisions = [Decision(*one, *met, word, of_import) for one, met, word in pairs]
        self._bring_in(Decided(f"decided{self.count}", decisions))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.live))
        before = len(self.crm.rows("contacts"))
        undone = self.crm.undo(one.import_id)
        self.live.remove(one)
        self._note_emptied(one, {})
        self.undone.append(one)
        assert undone.reversed + undone.removed + undone.kept <= before

    @precondition(lambda self: self.undone)
    @rule(data=st.data())
    def import_what_was_undone(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.undone))
        self.undone.remove(one)
        self._bring_in(one)

    @rule(email=st.sampled_from(EMAILS))
    def erase(self, email: str) -> None:
        counted = {(one.given.import_id, one.place[1]): (one.state, one.reason) for one in self._model().records}
        person = self.crm.erase(email)
        gone = {(import_id, place) for import_id, place, _ in person.rows.iter_rows()}
        assert gone >= {(one.import_id, at) for one in self._files() for at in _places(one, {email})}
        self.erased |= person.addresses
        self.opted_out -= person.addresses
        self.emptied |= {place: counted[place] for place in gone}
        self.live = [self._without(one, gone) for one in self.live]

    @rule()
    def rebuild(self) -> None:
        self.crm.rebuild()

    @invariant()
    def it_is_the_fold_of_what_is_live(self) -> None:
        model = self._model()
        assert contacts(self.crm) == expected_contacts(model)
        assert records(self.crm) == expected_records(model)

    @invariant()
    def every_ledger_adds_up_and_counts_what_the_model_counts(self) -> None:
        model = self._model()
        for one in self._files():
            ledger = past_import(self.crm.connection, one.import_id).ledger
            ledger.check()
            assert ledger.rows == model.counts(one)

    @invariant()
    def no_address_has_two_contacts_that_are_not_flagged(self) -> None:
        twice = "SELECT email FROM contacts WHERE NOT is_duplicate GROUP BY email HAVING count(*) > 1"
        assert self.crm.connection.sql(twice).fetchall() == []

    def teardown(self) -> None:
        self.crm.connection.close()
        self.folder.cleanup()

    def _files(self) -> list[Given]:
        return [one for one in self.live if isinstance(one, Given)]

    def _model(self) -> Model:
        decisions = [one for decided in self.live if isinstance(decided, Decided) for one in decided.decisions]
        return Model(self._files(), decisions, self.opted_out, self.emptied)

    def _bring_in(self, one: Given | Decided) -> None:
        one = self._without(one)
        self.crm.bring_in(one)
        self.live.append(one)
        self._note_emptied(one, {})
        self._note_opt_outs()

    def _renew(self, one: Given) -> None:
        one = self._without(one)
        self.crm.bring_in(one)
        self.live = [one if old.import_id == one.import_id else old for old in self.live]
        self._note_emptied(one, self.emptied)
        self._note_opt_outs()

    def _without(self, one: Given | Decided, gone: Container[tuple[str, int]] = ()) -> Given | Decided:
        """What is left of a file when erased people are kept out of it."""
        if isinstance(one, Decided):
            kept = [d for d in one.decisions if not {d.email, d.met_email} & self.erased]
            return replace(one, decisions=kept)
        out = {*_places(one, self.erased), *(at for at in range(len(one.rows)) if (one.import_id, at) in gone)}
        return replace(one, rows=[TOMBSTONE if at in out else row for at, row in enumerate(one.rows)])

    def _note_emptied(self, one: Given | Decided, before: dict[tuple[str, int], tuple[str, str | None]]) -> None:
        """A row that was counted before its person was erased counts on; one that comes in empty is skipped."""
        rows = one.rows if isinstance(one, Given) and one in self.live else []
        places = [(one.import_id, at) for at, row in enumerate(rows) if row == TOMBSTONE]
        counted = {place: before.get(place, ("skipped", "erased")) for place in places}
        self.emptied = {place: state for place, state in self.emptied.items() if place[0] != one.import_id} | counted

    def _note_opt_outs(self) -> None:
        self.opted_out = self._model().addresses_opted_out()


CrmMachine.TestCase.settings = settings(
    max_examples=examples(9),
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a step costs too much to look for the shortest way
    report_multiple_bugs=False,
)
test_whatever_is_done_in_any_order_ends_in_the_fold_of_what_is_live = CrmMachine.TestCase
