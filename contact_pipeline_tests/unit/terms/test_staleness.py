"""Imports against the settings of today: what is stale is told with its reason, nothing else is, and running it again heals it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contact_pipeline import stages, turning_back
from contact_pipeline.crm.session import open_crm, read_crm
from contact_pipeline.errors import UsageError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import read_receipt
from contact_pipeline.reruns import first_stage, imports_to_rerun, renew_options, staleness_now
from contact_pipeline.terms.stale import Staleness
from contact_pipeline_tests.e2e.small_home import SmallHome
from contact_pipeline_tests.effort import examples

# Each gives some setting something to decide on.
FILES = {
    "people.csv": (
        "Email,First Name,Phone,Ansprechpartner,Converted,Created Date,Colour",
        "ann@acme.example,Ann,020 7946 0001,Ann Lee,won,03/04/2026,<clear>",
        "bob@acme.example,Bob,030 901820,Bob Ray,sold,05/06/2026,some blue that is long",
    ),
    "plain.csv": ("Email,Company", "ann@acme.example,Acme", "cy@tarn.example,<clear>"),
    "visits.csv": (
        "Email,Activity,Activity Date",
        "ann@acme.example,Page view,03/04/2026 10:00",
        "ann@acme.example,Showroom,05/04/2026 11:00",
        "bob@acme.example,Page view,06/04/2026 12:00",
    ),
}
# Lines of settings.toml by the section they stand in.
CHANGES = {
    'policy = "skip"': "imports",
    'date_order = "day_first"': "imports",
    'default_country = "GB"': "imports",
    'won_words = ["sold"]': "imports",
    'lost_words = ["won"]': "imports",
    'clear_token = ""': "imports",
    'activity_words = {visit = ["Showroom"]}': "imports",
    '"Ansprechpartner" = "owner"': "imports.mapping",
    '"company" = "exclude"': "imports.mapping",
    '"Not there" = "email"': "imports.mapping",
    '"Colour" = "custom"': "imports.mapping",
    "cell_bytes = 20": "limits",
    "cell_bytes = 100000": "limits",
    "rows = 1000": "limits",
}  # fmt: skip


_FOLDED = "* EXCLUDE (company_id)"  # companies are brought up to date by a step of their own


def _toml(lines: list[str]) -> str:
    """No key twice; sections one after the other."""
    by_key = {line.split(" = ")[0]: line for line in lines}
    sections = {section: [line for line in by_key.values() if CHANGES[line] == section] for section in CHANGES.values()}
    return "\n".join("\n".join([f"[{section}]", *held]) for section, held in sections.items())


def _taken(folder: Path, toml: str) -> SmallHome:
    small = SmallHome(folder, toml)
    for name, lines in FILES.items():
        small.take(*lines, name=name)
    return small


def _rows(home: Home, table: str, columns: str = "* EXCLUDE (as_of)") -> pl.DataFrame:
    with read_crm(home) as connection:
        return connection.sql(f"SELECT {columns} FROM {table} ORDER BY ALL").pl()


def _of(home: Home, name: str) -> str:
    return next(path.name for path in home.inbox.iterdir() if path.name.startswith(name.split(".")[0]))


def _follow(home: Home) -> None:
    """What `rerun --stale` does up to the CRM."""
    found = staleness_now(home)
    if found.survivorship:
        turning_back.rebuild(home)
    for import_id in [one.import_id for one in found.imports]:
        renew_options(home, [import_id])
        stages.stage_raw_file(home, read_receipt(home, import_id))
        receipt = read_receipt(home, import_id)
        stages.stage_mapped_contacts(home, receipt)
        stages.stage_validated_contacts(home, receipt)
        stages.take_into_crm(home, receipt)


@pytest.fixture(scope="module")
def under_defaults(tmp_path_factory: pytest.TempPathFactory) -> SmallHome:
    """The files, taken in without any setting; tests work on copies."""
    return _taken(tmp_path_factory.mktemp("defaults"), "")


@pytest.fixture
def changed(under_defaults: SmallHome, tmp_path: Path) -> Iterator[Callable[[str], Home]]:
    """A copy of that home, with other settings."""

    def copy(toml: str) -> Home:
        shutil.copytree(under_defaults.home.root, tmp_path / "copy")
        (tmp_path / "copy" / "settings.toml").write_text(toml, encoding="utf-8")
        return Home(tmp_path / "copy")

    yield copy


def _told(found: Staleness) -> dict[str, list[str]]:
    return {one.import_id.split("@")[0]: one.in_words for one in found.imports}


@settings(max_examples=examples(2), phases=(Phase.generate,))  # shrinking would take minutes
@given(lines=st.lists(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=4, unique=True))
def test_what_is_not_stale_is_as_it_would_come_out_now_and_running_the_rest_again_makes_it_so(
    under_defaults: SmallHome, lines: list[str]
) -> None:
    toml = _toml(lines)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(under_defaults.home.root, Path(folder) / "old")
        (Path(folder) / "old" / "settings.toml").write_text(toml, encoding="utf-8")
        old, new = Home(Path(folder) / "old"), _taken(Path(folder) / "new", toml).home
        stale = {one.import_id for one in staleness_now(old).imports}
        # Values, not links: whom a row is linked to depends on the other imports too.
        values = "import_id, sequence, * EXCLUDE (import_id, sequence, as_of, contact_id, state, reason, contributes, policy)"
        untouched = pl.col("import_id").is_in(stale).not_()
        assert _rows(old, "records", values).filter(untouched).equals(_rows(new, "records", values).filter(untouched))
        _follow(old)
        assert staleness_now(old).is_none
        assert staleness_now(new).is_none
        for table, columns in (("records", "* EXCLUDE (as_of)"), ("contacts", _FOLDED), ("activities", "*")):
            assert _rows(old, table, columns).equals(_rows(new, table, columns)), table
        turning_back.rebuild(old)
        assert _rows(old, "contacts", _FOLDED).equals(_rows(new, "contacts", _FOLDED))


def test_the_differences_are_told_in_words(changed: Callable[[str], Home]) -> None:
    home = changed(
        '[imports]\npolicy = "skip"\ndate_order = "day_first"\nwon_words = ["won", "sold"]\n'
        'activity_words = {visit = ["Showroom"]}\n[imports.mapping]\n"ansprechpartner" = "owner"\n'
    )
    told = _told(staleness_now(home))
    assert told["plain"] == ["policy update -> skip"]
    assert told["visits"] == ["date_order auto -> day_first", "activity_words 'visit: Showroom' added"]
    assert told["people"][:2] == ["mapping of 'Ansprechpartner': full_name -> owner", "policy update -> skip"]
    assert "won_words 'sold' added, 'closed won' gone" in told["people"][3]


def test_a_mapping_that_gives_the_same_for_this_file_is_no_difference(changed: Callable[[str], Home]) -> None:
    home = changed('[imports.mapping]\n"Email" = "email"\n"Colour" = "custom"\n"Nowhere" = "exclude"\n')
    assert staleness_now(home).is_none


def test_a_column_set_by_hand_is_stale_once_the_setting_is_gone(tmp_path: Path) -> None:
    small = SmallHome(tmp_path, '[imports.mapping]\n"Colour" = "exclude"\n')
    small.take(*FILES["people.csv"], name="people.csv")
    (small.home.root / "settings.toml").write_text("")
    home = Home(small.home.root)
    assert _told(staleness_now(home)) == {"people": ["mapping of 'Colour': exclude -> as recognised"]}
    _follow(home)
    assert staleness_now(home).is_none


def test_a_policy_given_as_a_flag_is_never_stale_and_stays(tmp_path: Path) -> None:
    small = SmallHome(tmp_path)
    small.take(*FILES["plain.csv"], name="plain.csv", policy="create")
    (small.home.root / "settings.toml").write_text('[imports]\npolicy = "skip"\nclear_token = "-"\n')
    home = Home(small.home.root)
    assert _told(staleness_now(home)) == {"plain": ["clear_token <clear> -> -"]}
    _follow(home)
    assert read_receipt(home, _of(home, "plain")).options.policy == "create"


def test_an_opt_out_from_the_name_of_the_file_is_never_lifted(tmp_path: Path) -> None:
    small = SmallHome(tmp_path)
    small.take(*FILES["plain.csv"], name="unsubscribed.csv")
    (small.home.root / "settings.toml").write_text('[[files]]\nmatch = "*"\nopted_out = false\n')
    assert staleness_now(Home(small.home.root)).is_none


def test_what_an_older_version_did_not_write_down_is_not_called_stale(changed: Callable[[str], Home]) -> None:
    home = changed('[imports]\npolicy = "skip"\nclear_token = "-"\ndate_order = "day_first"\n')
    with open_crm(home) as connection:
        connection.execute(
            "UPDATE imports SET terms = NULL, options = json_merge_patch(options, '{\"policy_from\": null}')"
        )
    assert _told(staleness_now(home)) == {name: ["date_order auto -> day_first"] for name in ("people", "visits")}


def test_mended_rows_follow_the_import_they_were_set_aside_from(tmp_path: Path) -> None:
    small = SmallHome(tmp_path)
    small.take(
        "Email,Created Date,Colour", "no-address,03/04/2026,red", "ann@acme.example,04/04/2026,blue", name="people.csv"
    )
    mended = small.set_aside().with_columns(Email=pl.lit("bob@acme.example"))
    small.take_bytes(mended.write_csv().encode(), "mended.csv")
    toml = '[[files]]\nmatch = "people.csv"\ndate_order = "day_first"\nmapping = {Colour = "exclude"}\n'
    (small.home.root / "settings.toml").write_text(toml)
    home = Home(small.home.root)
    words = ["mapping of 'Colour': custom -> exclude", "date_order auto -> day_first"]
    assert _told(staleness_now(home)) == {"people": words, "mended": words}
    _follow(home)
    assert staleness_now(home).is_none
    dates = _rows(home, "records", "created_at")["created_at"].dt.to_string("%d %b").to_list()
    assert dates == ["03 Apr", "04 Apr"]


def test_a_changed_rule_makes_contacts_stale_until_they_are_computed_anew(changed: Callable[[str], Home]) -> None:
    home = changed('[imports]\nsurvivorship = {company = "fill", phone = "newest"}\n')
    assert staleness_now(home).survivorship == ("survivorship of company: newest -> fill",)
    turning_back.rebuild(home)
    assert staleness_now(home).is_none


def test_a_rule_that_counted_for_some_imports_only_is_told_also_once_it_is_taken_back(
    changed: Callable[[str], Home],
) -> None:
    home = changed('[imports]\nsurvivorship = {company = "fill"}\n')
    stages.take_into_crm(home, read_receipt(home, _of(home, "plain")))
    (home.root / "settings.toml").write_text("")
    assert staleness_now(Home(home.root)).survivorship == ("survivorship of company: fill -> newest",)


def test_more_than_a_hundred_imports_are_all_compared(changed: Callable[[str], Home]) -> None:
    home = changed('[imports]\nclear_token = "-"\n')
    with open_crm(home) as connection:
        connection.execute(
            """INSERT INTO imports BY NAME
            SELECT * EXCLUDE (n) REPLACE (format('copy@{:012d}', n) AS import_id, sequence + n AS sequence)
            FROM imports, (SELECT unnest(range(1, 121)) AS n) WHERE import_id LIKE 'plain@%'"""
        )
    assert len(staleness_now(home).imports) == 122
    assert imports_to_rerun(home, None, every=False, stale=True)[-1] == "copy@000000000120"


def test_new_settings_reach_only_stages_up_to_the_mapping_and_begin_at_the_bytes_where_they_must(
    changed: Callable[[str], Home],
) -> None:
    home = changed("[limits]\ncell_bytes = 10\n")
    found, plain = staleness_now(home), _of(home, "plain")
    assert first_stage("mapped_contacts", [plain], found) == "raw_file"
    assert first_stage("mapped_contacts", [plain], Staleness((), ())) == "mapped_contacts"
    with pytest.raises(UsageError, match="mapped_contacts"):
        first_stage("crm_contacts", [plain], found)


def test_terms_hold_no_row_of_the_file(under_defaults: SmallHome) -> None:
    with read_crm(under_defaults.home) as connection:
        stored = connection.sql("SELECT string_agg(terms::VARCHAR) FROM imports").fetchall()[0][0]
    assert "acme" not in json.dumps(stored)
