"""The asset graph as a whole: what every asset must tell of itself."""

from __future__ import annotations

from typing import Any

import dagster as dg
import pytest

from contact_pipeline.definitions import build_defs

DEFS = build_defs()
GRAPH = DEFS.resolve_asset_graph()
NODES = {name: GRAPH.get(dg.AssetKey(name)) for name in sorted(k.to_user_string() for k in GRAPH.get_all_asset_keys())}

GROUPS = {
    "intake": {"raw_file", "mapped_contacts", "validated_contacts", "quarantined_rows", "duplicate_report"},
    "crm": {"crm_contacts", "crm_companies", "import_summary"},
    "scoring": {"lead_model", "scored_leads"},
    "reports": {"lead_workbook", "lead_report", "dashboard_snapshot"},
}
ONCE_AN_IMPORT = GROUPS["intake"] | {"crm_contacts", "import_summary"}
BLOCKING = {
    "bytes_are_as_received",
    "every_record_is_mapped",
    "one_contact_per_email",
    "records_and_contacts_agree",
    "ledger_adds_up",
    "every_contact_is_scored",
    "factors_add_up",
}


def test_definitions_load_as_dagster_loads_them() -> None:
    dg.Definitions.validate_loadable(DEFS)


def test_the_assets_and_their_groups_are_those_of_the_design() -> None:
    found: dict[str, set[str]] = {}
    for name, node in NODES.items():
        found.setdefault(node.group_name, set()).add(name)
    assert found == GROUPS


@pytest.mark.parametrize(("name", "node"), NODES.items(), ids=list(NODES))
def test_every_asset_says_what_it_is_who_owns_it_and_what_it_is_made_of(name: str, node: Any) -> None:
    assert node.description, name
    assert node.owners, name
    assert node.kinds, name


@pytest.mark.parametrize(("name", "node"), NODES.items(), ids=list(NODES))
def test_stages_of_a_file_run_once_an_import(name: str, node: Any) -> None:
    assert node.is_partitioned == (name in ONCE_AN_IMPORT)


def test_bad_data_is_stopped_by_blocking_checks() -> None:
    blocking = {key.name for key in GRAPH.asset_check_keys if GRAPH.get_check_spec(key).blocking}
    assert blocking == BLOCKING


def test_the_import_job_goes_from_the_file_to_what_is_handed_over() -> None:
    job = DEFS.resolve_job_def("import_contacts")
    assert {key.to_user_string() for key in job.asset_layer.executable_asset_keys} == set(NODES)
