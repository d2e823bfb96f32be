"""Nobody but the owner may read what lies in a home, and what an operator opens afterwards stays open."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from contact_pipeline.home import Home
from contact_pipeline.private_files import keep_to_owner


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _open_to_all(home: Home) -> list[Path]:
    """A home as an older version may have left it: everything in it may be read by everybody."""
    files = [
        home.crm,
        home.stage("raw_file", "a@1"),
        home.inbox / "a@1" / "receipt.json",
        home.reports / "latest" / "leads.xlsx",
        home.dashboard / "current",
        home.dagster / "history" / "runs.db",
        home.drop / "done" / "a.csv",
    ]
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("ann@acme.example")
        path.chmod(0o644)
    for folder in (home.root, *(path for path in home.root.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return files


def test_a_home_of_an_older_version_is_made_private_when_it_is_opened(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.root.mkdir()
    files = _open_to_all(home)
    home.set_up()
    assert {_mode(path) for path in files} == {0o600}
    folders = {path: _mode(path) for path in home.root.rglob("*") if path.is_dir()}
    assert folders.pop(home.drop) == 0o750  # a group may have been let in on purpose
    assert set(folders.values()) == {0o700}
    assert _mode(home.root) == 0o750


def test_what_an_operator_opens_afterwards_stays_open(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.set_up()
    home.drop.chmod(0o2770)
    home.root.chmod(0o710)
    home.set_up()
    assert (_mode(home.drop), _mode(home.root)) == (0o2770, 0o710)


def test_a_link_is_not_followed_out_of_the_home(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("somebody else's")
    outside.chmod(0o644)
    home = Home(tmp_path / "home")
    (home.inbox).mkdir(parents=True)
    (home.inbox / "link").symlink_to(outside)
    (home.inbox / "folder").symlink_to(tmp_path)
    home.set_up()
    keep_to_owner(home.inbox / "link")
    assert _mode(outside) == 0o644


def test_the_command_line_writes_privately_whatever_the_shell_says(tmp_path: Path) -> None:
    code = (
        "import os; from pathlib import Path; from contact_pipeline.cli import main\n"
        "try: main.main(['mappings', '--json'])\n"
        "except SystemExit: pass\n"
        "Path('made').touch(); Path('folder').mkdir()"
    )
    place = os.environ | {"CONTACT_PIPELINE_HOME": str(tmp_path / "home")}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=place, check=True, umask=0, capture_output=True)
    assert (_mode(tmp_path / "made"), _mode(tmp_path / "folder")) == (0o600, 0o700)
