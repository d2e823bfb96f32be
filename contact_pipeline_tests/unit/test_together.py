"""Programs that live and end together: none is left behind, whatever ends it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from contact_pipeline import together
from contact_pipeline.together import ProgramEnded, run_together

# Each program writes its number into a file once it stands; the last one to do so goes on.
_STANDS = """
import os, signal, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
(folder / sys.argv[2]).write_text(str(os.getpid()))
while len(list(folder.iterdir())) < 2: time.sleep(0.01)
"""
_WAITS = _STANDS + "time.sleep(60)"
_IS_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + _WAITS
_ENDS = _STANDS + "sys.exit(3)"
_TELLS_US_TO_STOP = _STANDS + "os.kill(os.getppid(), getattr(signal, os.environ['HOW'])); time.sleep(60)"


def _run(folder: Path, first: str, second: str, how: str = "SIGTERM") -> None:
    programs = {"The one": first, "The other": second}
    words = {name: [sys.executable, "-c", code, str(folder), name] for name, code in programs.items()}
    run_together(words, {"HOW": how})


def _all_ended(folder: Path) -> bool:
    def is_gone(process_id: int) -> bool:
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return True
        return False

    numbers = [int(path.read_text()) for path in folder.iterdir()]
    return len(numbers) == 2 and all(is_gone(number) for number in numbers)


def test_where_one_ends_by_itself_all_end_and_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProgramEnded, match=r"The other ended by itself \(exit status 3\)"):
        _run(tmp_path, _WAITS, _ENDS)
    assert _all_ended(tmp_path)


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_told_to_stop_all_end_and_nothing_is_wrong(tmp_path: Path, how: str) -> None:
    before = signal.getsignal(getattr(signal, how))
    _run(tmp_path, _WAITS, _TELLS_US_TO_STOP, how)
    assert _all_ended(tmp_path)
    assert signal.getsignal(getattr(signal, how)) == before


def test_a_program_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_GRACE_SECONDS", 0.2)
    _run(tmp_path, _IS_DEAF, _TELLS_US_TO_STOP)
    assert _all_ended(tmp_path)


def test_where_one_cannot_be_started_the_others_end(tmp_path: Path) -> None:
    before = _children()
    with pytest.raises(FileNotFoundError):
        run_together({"one": [sys.executable, "-c", "import time; time.sleep(60)"], "two": [str(tmp_path / "no")]}, {})
    assert _children() == before


def _children() -> str:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
