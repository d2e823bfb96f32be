"""The house rules that a reader may rely on."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

PACKAGE = Path(__file__).parents[1] / "contact_pipeline"
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
KNOWS_DAGSTER = {"definitions.py", "defs"}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _place(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize("path", [p for p in MODULES if _place(p) not in KNOWS_DAGSTER], ids=str)
def test_domain_code_imports_no_dagster(path: Path) -> None:
    assert not [name for name in _imports(path) if name.split(".")[0].startswith("dagster")]


@pytest.mark.parametrize("path", [p for p in MODULES if _place(p) == "defs"], ids=str)
def test_definitions_evaluate_their_annotations(path: Path) -> None:
    """`from __future__ import annotations` breaks Dagster's reading of signatures."""
    assert "__future__" not in set(_imports(path))


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_file_fits_in_the_head(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_function_is_longer_than_sixty_lines(path: Path) -> None:
    functions = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef)]
    assert not [f.name for f in functions if (f.end_lineno or 0) - f.lineno + 1 > 60]


@pytest.mark.parametrize("path", [p for p in MODULES if p.read_text().strip()], ids=str)
def test_a_module_opens_with_its_charter(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_inspecting_a_file_needs_nothing_slow(tmp_path: Path) -> None:
    """`inspect` answers within a second only while these stay out of its way."""
    sample = tmp_path / "small.csv"
    sample.write_text("Email,Name\na@example.com,Ann\n")
    code = (
        "import sys; from contact_pipeline.cli import main; main.main(['inspect', sys.argv[1]], standalone_mode=False)"
    )
    wrapped = f"import sys\ntry:\n exec({code!r})\nexcept SystemExit: pass\nprint(sorted(sys.modules))"
    new_home = os.environ | {"CONTACT_PIPELINE_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-c", wrapped, str(sample)], capture_output=True, text=True, check=True, env=new_home
    )
    loaded = done.stdout.splitlines()[-1]
    assert not [slow for slow in ("'dagster'", "'pandera'", "'xgboost'", "'pandas'", "'duckdb'") if slow in loaded]


def test_every_way_to_start_dagster_loads_the_same_module() -> None:
    root = PACKAGE.parent
    project = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["dg"]["project"]
    (location,) = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    assert project["code_location_target_module"] == "contact_pipeline.definitions"
    assert location["python_module"]["module_name"] == "contact_pipeline.definitions"
    assert project["code_location_name"] == location["python_module"]["location_name"]
