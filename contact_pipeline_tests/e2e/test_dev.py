"""`contact-pipeline dev`: all of it over one home, and all of it ends together."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from contact_pipeline.home import Home
from contact_pipeline_tests.e2e.served_product import COMMAND, product, programs_of, until


def test_if_the_dashboard_dies_everything_ends_and_says_so_and_nobody_starts_a_second_one_meanwhile(home: Home) -> None:
    with product(home, "dev") as server:
        second = [*COMMAND, "start"]
        place = {"CONTACT_PIPELINE_HOME": str(home.root)}
        told = subprocess.run(second, env={**os.environ, **place}, capture_output=True, text=True)
        assert (told.returncode, told.stderr.count("\n")) == (1, 1)
        assert "Stop it first" in told.stderr
        programs = programs_of(server.process.pid)[1:]
        (dashboard,) = [p for p in programs if b"dashboard\0serve" in Path(f"/proc/{p}/cmdline").read_bytes()]
        os.kill(dashboard, signal.SIGKILL)
        assert server.process.wait(timeout=60) == 1
    until(lambda: not any(Path(f"/proc/{p}").exists() for p in programs), "all that it started has ended")
    last_line = (home.root / "product.log").read_text(encoding="utf-8").splitlines()[-1]
    assert last_line.startswith("contact-pipeline: The dashboard ended by itself")
