"""The history of imports and its downloads: complete, and nothing that is not on the list."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from contact_pipeline import handover, stages
from contact_pipeline.crm.history import PastImport, past_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.dashboard.import_files import LATEST, OF_CRM, OF_IMPORT, find_file
from contact_pipeline.home import Home
from contact_pipeline.rescoring import learn_if_due, score_due
from contact_pipeline_tests.unit.dashboard.conftest import DAY, HOSTILE_FILE, seen
from contact_pipeline_tests.unit.dashboard.opened import opened_client
from contact_pipeline_tests.unit.whole_way import bring_file, write_rows


@pytest.fixture(scope="module")
def client(tabs_home: Home) -> Iterator[TestClient]:
    with opened_client(tabs_home) as made:
        yield made


@pytest.fixture(scope="module")
def history(tabs_home: Home) -> list[PastImport]:
    with read_crm(tabs_home) as connection:
        return past_imports(connection)


@pytest.fixture(scope="module")
def hostile(history: list[PastImport]) -> PastImport:
    return next(one for one in history if one.file_name == HOSTILE_FILE)


def test_each_import_is_listed_with_its_ledger_and_its_name_stands_in_no_address(
    client: TestClient, history: list[PastImport]
) -> None:
    html = client.get("/imports").text
    text = " ".join(seen(html).split())
    for one in history:
        assert f'href="/imports/{quote(one.import_id)}"' in html
        counts = " ".join(f"{count:,}" for count in one.ledger.rows.values())
        assert f"{one.status} {counts}" in text
    assert "<b>mallory" not in html
    assert "&lt;b&gt;mallory &amp; &#34;co&#34;.csv" in html
    assert quote(HOSTILE_FILE) not in html


def test_an_import_that_the_settings_of_today_would_make_otherwise_is_marked(
    client: TestClient, tabs_home: Home, history: list[PastImport]
) -> None:
    path = tabs_home.root / "settings.toml"
    stale = next(one for one in history if one.status == "imported" and one.kind == "contacts")
    moved = next(one for one in stale.mapping[0]["columns"] if one["action"] == "map" and one["field"] != "email")
    header = moved["header"]
    mark, notice = "made with other settings than those of today", f"mapping of '{header}': {moved['field']} -> ignore"
    assert mark not in seen(client.get("/imports").text)
    try:
        path.write_text(f'[[files]]\nmatch = "*"\nmapping = {{ "{header}" = "ignore" }}\n', encoding="utf-8")
        assert mark in seen(client.get("/imports").text)
        assert notice in unescape(client.get(f"/imports/{quote(stale.import_id)}").text)
        path.write_text("no settings", encoding="utf-8")
        assert mark not in seen(client.get("/imports").text)
    finally:
        path.unlink()


def test_an_import_shows_reasons_mapping_and_quality_as_text(client: TestClient, hostile: PastImport) -> None:
    html = client.get(f"/imports/{hostile.import_id}").text
    text = seen(html)
    assert hostile.ledger.failures
    for reason, count in hostile.ledger.failures.items():
        assert reason in text
        assert str(count) in text
    for column in hostile.mapping[0]["columns"]:
        assert column["reason"].replace("'", "&#39;").split("<")[0].split('"')[0] in html
    assert "Email (Primary)" in text
    assert "custom field" in text
    assert "<img" not in html
    assert "<b>mallory" not in html


@pytest.mark.parametrize(
    ("path", "names"),
    [("/files/", ("leads.xlsx", "report.html")), ("", ("leads.xlsx", "report.html", "quarantine.csv"))],
)
def test_a_download_is_an_attachment_and_nothing_that_a_browser_runs(
    client: TestClient, hostile: PastImport, path: str, names: tuple[str, ...]
) -> None:
    for name in names:
        answer = client.get((path or f"/imports/{hostile.import_id}/files/") + name)
        assert answer.status_code == 200
        assert answer.content.startswith(b"<script>")
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/imports/{id}/files/secret.txt",
        "/imports/latest/files/leads.xlsx",
        "/imports/{id}/files/..%2Fleads.xlsx",
        "/imports/{id}/files/..%2F..%2Fcrm.duckdb",
        "/imports/{id}/files/%2Fetc%2Fpasswd",
        "/imports/..%2F{id}/files/leads.xlsx",
        "/imports/%2E%2E/files/crm.duckdb",
        "/imports/{id}%00/files/leads.xlsx",
        "/imports/{id}/files/leads.xlsx%00.csv",
        "/imports/{id}/files/LEADS.XLSX",
        "/imports/unknown@000000000000/files/leads.xlsx",
        "/imports/unknown@000000000000",
        "/files/secret.txt",
        "/files/..%2Fcrm.duckdb",
        "/files/quarantine.csv",
    ],
)
def test_nothing_that_is_not_on_the_list_can_be_asked_for(client: TestClient, hostile: PastImport, path: str) -> None:
    assert client.get(path.format(id=hostile.import_id)).status_code == 404


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_path_is_made_of_known_names_only(tabs_home: Home, folder: str, name: str) -> None:
    assert find_file(tabs_home, folder, ["first@0"], name, [*OF_IMPORT, *OF_CRM]) is None


def test_a_known_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert find_file(home, "a@1", ["a@1"], "leads.xlsx", OF_IMPORT) is None


def test_a_limited_link_gets_no_file(tabs_home: Home, hostile: PastImport) -> None:
    with opened_client(tabs_home, {"country": ("DE",)}) as limited:
        for path in (f"/imports/{hostile.import_id}/files/leads.xlsx", "/files/report.html", "/imports"):
            assert limited.get(path).status_code == 404


def test_the_list_has_the_names_under_which_files_are_written(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.set_up()
    rows = [{"Email": email, "Full Name": "Ann Example"} for email in ("a@b.example", "a@b.example", "nobody")]
    receipt, _ = bring_file(home, write_rows(tmp_path / "few.csv", rows))
    stages.set_aside_rows(home, receipt)
    stages.report_duplicates(home, receipt)
    learn_if_due(home, DAY)
    score_due(home, DAY, everybody=True)
    handover.write_workbooks(home, None)
    handover.write_reports(home, None)
    written = {
        folder: {path.name for path in (home.reports / folder).iterdir()} for folder in (LATEST, receipt.import_id)
    }
    assert written[LATEST] == {file.name for file in OF_CRM}
    assert written[receipt.import_id] == {file.name for file in OF_IMPORT} - {
        "quarantine.xlsx"
    }  # for those of a workbook
