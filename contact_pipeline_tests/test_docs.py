"""The docs say what is true: their commands run, their settings load, what they name exists, and reference pages are fresh."""

from __future__ import annotations

import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

from contact_pipeline import settings
from contact_pipeline.cli import main as command_line
from contact_pipeline.crm.history import past_imports
from contact_pipeline.crm.session import read_crm
from contact_pipeline.home import Home
from contact_pipeline.scoring.points import default_points
from contact_pipeline.settings.base import Frozen

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "SECURITY.md", *sorted(DOCS.glob("*.md"))]
MAKE_TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(
    r"`((?:contact_pipeline|contact_pipeline_tests|benchmarks|data/samples|docs/examples|deploy|\.ci)/[\w/.-]*)`"
)


class Block(NamedTuple):
    """A fenced block: where it stands, its info string, its text."""

    page: str
    info: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.splitlines()[0] if self.text else ''}"


def _fenced(page: Path) -> list[tuple[str, str]]:
    """Info string and text of each fenced block of a page."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def _blocks(*infos: str) -> list[Block]:
    found = [Block(page.name, *fenced) for page in PAGES for fenced in _fenced(page)]
    return [block for block in found if block.info in infos]


def _lines(blocks: list[Block]) -> Iterator[tuple[Block, list[str]]]:
    """Commands as words, comments left out."""
    for block in blocks:
        for line in block.text.splitlines():
            if words := shlex.split(line, comments=True):
                yield block, words


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """docs/generate.py, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["settings.md", "fields.md", "commands.md", "points.md"])
def test_a_reference_page_is_what_the_code_says(name: str, generator: ModuleType) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == generator.PAGES[name](), "run 'make docs'"


def test_every_setting_is_described(generator: ModuleType) -> None:
    shown = [
        model
        for model in Frozen.__subclasses__()
        if model.model_fields and model not in {settings.Settings, settings.ImportOptions}
    ]
    missing = [
        f"{model.__name__}.{name}"
        for model in shown
        for name in model.model_fields
        if not generator.described(model).get(name)
    ]
    assert shown
    assert not missing


def test_the_readme_opens_with_the_two_commands() -> None:
    _, words = zip(*_lines(_blocks("sh")[:1]), strict=True)
    assert list(words) == [["make", "run"], ["make", "test"]]
    before = (ROOT / "README.md").read_text(encoding="utf-8").split("```")[0]
    assert before.strip().count("\n") == 0


def test_every_make_target_in_the_docs_exists() -> None:
    named = {words[1] for _, words in _lines(_blocks("sh")) if words[0] == "make"}
    assert {"run", "test"} <= named
    assert named <= MAKE_TARGETS


def test_every_command_and_option_in_the_docs_exists() -> None:
    used = [(block, words) for block, words in _lines(_blocks("sh", "sh run")) if words[0] == "contact-pipeline"]
    assert used
    for block, words in used:
        command: click.Command | None = command_line
        for name in words[1:]:
            command = command.commands.get(name) if isinstance(command, click.Group) else command
        assert isinstance(command, click.Command), f"{block}: {words[1]}"
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, block


def _runnable_pages() -> list[Path]:
    return [page for page in PAGES if any(info.endswith(" run") for info, _ in _fenced(page))]


@pytest.mark.parametrize("page", _runnable_pages(), ids=lambda page: page.name)
def test_the_runnable_blocks_of_a_page_run_one_after_the_other(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a home of the page's own: `toml run` becomes its settings, `sh run` is called line by line."""
    home = Home(tmp_path / "home")
    monkeypatch.setenv("CONTACT_PIPELINE_HOME", str(home.root))
    monkeypatch.chdir(ROOT)
    for info, text in _fenced(page):
        if info == "toml run":
            home.set_up()
            (home.root / "settings.toml").write_text(text, encoding="utf-8")
        elif info == "sh run":
            for _, (program, *words) in _lines([Block(page.name, info, text)]):
                assert program == "contact-pipeline"
                done = CliRunner().invoke(command_line, [_latest(home) if w == "IMPORT_ID" else w for w in words])
                assert done.exit_code == 0, f"{words}\n{done.stderr}"
                assert done.stdout, words


def _latest(home: Home) -> str:
    with read_crm(home) as connection:
        return past_imports(connection)[0].import_id


@pytest.mark.parametrize("block", _blocks("toml", "toml run"), ids=str)
def test_an_example_of_settings_loads(block: Block, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(block.text, encoding="utf-8")
    assert settings.load_settings(path) != settings.Settings()


def test_every_fenced_block_is_of_a_known_kind() -> None:
    known = _blocks("sh", "sh run", "toml", "toml run", "text", "json")
    assert len(known) == sum(len(_fenced(page)) for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_local_link_and_picture_exists(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    local = [target.split("#")[0] for target in targets if not target.startswith(("http://", "https://"))]
    assert not [target for target in local if target and not (page.parent / target).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_of_the_repository_in_the_docs_exists(page: Path) -> None:
    named = _PATH.findall(page.read_text(encoding="utf-8"))
    assert not [path for path in named if not (ROOT / path).exists()]


def test_the_architecture_page_names_every_asset_and_check() -> None:
    from contact_pipeline.definitions import build_defs

    graph = build_defs().resolve_asset_graph()
    assets = {key.to_user_string() for key in graph.toposorted_asset_keys}
    checks = {key.name for key in graph.asset_check_keys}
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert assets | checks <= set(re.findall(r"`(\w+)`", page))


def test_the_scoring_page_gives_the_defaults_of_the_settings() -> None:
    page = (DOCS / "scoring.md").read_text(encoding="utf-8")
    given = dict(re.findall(r"`scoring\.(\w+)` \((\d+)\)", page))
    assert {"hot_from", "warm_from", "minimum_conversions", "horizon_days", "lead_half_life_days"} <= set(given)
    assert {name: float(number) for name, number in given.items()} == {
        name: float(getattr(settings.ScoringSettings(), name)) for name in given
    }


def test_the_files_a_user_may_change_are_readable() -> None:
    for path in ("contact_pipeline/scoring/actions.toml", "contact_pipeline/reporting/playbook.toml"):
        assert tomllib.loads((ROOT / path).read_text(encoding="utf-8"))
    assert default_points().rules


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_names_a_folder_of_the_machine_it_was_written_on(page: Path) -> None:
    assert not re.search(r"(?<![\w.])/(?:work|tmp|root)/", page.read_text(encoding="utf-8"))
