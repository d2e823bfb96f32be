"""What stands in deploy/ fits the program: it names what exists, starts every program, and gives none more rights than it needs.

No image is built here: that needs a container engine.
"""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from contact_pipeline.operating_commands import start
from contact_pipeline.programs import TITLES

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
STAGES = [f"FROM{stage}" for stage in re.split(r"^FROM", CONTAINERFILE, flags=re.MULTILINE)[1:]]
_PIN = re.compile(r"^([\w.-]+==\S+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def _instructions(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", text, re.MULTILINE)


def _unit(name: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return unit


def _pins(path: Path) -> dict[str, set[str]]:
    """Each pinned package with its hashes."""
    text = path.read_text(encoding="utf-8")
    return {pin: set(re.findall(r"sha256:[0-9a-f]{64}", rest)) for pin, rest in _PIN.findall(text)}


def test_every_file_that_the_image_is_made_of_exists_and_is_not_left_out() -> None:
    (first, last) = STAGES
    named = [source for words in _instructions(first, "COPY") for source in words.split()[:-1]]
    assert {"contact_pipeline", "deploy/requirements.lock"} <= set(named)
    assert [source for source in named if not (ROOT / source).exists()] == []
    let_in = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").split()
    assert let_in[0] == "*"
    assert set(let_in[1:-1]) == {f"!{source}" for source in named}
    assert all(words.startswith("--from=build") for words in _instructions(last, "COPY"))


def test_the_image_installs_nothing_but_locked_packages() -> None:
    installs = re.findall(r"pip install[^&]*", CONTAINERFILE)
    assert installs
    assert all("--require-hashes" in words or "--no-index" in words for words in installs)
    assert all("--no-deps" in words for words in installs)


def test_the_image_runs_as_nobody_in_particular_and_says_whether_it_is_well() -> None:
    last = STAGES[-1]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", _instructions(last, "USER")[0])
    assert _instructions(last, "HEALTHCHECK")
    assert not re.search(r"^ADD |:latest|pip install", last, re.MULTILINE)


@pytest.mark.parametrize("name", ["requirements.lock", "build.lock"])
def test_what_is_locked_for_the_image_is_what_was_tested(name: str) -> None:
    tested, shipped = _pins(ROOT / "requirements.lock"), _pins(DEPLOY / name)
    assert shipped
    assert all(shipped.values())
    both = {pin: hashes for pin, hashes in shipped.items() if pin in tested}
    assert {pin: tested[pin] for pin in both} == both
    names = {pin.split("==")[0] for pin in tested}
    assert [pin for pin in shipped if pin not in tested and pin.split("==")[0] in names] == []


def test_the_container_may_write_to_its_home_alone_and_is_reached_from_this_machine_alone() -> None:
    (service,) = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"].values()
    assert (service["read_only"], service["cap_drop"], service["init"]) == (True, ["ALL"], True)
    assert "no-new-privileges:true" in service["security_opt"]
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    places = [volume.split(":")[1] for volume in service["volumes"]]
    assert places == _instructions(STAGES[-1], "VOLUME")


def test_the_target_starts_every_program() -> None:
    wanted = _unit("contact-pipeline.target")["Unit"]["Wants"].split()
    assert wanted == [f"contact-pipeline@{name}.service" for name in TITLES]
    (program,) = (one for one in start.params if isinstance(one, click.Argument))
    assert isinstance(program.type, click.Choice)
    assert list(program.type.choices) == list(TITLES)


def test_a_unit_keeps_its_program_running_and_its_data_private() -> None:
    service: Any = _unit("contact-pipeline@.service")["Service"]
    assert service["ExecStart"].endswith("/bin/contact-pipeline start %i")
    assert (service["Restart"], service["UMask"], service["ProtectSystem"]) == ("always", "0077", "strict")
    assert service["NoNewPrivileges"] == "yes"
    assert service["User"] not in {"", "root"}
    assert service["ReadWritePaths"] == service["Environment"].partition("=")[2]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for path in (*DEPLOY.glob("*.service"), *DEPLOY.glob("*.target")):
        text = path.read_text(encoding="utf-8")
        (tmp_path / path.name).write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text), encoding="utf-8")
    units = [str(tmp_path / "contact-pipeline.target"), str(tmp_path / "contact-pipeline@web.service")]
    told = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert "contact-pipeline" not in told.stderr, told.stderr
