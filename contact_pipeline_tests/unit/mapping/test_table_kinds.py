"""Which kind of table a table is, and what a file is refused for that holds none to import."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipeline import stages
from contact_pipeline.errors import FileRefused
from contact_pipeline.home import Home
from contact_pipeline.intake.reading import read_source
from contact_pipeline.intake.receipt import receive
from contact_pipeline.mapping.kinds import TableKind
from contact_pipeline.mapping.outcomes import CONTACT_ID_HEADER, OUTCOME_HEADER
from contact_pipeline.mapping.selection import choose, map_tables, usable_tables
from contact_pipeline.settings import Limits
from contact_pipeline.validation import quarantine

_FILES = {
    TableKind.CONTACTS: [
        "Email,First Name,Last Name,Company\nann@x.org,Ann,Abbott,Acme\n",
        "Email\nann@x.org\nbob@x.org\n",
        "Email,Event,Event Date,First Name\nann@x.org,Trade fair,2024-05-01,Ann\nbob@x.org,Fair,2024-05-02,Bob\n",
        "Email,Type,Created Date\nann@x.org,Customer,2024-05-01\nbob@x.org,Partner,2024-05-02\n",
        "Contact ID,Email,Outcome\n17,ann@x.org,Won\n18,bob@x.org,Lost\n",  # of another tool
    ],
    TableKind.ACTIVITIES: [
        "Email,Activity Type,Timestamp\nann@x.org,Page view,2024-05-01 10:00\nann@x.org,Download,2024-05-02 11:30\n",
        "email,event_name,occurred_at,url\nann@x.org,opened,2024-05-01T10:00:00Z,https://x.org\n",
        "Contact ID,Event,Date\n17,Webinar,2024-05-01\n18,Webinar,2024-05-01\n",
    ],
    TableKind.DECISIONS: ["Decision,Row e-mail,Row name,Match e-mail\nskip,a@x.org,Ann,b@x.org\n"],
    TableKind.MENDED: [
        f"{quarantine.SHEET},{quarantine.LINE},{quarantine.REASONS},Email\n,7,no e-mail address,ann@x.org\n"
    ],
    TableKind.WORKBOOK: [f"Name,E-mail,{OUTCOME_HEADER},{CONTACT_ID_HEADER}\nAnn,ann@x.org,Won,c0123456789abcdef\n"],
    TableKind.OTHER: [
        "First Name,Last Name,Phone\nAnn,Abbott,+44 20 7946 0000\n",
        "Deal,Amount,Stage\nBig one,1000,Won\n",
        "Company,Website,Industry\nAcme,acme.example,Tools\n",
    ],
}
_CASES = [(kind, text) for kind, texts in _FILES.items() for text in texts]


def _write(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize(("kind", "text"), _CASES, ids=[f"{kind}-{i}" for i, (kind, _) in enumerate(_CASES)])
def test_the_columns_tell_the_kind(kind: TableKind, text: str, tmp_path: Path) -> None:
    source = read_source(_write(tmp_path, text), Limits())
    assert [one.kind for one in map_tables(source, {})] == [kind]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (TableKind.ACTIVITIES, "activities_file"),
        (TableKind.OTHER, "other_file"),
    ],
)
def test_what_is_not_contacts_is_refused_by_name(kind: TableKind, reason: str, tmp_path: Path) -> None:
    source = read_source(_write(tmp_path, _FILES[kind][-1]), Limits())
    with pytest.raises(FileRefused) as caught:
        usable_tables(source, {})
    assert caught.value.reason == reason
    assert str(caught.value).startswith("list.csv: ")
    assert "\n" not in str(caught.value)


def test_people_without_an_address_are_refused_for_that(tmp_path: Path) -> None:
    source = read_source(_write(tmp_path, _FILES[TableKind.OTHER][0]), Limits())
    with pytest.raises(FileRefused, match="e-mail") as caught:
        usable_tables(source, {})
    assert caught.value.reason == "no_email_column"


def test_a_blank_column_of_addresses_is_as_good_as_none(tmp_path: Path) -> None:
    source = read_source(_write(tmp_path, "Name,Email,City\nAnn,,Rome\nBob,,Oslo\n"), Limits())
    with pytest.raises(FileRefused, match="blank in all 2 rows") as caught:
        usable_tables(source, {})
    assert caught.value.reason == "no_emails"


def test_our_duplicate_report_is_recognised_by_the_columns_that_it_has(home: Home, tmp_path: Path) -> None:
    twice = _write(tmp_path, "Email,Name\na@x.org,Ann\na@x.org,Ann\n")
    receipt = receive(home, twice, home.settings.options_for(twice.name))
    stages.stage_raw_file(home, receipt)
    stages.stage_mapped_contacts(home, receipt)
    stages.stage_validated_contacts(home, receipt)
    stages.report_duplicates(home, receipt)
    for name in ("duplicates.csv", "duplicates.xlsx"):
        mapped = map_tables(read_source(home.reports / receipt.import_id / name, Limits()), {})
        assert mapped[0].kind is TableKind.DECISIONS
        assert choose(mapped, name) == mapped[:1]
