"""Bad and real files kept outside the repository: right rows, or a refusal that names the cause.

`python -m benchmarks.corpus` judges each in a process of its own, with its time and memory; here they share one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.corpus import bad_file_cases, outcome_of, real_file_lines, real_file_verdict, verdict

DATA = Path(__file__).parents[4] / "shared" / "data"
ONE_IN = 4  # of the bad files, each of which goes through a dry run; the command takes all

pytestmark = pytest.mark.corpus


@pytest.fixture(autouse=True)
def _corpus() -> None:
    if not DATA.exists():
        pytest.skip(f"{DATA} is missing")


@pytest.mark.parametrize("folder", ["csv", "values", "notcsv", "xlsx", "public"])
def test_bad_files_are_imported_right_or_refused_by_name(folder: str) -> None:
    root = DATA / "badfiles"
    cases = [case for case in bad_file_cases(root) if case.file.startswith(f"{folder}/")][::ONE_IN]
    assert cases
    truths = {case.file: root / "truth" / (case.file.replace("/", "__") + ".json") for case in cases}
    misses = {c.file: wrong for c in cases if (wrong := verdict(c, outcome_of(root / c.file, truths[c.file])))}
    assert misses == {}


def test_real_exports_are_read_right() -> None:
    root = DATA / "import_files"
    lines = real_file_lines(root)
    assert len(lines) > 200
    assert {line["file"]: wrong for line in lines if (wrong := real_file_verdict(line, root))} == {}
