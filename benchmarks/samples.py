"""Writes the sample files: `python -m benchmarks.samples [FOLDER]`, by default data/samples.

Belongs here: the list of files and the seed. Does not belong: their contents (`sample_files`). The same seed gives the same
bytes, so the files in git can always be told from edited ones.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.sample_files import activity, events, hubspot, kontakte, salesforce
from benchmarks.sample_files.cast import make_cast

SEED = 20260331
SAMPLE_FOLDER = Path(__file__).parent.parent / "data" / "samples"


def write_samples(folder: Path, seed: int = SEED) -> list[Path]:
    """Write all sample files into the folder, which is made if need be; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    cast = make_cast(seed)
    return [module.write(cast, folder, seed) for module in (hubspot, salesforce, events, kontakte, activity)]


if __name__ == "__main__":
    for path in write_samples(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE_FOLDER):
        print(f"{path}  {path.stat().st_size:,} bytes")
