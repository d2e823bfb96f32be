"""Outcomes that reps told, in any order with all else that can be done to a CRM: it ends as the fold of what is live."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from contact_pipeline import stages
from contact_pipeline.cleaning.outcomes import clean_outcomes
from contact_pipeline.crm.history import past_import
from contact_pipeline.intake.receipt import Receipt
from contact_pipeline.matching.told import addresses_told
from contact_pipeline.settings import ImportOptions, ImportSettings
from contact_pipeline.validation.outcomes import judge_outcomes
from contact_pipeline_tests.unit.crm.fold_model import RECEIVED, Decided, Decision, Given
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm

EMAILS = ("ann@acme.example", "bob@acme.example")
NAMES = ("Ann", "Peter", None)
WORDS = ("Won", "Lost", "Meeting booked", "Not reached", "banana")
POLICIES = st.sampled_from(["update", "update", "create", "skip"])
_PEOPLE = st.lists(st.tuples(st.sampled_from(EMAILS), st.sampled_from(NAMES)), min_size=1, max_size=3)
_PERSON = st.tuples(st.sampled_from(EMAILS), st.sampled_from(("ann", "peter")))

Rows = list[tuple[str | None, str]]  # Contact ID and Outcome


class Told:
    """A workbook that came back. Whose its ids are is found out once, as the stages on disk keep it."""

    def __init__(self, name: str, rows: Rows, crm: SmallCrm) -> None:
        self.import_id, self.rows = f"{name}@{0:012d}", rows
        cells = pl.DataFrame(
            {
                "line": range(2, 2 + len(rows)),
                "told_of": [one for one, _ in rows],
                "outcome": [word for _, word in rows],
            },
            schema={"line": pl.Int64, "told_of": pl.String, "outcome": pl.String},
        ).with_columns(pl.lit("data").alias("kind"), *(pl.lit(None, pl.String).alias(c) for c in ("problem", "raw")))
        cleaned = clean_outcomes(cells, ImportSettings()).with_row_index("ordinal").cast({"ordinal": pl.Int64})
        known = addresses_told(crm.connection, cleaned["told_of"])
        self.judged = judge_outcomes(cleaned, known, RECEIVED).insert_column(0, pl.lit("").alias("sheet"))

    def fold_into(self, crm: SmallCrm) -> None:
        for asset, metadata in (("mapped_contacts", {"contact_pipeline.plans": "[]"}), ("validated_contacts", {})):
            path = crm.home.stage(asset, self.import_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            self.judged.write_parquet(path, metadata=metadata)
        receipt = Receipt(
            import_id=self.import_id, file_name="leads.xlsx", sha256=self.import_id.ljust(64, "0"), size=1,
            received_at=RECEIVED, who="tester", kind="workbook", options=ImportOptions(),
        )  # fmt: skip
        stages.fold_into(crm.connection, crm.home, receipt)


def bring_in(crm: SmallCrm, one: Given | Decided | Told) -> None:
    one.fold_into(crm) if isinstance(one, Told) else crm.bring_in(one)


_CONTACTS = "SELECT * EXCLUDE (is_scored, company_id) FROM contacts ORDER BY ALL"
_RECORDS = """SELECT import_id, line, match_key, contact_id, contributes, state, reason, told_of FROM records
    ORDER BY import_id, line"""


def state(crm: SmallCrm) -> dict[str, list[tuple[Any, ...]]]:
    return {name: crm.connection.sql(query).fetchall() for name, query in (("c", _CONTACTS), ("r", _RECORDS))}


class OutcomeMachine(RuleBasedStateMachine):
    """A small CRM, and beside it what is live, in sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.crm = SmallCrm(Path(self.folder.name))
        self.live: list[Given | Decided | Told] = []
        self.undone: list[Given | Decided | Told] = []
        self.ids: set[str] = set()
        self.count = 0

    def _take(self, one: Given | Decided | Told) -> None:
        bring_in(self.crm, one)
        self.live.append(one)
        self.ids |= {row[0] for row in self.crm.connection.execute("SELECT contact_id FROM contacts").fetchall()}

    def _name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    @rule(people=_PEOPLE, policy=POLICIES)
    def import_people(self, people: list[tuple[str, str | None]], policy: Any) -> None:
        rows = [{"email": email, "first_name": name} for email, name in people]
        self._take(Given(self._name("people"), rows, policy))

    @precondition(lambda self: self.ids)
    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        ids = st.sampled_from([*sorted(self.ids), "c0123456789abcdef", None])
        rows = data.draw(st.lists(st.tuples(ids, st.sampled_from(WORDS)), min_size=1, max_size=4))
        self._take(Told(self._name("told"), rows, self.crm))

    @precondition(lambda self: any(isinstance(one, Given) for one in self.live))
    @rule(data=st.data(), one=_PERSON, other=_PERSON, word=st.sampled_from(["update", "keep apart", "skip", "create"]))
    def decide(self, data: st.DataObject, one: tuple[str, str], other: tuple[str, str], word: str) -> None:
        of = data.draw(st.sampled_from([one for one in self.live if isinstance(one, Given)])).import_id
        if one != other:
            self._take(Decided(self._name("decided"), [Decision(*one, *other, word, of)]))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.live))
        self.crm.undo(one.import_id)
        self.live.remove(one)
        self.undone.append(one)

    @precondition(lambda self: self.undone)
    @rule(data=st.data())
    def import_what_was_undone(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.undone))
        self.undone.remove(one)
        self._take(one)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def import_again(self, data: st.DataObject) -> None:
        bring_in(self.crm, data.draw(st.sampled_from(self.live)))

    @invariant()
    def an_outcome_founds_nobody_and_every_ledger_adds_up(self) -> None:
        founders = "SELECT contact_id FROM records WHERE contributes GROUP BY ALL HAVING bool_and(told_of IS NOT NULL)"
        assert self.crm.connection.execute(founders).fetchall() == []
        for one in self.live:
            past_import(self.crm.connection, one.import_id).ledger.check()

    def teardown(self) -> None:
        self._is_the_fold_of_what_is_live()
        self.crm.connection.close()
        self.folder.cleanup()

    def _is_the_fold_of_what_is_live(self) -> None:
        found = state(self.crm)
        with tempfile.TemporaryDirectory() as folder:
            fresh = SmallCrm(Path(folder))
            for one in self.live:
                bring_in(fresh, one)
            assert found == state(fresh)
        self.crm.rebuild()
        assert state(self.crm) == found


TestOutcomes = OutcomeMachine.TestCase
TestOutcomes.settings = settings(
    max_examples=4,
    stateful_step_count=7,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
