"""Lists of activities are told from lists of people, by headers and values of the tools that write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contact_pipeline.errors import FileRefused
from contact_pipeline.intake.reading import read_source
from contact_pipeline.mapping.kinds import TableKind
from contact_pipeline.mapping.selection import MappedTable, holds_activities, map_tables, usable_tables
from contact_pipeline.settings import Limits

_NINE = [f"a{number % 3}@x.org,{{}},2024-05-{number + 10}" for number in range(9)]

# As the tools write them: name, lines, and the column of who, what, when and how often.
ACTIVITIES = {
    "Mailchimp": (
        ["Email Address,Action,Timestamp,URL,IP", "a@x.org,open,2024-05-01T10:00:00+00:00,,1.2.3.4",
         "a@x.org,click,2024-05-01T10:01:00+00:00,https://x.org,1.2.3.4", "b@x.org,bounce,2024-05-01T10:00:00+00:00,,"],
        ["Email Address", "Action", "Timestamp"],
    ),
    "HubSpot e-mail events": (
        ["Recipient,Event Type,Created (UTC),Campaign name", "a@x.org,OPEN,2024-05-01 10:00:00,Spring",
         "b@x.org,DELIVERED,2024-05-01 10:00:00,Spring", "b@x.org,CLICK,2024-05-01 10:00:00,Spring"],
        ["Recipient", "Event Type", "Created (UTC)"],
    ),
    "HubSpot activities": (
        ["Email,Activity type,Activity date,Activity assigned to", "a@x.org,Meeting,05/13/2024 10:00 AM,Quinn",
         "b@x.org,Call,05/14/2024 10:00 AM,Quinn"],
        ["Email", "Activity type", "Activity date"],
    ),
    "Marketo": (
        ["Email Address,Activity Date,Activity Type,Detail", 'a@x.org,"May 01, 2024 10:15 AM",Visit Web Page,/pricing',
         'b@x.org,"May 01, 2024 10:15 AM",Fill Out Form,Demo'],
        ["Email Address", "Activity Type", "Activity Date"],
    ),
    "Google Analytics": (
        ["user_email,event_name,event_timestamp,event_count", "a@x.org,page_view,1714557600000000,3",
         "b@x.org,file_download,1714557600000000,1"],
        ["user_email", "event_name", "event_timestamp", "event_count"],
    ),
    "SendGrid": (
        ["email,event,timestamp,url", "a@x.org,open,1714557600,", "a@x.org,unsubscribe,1714557800,"],
        ["email", "event", "timestamp"],
    ),
    "Salesforce tasks": (
        ["Email,Full Name,Activity Type,Activity Date,Subject",
         *(f"a{number % 3}@x.org,Ann Lee,Call,2024-05-{number + 10},Follow up" for number in range(9))],
        ["Email", "Activity Type", "Activity Date"],
    ),
    "words of one's own": (
        ["Email,Activity Type,Activity Date", *(line.format("Showroom") for line in _NINE)],
        ["Email", "Activity Type", "Activity Date"],
    ),
    "type and date": (
        ["Email,Type,Date", "a@x.org,Visit,2024-05-13", "a@x.org,Click,2024-05-14"],
        ["Email", "Type", "Date"],
    ),
    "German": (
        ["E-Mail,Aktivität,Datum,Uhrzeit", "a@x.org,Seitenaufruf,13.05.2024,10:15", "b@x.org,E-Mail geöffnet,14.05.2024,11:15"],
        ["E-Mail", "Aktivität", "Datum", "Uhrzeit"],
    ),
    "French": (
        ["Adresse e-mail,Type d'activité,Date,Nombre", "a@x.org,Visite,13/05/2024,2", "b@x.org,Téléchargement,14/05/2024,1"],
        ["Adresse e-mail", "Type d'activité", "Date", "Nombre"],
    ),
    "Spanish": (
        ["Correo electrónico,Tipo de actividad,Fecha", "a@x.org,Visita,13/05/2024", "b@x.org,Descarga,14/05/2024"],
        ["Correo electrónico", "Tipo de actividad", "Fecha"],
    ),
    "Italian": (
        ["Email,Tipo attività,Data", "a@x.org,Visita,13/05/2024", "b@x.org,Scaricamento,14/05/2024"],
        ["Email", "Tipo attività", "Data"],
    ),
    "Dutch": (
        ["E-mailadres,Activiteit,Datum", "a@x.org,Bezoek,13-05-2024", "b@x.org,Geopend,14-05-2024"],
        ["E-mailadres", "Activiteit", "Datum"],
    ),
    "Portuguese": (
        ["E-mail,Tipo de atividade,Data", "a@x.org,Visita,13/05/2024", "b@x.org,Clicou,14/05/2024"],
        ["E-mail", "Tipo de atividade", "Data"],
    ),
}  # fmt: skip

PEOPLE = {
    "what was last": ["Email,Last Activity,Last Activity Date", "a@x.org,Call,2024-05-13", "b@x.org,Visit,2024-05-14"],
    "where they came from": ["Email,Lead Source,Create Date", "a@x.org,Webinar,2024-05-01", "b@x.org,Event,2024-05-02"],
    "attendees": ["Email,Name,Company,Event,Registered On", "a@x.org,Ann Lee,Acme,Webinar,2024-05-13"],
    "kinds of customers": ["Email,Type,Created Date", "a@x.org,Customer,2024-05-01", "b@x.org,Partner,2024-05-02"],
    "a name each": ["Email,Full Name,Activity,Date", "a@x.org,Ann Lee,Call,2024-05-13", "b@x.org,Bo Ray,Visit,2024-05-13"],
    "telephones": ["Email,Phone,Activity Type,Activity Date", *(line.format("+44 20 7946 0000,Call") for line in _NINE)],
    "names of events": ["Email,Event,Event Date", "a@x.org,SaaStr 2024,2024-05-01", "b@x.org,Hannover,2024-05-02"],
    "what is to be done": ["Email,Action,Date", "a@x.org,keep,2024-05-01", "b@x.org,delete,2024-05-02"],
    "subscribers": ["Email Address,Status,Opt-in Time", "a@x.org,subscribed,2024-05-01"],
    "titles": ["Email,Title,Date", "a@x.org,Manager,2024-05-01"],
    "no dates": ["Email,Activity Type,Activity Date", "a@x.org,Call,soon", "b@x.org,Visit,later"],
}  # fmt: skip


def _mapped(folder: Path, lines: list[str], overrides: dict[str, str] | None = None) -> MappedTable:
    path = folder / "list.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (one,) = map_tables(read_source(path, Limits()), overrides or {})
    return one


@pytest.mark.parametrize("name", ACTIVITIES)
def test_exports_of_activities_are_known_with_their_columns(name: str, tmp_path: Path) -> None:
    lines, expected = ACTIVITIES[name]
    one = _mapped(tmp_path, lines)
    assert one.kind is TableKind.ACTIVITIES
    order = ("email", "activity", "happened_at", "times")
    mapped = sorted((order.index(str(c.field)), c.index, c.header) for c in one.plan.columns if c.field)
    assert [header for _, _, header in mapped] == expected
    assert all(c.confidence > 0.5 and c.reason for c in one.plan.columns if c.field)


@pytest.mark.parametrize("name", PEOPLE)
def test_lists_of_people_are_never_taken_for_activities(name: str, tmp_path: Path) -> None:
    assert _mapped(tmp_path, PEOPLE[name]).kind is TableKind.CONTACTS


def test_columns_may_be_named_by_hand(tmp_path: Path) -> None:
    lines = ["Email,Verb,Moment,Often", "a@x.org,frob,2024-05-13,2"]
    assert _mapped(tmp_path, lines).kind is TableKind.CONTACTS
    one = _mapped(tmp_path, lines, {"verb": "activity", "Moment": "happened_at", "Often": "times"})
    assert one.kind is TableKind.ACTIVITIES
    assert [column.field for column in one.plan.columns] == ["email", "activity", "happened_at", "times"]


def test_a_column_given_another_meaning_by_hand_is_no_sign_of_activities(tmp_path: Path) -> None:
    lines, _ = ACTIVITIES["Mailchimp"]
    assert _mapped(tmp_path, lines, {"Action": "custom"}).kind is TableKind.CONTACTS


def test_activities_without_addresses_are_refused_for_that(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("Contact ID,Event,Date\n17,Webinar,2024-05-01\n18,Webinar,2024-05-01\n", encoding="utf-8")
    source = read_source(path, Limits())
    with pytest.raises(FileRefused, match="none of its columns is an e-mail column") as caught:
        usable_tables(source, {})
    assert caught.value.reason == "activities_file"
    assert not holds_activities(source, {})


@pytest.mark.corpus
def test_of_all_given_files_only_those_of_activities_are_taken_for_such() -> None:
    folder = Path(__file__).parents[4] / "shared" / "data" / "import_files"
    if not folder.exists():
        pytest.skip("../shared/data is not here")
    found = set()
    for path in sorted(folder.rglob("*.csv")):
        try:
            source = read_source(path, Limits())
        except FileRefused:
            continue
        if holds_activities(source, {}):
            found.add(path.name)
    assert found == {"activity.csv", "activityexternalidentifier.csv"}
