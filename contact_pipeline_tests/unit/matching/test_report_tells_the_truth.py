"""Whatever the file and whatever was decided before: each row ends as its line of the duplicate report said."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from contact_pipeline.crm.refolding import refold_addresses
from contact_pipeline.settings import Policy
from contact_pipeline_tests.effort import examples
from contact_pipeline_tests.unit.crm.fold_model import Given, Row
from contact_pipeline_tests.unit.crm.small_crm import SmallCrm
from contact_pipeline_tests.unit.matching.duplicate_finding import found_in, person

EMAILS = ("ann@acme.example", "bob@acme.example", "cy@acme.example")
POLICIES: tuple[Policy, ...] = ("update", "skip", "create")
# What is said -> the states and reasons that records then have.
MEANS: dict[str, set[tuple[str, str | None]]] = {
    "updates the contact": {("updated", None), ("unchanged", None)},
    "folded into one contact, later values win": {("skipped", "duplicate in file")},
    "the contact is left alone, the row is skipped": {("skipped", "contact exists and the policy is skip")},
    "the first row is used, this one is skipped": {("skipped", "duplicate in file")},
    "becomes a second contact, flagged as duplicate": {("created", None)},
    "becomes a contact of its own": {("created", None)},
    "updates the contact of its own address": {("updated", None), ("unchanged", None)},
    "held: shared mailbox?": {("skipped", "shared mailbox?")},
    "left out: duplicate in file": {("skipped", "duplicate in file")},
    "left out: contact exists and the policy is skip": {("skipped", "contact exists and the policy is skip")},
    "left out: decided: skip": {("skipped", "decided: skip")},
    "as decided before: skip": {("skipped", "decided: skip")},
}

_rows = st.builds(
    lambda email, first, phone: person(email, first, **({"phone": phone} if phone else {})),
    st.sampled_from(EMAILS),
    st.sampled_from(("Ann", "Anna", "Bob", None)),
    st.sampled_from(("+442079460001", None)),
)
_files = st.lists(_rows, min_size=1, max_size=5)
_skips = st.lists(st.tuples(st.sampled_from(EMAILS), st.sampled_from(("ann lee", "bob lee"))), max_size=2)


@settings(max_examples=examples(9))
@given(old=_files, new=_files, policy=st.sampled_from(POLICIES), skips=_skips)
def test_each_row_ends_as_its_line_of_the_report_said(
    old: list[Row], new: list[Row], policy: Policy, skips: list[tuple[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        crm = SmallCrm(Path(folder))
        crm.bring_in(Given("old", old))
        for email, name in skips:
            crm.connection.execute(
                "INSERT INTO decisions BY NAME SELECT 99 AS sequence, ? AS email, ? AS person, ? AS met_email, "
                "'nobody' AS met_person, 'skip' AS decision",
                [email, name, email],
            )
        refold_addresses(crm.connection, EMAILS, {})
        one = Given("new", new, policy)
        told = found_in(crm, one).matches
        crm.bring_in(one)
        states = crm.states("new")
        for ordinal, outcome in told.select("ordinal", "outcome").iter_rows():
            assert states[ordinal] in MEANS[outcome]
        in_report = set(told["ordinal"])
        for ordinal, (state, reason) in enumerate(states):
            is_left_out = reason == "decided: skip"
            assert state == "created" or ordinal in in_report or is_left_out
        assert found_in(crm, one).matches.equals(told)
