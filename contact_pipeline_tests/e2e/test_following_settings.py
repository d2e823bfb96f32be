"""Settings change after imports: the UI tells which are stale, one click runs them again, and a restore keeps Dagster in step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from contact_pipeline import signs_of_life
from contact_pipeline.backing_up.making import back_up
from contact_pipeline.backing_up.restoring import opened_backup, restore
from contact_pipeline.crm.session import read_crm
from contact_pipeline.definitions import build_defs
from contact_pipeline.defs.again import imports_follow_settings
from contact_pipeline.defs.home import IMPORTS, HomeResource
from contact_pipeline.defs.restored import align_partitions
from contact_pipeline.defs.running import Runner, runner
from contact_pipeline.errors import PipelineError
from contact_pipeline.home import Home
from contact_pipeline.intake.receipt import read_receipt, receive
from contact_pipeline.reruns import staleness_now

FILES = {
    "ann.csv": "Email,Company,Colour\nann@acme.example,Acme,blue\n",
    "bob.csv": "Email,Company,Colour\nbob@tarn.example,Tarn,red\n",
}
NEW = '[imports.mapping]\n"Colour" = "exclude"\n'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Two imports in the CRM; the tests below go on from where the one before ended."""
    folder = tmp_path_factory.mktemp("following")
    with runner(Home(folder / "home"), lambda _: None) as made:
        for name, text in FILES.items():
            (folder / name).write_text(text)
            receipt = receive(made.home, folder / name, made.home.settings.options_for(name))
            made.import_file(receipt, scoring=False)
        yield made


def _now(running: Runner) -> Runner:
    """The same with settings as they are now."""
    return Runner(Home(running.home.root), running.instance, running.on_step, running.on_end)


def _import(home: Home, name: str) -> str:
    return next(path.name for path in home.inbox.iterdir() if path.name.startswith(name))


def _runs(running: Runner, job: str) -> int:
    return running.instance.get_runs_count(dg.RunsFilter(job_name=job))


def _custom_fields(home: Home) -> list[tuple[str, str]]:
    with read_crm(home) as connection:
        return connection.execute("SELECT email, custom_fields::VARCHAR FROM contacts ORDER BY 1").fetchall()


def _checked(running: Runner) -> dg.AssetCheckEvaluation:
    """The check by itself, without the asset, as a standing check runs."""
    job = dg.define_asset_job("checks", dg.AssetSelection.checks(imports_follow_settings))
    defs = dg.Definitions.merge(
        build_defs(HomeResource(root=str(running.home.root), has_the_turn=True)), dg.Definitions(jobs=[job])
    )
    done = defs.resolve_job_def("checks").execute_in_process(instance=running.instance)
    return done.get_asset_check_evaluations()[0]


def test_the_check_names_stale_imports_and_what_to_do(running: Runner) -> None:
    (running.home.root / "settings.toml").write_text(NEW)
    found = _checked(running)
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "rerun_stale_imports" in str(found.description)
    table = found.metadata["differences"]
    assert isinstance(table, dg.TableMetadataValue)
    assert {(one.data["import"], one.data["differs"]) for one in table.records} == {
        (_import(running.home, name), "mapping of 'Colour': custom -> exclude") for name in ("ann", "bob")
    }


def test_the_job_runs_stale_imports_again_and_scores_once(running: Runner) -> None:
    scored, imported = _runs(running, "score_contacts"), _runs(running, "import_contacts")
    job = build_defs(HomeResource(root=str(running.home.root), has_the_turn=True)).resolve_job_def(
        "rerun_stale_imports"
    )
    report = running.home.reports / _import(running.home, "ann") / "report.html"
    report.parent.mkdir()
    report.write_text("as it was before")
    done = job.execute_in_process(instance=running.instance)
    assert done.success
    assert (
        signs_of_life.has_ended(running.home, done.run_id) is False
    )  # its process worked on parts of it all the while
    assert _runs(running, "import_contacts") == imported + 2
    assert _runs(running, "score_contacts") == scored + 1
    assert "</html>" in report.read_text()
    assert [custom for _, custom in _custom_fields(running.home)] == [None, None]
    assert staleness_now(Home(running.home.root)).is_none


def test_an_import_takes_new_settings_by_the_config_of_its_asset(running: Runner) -> None:
    (running.home.root / "settings.toml").write_text('[imports]\npolicy = "skip"\n')
    now = _now(running)
    now.rerun("mapped_contacts", [_import(now.home, "bob")], only=True, new_settings=True)
    assert read_receipt(now.home, _import(now.home, "bob")).options.policy == "skip"
    assert read_receipt(now.home, _import(now.home, "ann")).options.policy == "update"


def test_one_that_cannot_be_run_again_stops_no_other_and_is_told(running: Runner) -> None:
    (running.home.root / "settings.toml").write_text("")
    now = _now(running)
    ann, bob = _import(now.home, "ann"), _import(now.home, "bob")
    before = [now.home.stage("raw_file", one).stat().st_ino for one in (ann, bob)]
    kept = read_receipt(now.home, ann).bytes_path(now.home)
    away = kept.rename(kept.with_suffix(".away"))
    with pytest.raises(
        PipelineError, match=f"^1 of 2 imports could not be run again. {ann}: ann.csv is no longer kept"
    ):
        now.rerun("raw_file", [ann, bob], only=True, new_settings=True)
    away.rename(kept)
    after = [now.home.stage("raw_file", one).stat().st_ino for one in (ann, bob)]
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False]


def test_after_a_restore_dagster_knows_the_imports_that_are_there_and_they_can_be_run_again(
    running: Runner, tmp_path: Path
) -> None:
    home, name = running.home, str(IMPORTS.name)
    before = set(running.instance.get_dynamic_partitions(name))
    running.instance.add_dynamic_partitions(name, ["later@000000000000"])
    running.instance.delete_dynamic_partition(name, _import(home, "bob"))
    away = home.turn_file("runs").rename(home.root / ".held")  # the turn of this test: a restore takes it
    made = back_up(home, tmp_path / "made.tar.zst", lambda _: None)
    with opened_backup(home, made.path, lambda _: None) as (manifest, unpacked):
        restore(home, manifest, unpacked, lambda _: None)
    away.rename(home.turn_file("runs"))
    align_partitions(home, running.instance)
    assert set(running.instance.get_dynamic_partitions(name)) == before
    running.rerun("raw_file", [_import(home, "bob")], only=True)
