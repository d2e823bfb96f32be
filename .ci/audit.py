"""Says what an audit of the locked packages found: none known, some known, or not audited.

    python .ci/audit.py REPORT

REPORT is what `pip-audit --format json` wrote. It ends with "No known vulnerabilities found" also where the package index
gives no data about vulnerabilities, as mirrors often do; so packages that were passed over count as not audited here.
Exit status: 0 all were audited and none is known to be vulnerable; 1 some are; 2 some could not be audited.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_SHOWN = 3


def verdict(report: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Exit status and what to say."""
    packages = report["dependencies"]
    passed_over = [one for one in packages if "skip_reason" in one]
    found = [(one, vulnerability) for one in packages for vulnerability in one.get("vulns", [])]
    lines = [
        f"{one['name']} {one['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for one, vulnerability in found
    ]
    audited = len(packages) - len(passed_over)
    known = f": {len(found) or 'no'} known vulnerabilities" if audited else ""
    lines.append(f"audited {audited} of {len(packages)} packages{known}")
    if passed_over or not packages:
        reasons = sorted(one["skip_reason"] for one in passed_over)
        lines += [f"  {reason}" for reason in reasons[:_SHOWN]]
        lines.append(
            f"NOT AUDITED: {len(passed_over)} packages. This package index gives no data about vulnerabilities: run it where "
            "https://pypi.org can be reached."
        )
    return (1 if found else 2 if passed_over or not packages else 0), lines


if __name__ == "__main__":
    status, said = verdict(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(status)
