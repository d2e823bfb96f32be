"""What somebody who opened a link may see.

Belongs here: the scope of a link. Does not belong: tokens, expiry and revocation (`links`), and what is asked (`query`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Access:
    """A valid link, as every request finds it on `request.state.access`.

    `only` limits it to leads with one of the values in each of the named filters; empty means everything. A limited link
    sees its leads and their counts and nothing else: no import, no set-aside row, no number over all.
    """

    link_id: str
    label: str
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def sees_all(self) -> bool:
        """Is the link not limited to some leads?"""
        return not self.only
