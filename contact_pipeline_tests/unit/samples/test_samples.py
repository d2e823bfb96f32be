from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import polars as pl
import pytest
import xgboost as xgb
from numpy.typing import NDArray

from benchmarks.sample_files.cast import make_cast
from benchmarks.samples import SAMPLE_FOLDER, SEED, write_samples

CSV_FILES = {
    "hubspot_contacts.csv": "utf-8",
    "salesforce_leads.csv": "utf-8",
    "kontakte_dach.csv": "cp1252",
    "web_and_mail_activity.csv": "utf-8",
}
WORKBOOK = "event_attendees.xlsx"
PHONE_HEADERS = {"Phone Number", "Mobile Phone Number", "Phone", "Mobile", "Telefon", "Mobil"}

# Digits after country code and trunk zero; written from the regulators' pages, not from the generator.
FICTITIOUS = re.compile(
    r"1?[2-9]\d\d55501\d\d"
    r"|(?:44)?(?:2079460\d{3}|(?:113|117|121|131|161)4960\d{3}|2920180\d{3}|7700900\d{3})"
    r"|(?:49)?(?:3023125|4066969|6990009|2214710|8999998)\d{3}|(?:49)?(?:17139200|176040690)\d\d"
    r"|(?:33)?(?:19900|26191|35301|46571|53649|63998)\d{4}"
    r"|(?:61)?[2378]5550\d{4}|(?:61)?491570(?:006|156|157|158|159|110)"
    r"|(?:46)?(?:8465004|4062804|3139006)\d\d"
)


@pytest.fixture(scope="module")
def regenerated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    write_samples(folder)
    return folder


def csv_rows(name: str) -> list[dict[str, str]]:
    text = (SAMPLE_FOLDER / name).read_bytes().decode(CSV_FILES[name])
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if name.startswith("kontakte") else ","))


def attendee_rows() -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(SAMPLE_FOLDER / WORKBOOK)["Attendees"]
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def attendees() -> list[dict[str, object]]:
    rows = attendee_rows()
    return [dict(zip(map(str, rows[3]), row, strict=True)) for row in rows[4:-1]]


def salesforce_leads() -> list[dict[str, str]]:
    return csv_rows("salesforce_leads.csv")[:1500]


def emails(rows: list[dict[str, str]], header: str) -> set[str]:
    return {row[header].strip().lower() for row in rows if row[header] and "@" in row[header]}


@pytest.mark.parametrize("name", CSV_FILES)
def test_generating_again_gives_the_bytes_in_git(regenerated: Path, name: str) -> None:
    assert (regenerated / name).read_bytes() == (SAMPLE_FOLDER / name).read_bytes()


def test_generating_the_workbook_again_gives_the_parts_in_git(regenerated: Path) -> None:
    """Part by part: another zlib may squeeze the same parts into other bytes."""
    parts = []
    for folder in (regenerated, SAMPLE_FOLDER):
        with zipfile.ZipFile(folder / WORKBOOK) as archive:
            parts.append({entry.filename: (entry.date_time, archive.read(entry)) for entry in archive.infolist()})
    assert parts[0] == parts[1]


def test_two_runs_write_the_same_workbook_byte_for_byte(regenerated: Path, tmp_path: Path) -> None:
    write_samples(tmp_path)
    assert (tmp_path / WORKBOOK).read_bytes() == (regenerated / WORKBOOK).read_bytes()


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    write_samples(tmp_path, seed=1)
    with (tmp_path / "hubspot_contacts.csv").open(encoding="utf-8", newline="") as file:
        others = emails(list(csv.DictReader(file)), "Email")
    assert len(others & emails(csv_rows("hubspot_contacts.csv"), "Email")) < len(others) / 4


def test_no_address_belongs_to_anybody_real() -> None:
    texts = [(SAMPLE_FOLDER / name).read_bytes().decode(encoding) for name, encoding in CSV_FILES.items()]
    texts.append("\n".join(str(cell) for row in attendee_rows() for cell in row))
    for text in texts:
        hosts = re.findall(r"@([\w-]+(?:\.[\w-]+)+)", text) + re.findall(r"https?://(?:www\.)?([\w.-]+)", text)
        assert hosts
        assert {host for host in hosts if not host.lower().endswith((".example", ".test"))} <= {"linkedin.com"}
        assert all(handle.startswith("sample-") for handle in re.findall(r"linkedin\.com/in/(\S*)", text))


def test_every_telephone_number_is_from_a_range_kept_free_for_fiction() -> None:
    contacts = csv_rows("hubspot_contacts.csv") + salesforce_leads() + csv_rows("kontakte_dach.csv")
    rows: list[Mapping[str, object]] = [*contacts, *attendees()]
    numbers = [str(row[header]) for row in rows for header in PHONE_HEADERS & set(row) if row[header]]
    digits = [re.sub(r"\D", "", re.sub(r" x\d+$|\(0\)", "", number)).lstrip("0") for number in numbers]
    assert len(digits) > 5_000
    strays = [number for number in digits if not FICTITIOUS.fullmatch(number)]
    # The row that lost its first cell shows the cells of its neighbours.
    assert len(strays) <= 2, strays


def test_no_telephone_line_is_given_to_two_people() -> None:
    cast = make_cast(SEED)
    people = {id(person): person for person in cast.hubspot + cast.salesforce + cast.attendees + cast.kontakte}
    lines = [line.e164 for person in people.values() for line in (person.landline, person.mobile) if line]
    assert len(set(lines)) == len(lines)


def test_the_hubspot_file_holds_the_promised_faults() -> None:
    rows = csv_rows("hubspot_contacts.csv")
    addresses = [row["Email"].strip().lower() for row in rows]
    usable = [address for address in addresses if re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", address)]
    assert len(rows) == 5000
    assert addresses.count("") == 40
    assert len(rows) - 40 - len(usable) == 15
    assert len(usable) - len(set(usable)) == 120 + 3
    shared = [address for address in set(usable) if address.startswith("info@")]
    for address in shared:
        first_names = {row["First Name"].strip().lower() for row in rows if row["Email"] == address}
        assert len(first_names) == 2
    assert len(shared) == 3
    assert sum(row["Notes"].startswith(("=", "+", "-", "@")) for row in rows) == 5
    assert any("\n" in row["Notes"] for row in rows)
    assert any("," in row["Company Name"] for row in rows)
    assert any("\u00a0" in row["First Name"] for row in rows)
    assert any(row["Annual Revenue"].startswith("$") and row["Annual Revenue"].endswith("M") for row in rows)
    assert {"USA", "United States", "UK", "Deutschland"} <= {row["Country/Region"] for row in rows}


def test_a_repeated_row_comes_after_the_first_and_brings_something_new() -> None:
    first: dict[str, dict[str, str]] = {}
    repeats = 0
    for row in csv_rows("hubspot_contacts.csv"):
        key = row["Email"].strip().lower()
        if "@" not in key or key.startswith("info@"):
            continue
        original = first.setdefault(key, row)
        if original is not row:
            repeats += 1
            assert row["Record ID"] > original["Record ID"]
            assert row["Email"] != original["Email"] or row["Last Activity Date"] != original["Last Activity Date"]
    assert repeats == 120


def test_outcomes_are_known_for_most_and_won_by_about_a_fifth() -> None:
    outcomes = [row["Converted"] for row in csv_rows("hubspot_contacts.csv")]
    known = [outcome for outcome in outcomes if outcome]
    assert set(outcomes) == {"Yes", "No", ""}
    assert 0.55 < len(known) / len(outcomes) < 0.67
    assert 0.19 < known.count("Yes") / len(known) < 0.25


def test_only_won_leads_have_a_conversion_date_and_it_is_not_before_their_creation() -> None:
    for row in csv_rows("hubspot_contacts.csv"):
        assert bool(row["Conversion Date"]) == (row["Converted"] == "Yes")
        assert not row["Conversion Date"] or row["Conversion Date"] >= row["Create Date"][:10]


def honest_features(rows: pl.DataFrame) -> pl.DataFrame:
    counts = ["Number of Pageviews", "Content downloads", "Marketing emails opened", "Marketing emails clicked"]
    texts = ["Product Interest", "Webinar Attended", "Trial Started", "Original Source", "Industry"]
    title = pl.col("Job Title").fill_null("").str.to_lowercase()
    senior = title.str.contains("chief|ceo|cto|cmo|vp|vice|director|head|founder|owner|partner")
    junior = title.str.contains("intern|junior|assistant|trainee|specialist|analyst|consultant")
    return rows.select(
        *(pl.col(name).cast(pl.Float64).fill_null(0) for name in counts),
        pl.col("Number of Employees").str.replace_all(",", "").str.extract(r"(\d+)").cast(pl.Float64).fill_null(-1),
        pl.col("Last Activity Date").str.to_datetime("%Y-%m-%d %H:%M").dt.epoch("d").fill_null(0).alias("last seen"),
        (senior.cast(pl.Int8) - junior.cast(pl.Int8)).alias("seniority"),
        *(pl.col(name).fill_null("") for name in texts),
    ).to_dummies(texts)


def auc(outcome: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    ranks = pl.Series(score).rank().to_numpy()
    won = int(outcome.sum())
    return float((ranks[outcome].sum() - won * (won + 1) / 2) / (won * (len(outcome) - won)))


def test_an_honest_model_learns_something_and_not_too_much_and_no_single_column_gives_the_outcome_away() -> None:
    rows = pl.read_csv(SAMPLE_FOLDER / "hubspot_contacts.csv", infer_schema=False).filter(pl.col("Converted") != "")
    outcome = (rows["Converted"] == "Yes").to_numpy()
    features = honest_features(rows).cast(pl.Float64).to_numpy()
    held_out = np.arange(len(outcome)) % 3 == 0
    training = xgb.DMatrix(features[~held_out], label=outcome[~held_out])
    parameters = {"max_depth": 3, "eta": 0.1, "objective": "binary:logistic", "min_child_weight": 5, "nthread": 1}
    model = xgb.train(parameters, training, 80)
    assert 0.76 < auc(outcome[held_out], model.predict(xgb.DMatrix(features[held_out]))) < 0.88
    singles = [auc(outcome, column) for column in features.T]
    assert max(max(single, 1 - single) for single in singles) < 0.70


def test_the_files_share_people_by_email() -> None:
    hubspot = emails(csv_rows("hubspot_contacts.csv"), "Email")
    leads = emails(salesforce_leads(), "Email")
    guests = {str(row["E-mail"]).lower() for row in attendees() if row["E-mail"]}
    kontakte = emails(csv_rows("kontakte_dach.csv"), "E-Mail")
    assert len(hubspot & leads) == 600
    assert 110 <= len(hubspot & guests) <= 120
    assert 35 <= len((leads - hubspot) & guests) <= 40
    assert 95 <= len(hubspot & kontakte) <= 100


def test_outcomes_of_the_same_person_agree_between_the_files() -> None:
    words = {"Yes": "1", "No": "0", "": ""}
    hubspot = {row["Email"].strip().lower(): words[row["Converted"]] for row in csv_rows("hubspot_contacts.csv")}
    shared = [row for row in salesforce_leads() if row["Email"] in hubspot]
    assert all(row["Converted"] == hubspot[row["Email"]] for row in shared)
    assert {row["Converted"] for row in shared} == {"0", "1", ""}


def test_lead_ids_are_told_apart_by_case_before_their_check_letters_and_without_it_with_them() -> None:
    ids = [row["Lead ID"] for row in salesforce_leads()]
    assert all(re.fullmatch(r"00Q[0-9A-Za-z]{12}[A-Z0-5]{3}", lead_id) for lead_id in ids)
    assert len({lead_id[:15].lower() for lead_id in ids}) < len({lead_id[:15] for lead_id in ids}) == 1500
    assert len({lead_id.lower() for lead_id in ids}) == 1500


def test_the_salesforce_report_ends_in_a_foot_that_counts_the_rows() -> None:
    lines = (SAMPLE_FOLDER / "salesforce_leads.csv").read_text("utf-8").splitlines()
    assert lines[-5] == ""
    assert lines[-1] == '"Grand Totals (1,500 records)"'


def test_salesforce_dates_can_only_be_read_month_first() -> None:
    days = [int(row["Created Date"].split("/")[1]) for row in salesforce_leads()]
    months = [int(row["Created Date"].split("/")[0]) for row in salesforce_leads()]
    assert max(days) > 12 >= max(months)


def test_the_german_list_is_cp1252_with_crlf_and_two_rows_out_of_shape() -> None:
    data = (SAMPLE_FOLDER / "kontakte_dach.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    assert data.count(b"\n") == data.count(b"\r\n")
    rows = list(csv.reader(io.StringIO(data.decode("cp1252"), newline=""), delimiter=";"))
    assert len(rows) == 801
    assert sorted(len(row) - len(rows[0]) for row in rows if len(row) != len(rows[0])) == [-1, 1]
    assert any(row[12].startswith("0") for row in rows)
    assert any(re.fullmatch(r"[\d.]+,00 €", row[16]) for row in rows)


def test_the_attendee_list_has_titles_above_mixed_dates_within_and_a_total_below() -> None:
    rows = attendee_rows()
    assert [sum(cell is not None for cell in row) for row in rows[:4]] == [1, 1, 0, 11]
    assert rows[-1][0] == "Total"
    assert rows[-1][7] == len(rows) - 5 == 320
    dates = [row["Registered on"] for row in attendees()]
    patterns = (r"\d\d [A-Z][a-z]{2} 2026", r"2026-\d\d-\d\d \d\d:\d\d", r"\d\d\.\d\d\.2026")
    texts = [date for date in dates if isinstance(date, str)]
    assert sum(isinstance(date, datetime) for date in dates) + len(texts) == 320
    assert all(any(re.fullmatch(pattern, text) for text in texts) for pattern in patterns)
    assert any(isinstance(row["Phone"], int) for row in attendees())


def activities() -> list[dict[str, str]]:
    return csv_rows("web_and_mail_activity.csv")


def test_the_log_is_of_known_people_but_for_seven_and_has_the_promised_faults() -> None:
    people = emails(csv_rows("hubspot_contacts.csv"), "Email") | emails(salesforce_leads(), "Email")
    rows = activities()
    assert len(rows) == 4831
    strangers = emails(rows, "Email") - people
    assert len(strangers) == 7
    assert sum(not row["Activity Date"] for row in rows) == 1
    assert len(rows) - len({tuple(row.values()) for row in rows}) >= 2
    kinds = {row["Activity Type"]: 0 for row in rows}
    for row in rows:
        kinds[row["Activity Type"]] += 1
    assert (kinds["Unsubscribed"], kinds["Email Bounced"]) == (42, 15)


def test_nobody_is_active_before_being_known_or_after_buying() -> None:
    hubspot = {row["Email"].strip().lower(): row for row in reversed(csv_rows("hubspot_contacts.csv"))}
    for row in activities():
        person = hubspot.get(row["Email"].lower())
        if person and row["Activity Date"]:
            assert row["Activity Date"] >= person["Create Date"]
            assert not person["Conversion Date"] or row["Activity Date"][:10] <= person["Conversion Date"]


def test_who_buys_was_more_active() -> None:
    outcome = {row["Email"].strip().lower(): row["Converted"] for row in csv_rows("hubspot_contacts.csv")}
    deeds: dict[str, list[int]] = {"Yes": [], "No": []}
    counts: dict[str, int] = {}
    for row in activities():
        if row["Activity Type"] in {"Link Clicked", "Content Download", "Form Submission", "Webinar Attended"}:
            counts[row["Email"].lower()] = counts.get(row["Email"].lower(), 0) + 1
    for email in {row["Email"].lower() for row in activities()}:
        if outcome.get(email):
            deeds[outcome[email]].append(counts.get(email, 0))
    means = {word: sum(numbers) / len(numbers) for word, numbers in deeds.items()}
    assert means["Yes"] > 1.3 * means["No"]


def test_the_readme_describes_every_sample() -> None:
    readme = (SAMPLE_FOLDER / "README.md").read_text("utf-8")
    data_files = [path.name for path in SAMPLE_FOLDER.iterdir() if path.suffix in {".csv", ".xlsx"}]
    assert sorted(data_files) == sorted([*CSV_FILES, WORKBOOK])
    assert all(f"## {name}" in readme for name in data_files)
