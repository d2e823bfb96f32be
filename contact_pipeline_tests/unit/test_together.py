"""Programs that live and end together: none is left behind, whatever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_pipeline import together
from contact_pipeline.together import ProgramEnded, keep_running, run_together

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


_STARTS_THE_OTHER_AND_IS_KILLED = """
import sys
from contact_pipeline.together import run_together
run_together({"The one": [sys.executable, "-c", *sys.argv[1:]]}, {})
"""
_KILLS_ITS_PARENT = """
import os, signal, sys, time
from pathlib import Path
Path(sys.argv[1]).write_text(str(os.getpid()))
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of the end of its parent")
def test_where_we_are_killed_the_programs_end_too(tmp_path: Path) -> None:
    told = tmp_path / "number"
    words = [sys.executable, "-c", _STARTS_THE_OTHER_AND_IS_KILLED, _KILLS_ITS_PARENT, str(told)]
    assert subprocess.run(words).returncode == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while _is_running(int(told.read_text())):
        assert time.monotonic() < deadline


def _is_running(process_id: int) -> bool:
    try:
        return b") Z " not in Path(f"/proc/{process_id}/stat").read_bytes()
    except FileNotFoundError:
        return False


_TELLS_US_TO_STOP_THE_THIRD_TIME = """
import os, signal, sys, time
from pathlib import Path
here = Path(sys.argv[1])
here.write_text(here.read_text() + "x" if here.exists() else "x")
if len(here.read_text()) < 3: sys.exit(4)
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(60)
"""


def test_a_program_that_ends_by_itself_is_started_again_after_a_pause_that_grows_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "_FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(together, "_LOOKS_EVERY_SECONDS", 0.01)
    told: list[str] = []
    words = [sys.executable, "-c", _TELLS_US_TO_STOP_THE_THIRD_TIME, str(tmp_path / "starts")]
    other = [
        sys.executable,
        "-c",
        f"import os, time; open({str(tmp_path / 'other')!r}, 'a').write('x'); time.sleep(60)",
    ]
    before = _children()
    keep_running({"The one": words, "The other": other}, {}, told.append)
    assert _children() == before
    assert (tmp_path / "starts").read_text() == "xxx"
    assert (tmp_path / "other").read_text() == "x"
    assert len(told) == 2
    assert all(line.startswith("The one ended by itself (exit status 4)") for line in told)


@given(st.lists(st.floats(0, 200), min_size=1, max_size=20))
def test_the_pause_grows_while_a_program_keeps_ending_and_never_beyond_a_minute(lives: list[float]) -> None:
    kept, now, pauses = together.Kept("one", [], {}), 0.0, [0.0]
    for life in lives:
        kept.due = now
        kept.plan_next_start(now := now + life)
        pauses.append(kept.pause)
        assert kept.due == now + kept.pause
        assert pauses[-1] == (1 if life >= 60 else min(max(2 * pauses[-2], 1), 60))
        now = kept.due


def _children() -> str:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
