"""How long a small file takes, imported and scored, in a full CRM: `python -m benchmarks.small_file_speed [rows] [--keep FOLDER]`.

Belongs here: this measurement, as a multiple of the same file in an empty CRM. The full CRM is that of `lead_speed` (which may
leave one in FOLDER), scored by a model; half of the rows are of people who are in it. Each side runs in fresh processes on
copies, and the quickest round counts. Workbook, report and snapshot are left out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

from benchmarks.import_speed import best_of, lap
from benchmarks.merge_speed import whole_import

ROWS, SMALL_ROWS = 1_000_000, 1_000
ROUNDS = 3


def whole_way(base: Path | None, source: Path, folder: Path) -> dict[str, float]:
    """Import into a copy of the CRM in `base`, or into an empty one; look whether to learn; score who is due."""
    from benchmarks.lead_speed import AS_OF
    from contact_pipeline.home import Home
    from contact_pipeline.rescoring import learn_if_due, score_due

    facts = whole_import(base, source, folder)
    home, now, laps = Home(folder / "home"), AS_OF + timedelta(hours=1), dict[str, float]()
    learned = lap(laps, "learn", lambda: learn_if_due(home, now))
    scored = lap(laps, "score", lambda: score_due(home, now, everybody=False))
    told = {"learned anew": learned.learned_anew, "scored": scored.scored.height}
    return {**facts, **laps, **told, "seconds": facts["seconds"] + sum(laps.values())}


def main() -> None:
    """Print both sides and their ratio, as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--keep", type=Path, help="folder with the CRM; made where it is not there, kept afterwards")
    asked = parser.parse_args()
    from benchmarks.lead_speed import make_scored_home, write_leads_csv

    with tempfile.TemporaryDirectory() as temporary:
        base, source = asked.keep or Path(temporary), Path(temporary) / "small.csv"
        if not (base / "home").exists():
            make_scored_home(base / "home", asked.rows)
        write_leads_csv(source, SMALL_ROWS, outcomes=0, first_person=asked.rows - SMALL_ROWS // 2)
        sides = {"empty": partial(whole_way, None), "full": partial(whole_way, base)}
        facts = {name: best_of(side, source, ROUNDS) for name, side in sides.items()}
    print(f"{SMALL_ROWS:,} rows imported and scored, best of {ROUNDS}:")
    for name, one in facts.items():
        laps = ", ".join(f"{key} {round(fact, 2):,}" for key, fact in one.items() if key not in ("seconds", "peak_mb"))
        print(f"  {name:<6} CRM {one['seconds']:7.2f} s {one['peak_mb']:7,.0f} MB  {laps}")
    print(f"  full / empty: {facts['full']['seconds'] / facts['empty']['seconds']:.2f}")
    print(json.dumps({"rows": asked.rows, **facts}))


if __name__ == "__main__":
    main()
