"""Settings of what is handed over: workbook, report, playbook, and the dashboard with its links.

Belongs here: what a user may change about them. Does not belong: how they are made (`reporting`, `dashboard`).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from contact_pipeline.scoring.policy import Play
from contact_pipeline.settings.base import Frozen


class ReportSettings(Frozen):
    """Limits of what is handed over."""

    workbook_leads: int = 200_000
    """Up to this many leads the workbook has its sheet All leads."""
    duplicate_matches: int = Field(default=5_000, ge=1, le=1_048_575)
    """How many matches the workbook of the duplicate report shows, those that need a look first; the CSV has them all."""
    snapshots_kept: int = 5
    """How many snapshots of the leads are kept in `dashboard/`."""
    playbook: tuple[Play, ...] = ()
    """Lines of the playbook; they come before those of the package."""


class DashboardSettings(Frozen):
    """Where the dashboard is served, and how long its links hold."""

    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine itself needs TLS: a certificate and key here, or a proxy that has
    them (`address`)."""
    port: int = Field(default=3080, ge=1, le=65_535)
    """Port to listen on."""
    address: str | None = Field(default=None, pattern=r"^https?://[^/\s]+$")
    """What links begin with, such as `https://leads.example.com`, where a proxy in front of the dashboard ends TLS."""
    tls_certificate: Path | None = None
    """PEM file of the certificate, with `tls_key`: the dashboard then speaks https itself. A relative path begins at the
    home."""
    tls_key: Path | None = None
    """PEM file of the key of the certificate."""
    link_days: int = Field(default=14, ge=1)
    """How many days a link holds where `dashboard link` is not told otherwise."""
    session_hours: float = Field(default=8, gt=0)
    """How long a browser that opened a link may look, before it must open the link again."""
    tries_per_minute: int = Field(default=10, ge=1)
    """How many wrong tokens one address may try a minute."""
    filter_values: int = Field(default=20, ge=2)
    """A custom field with at most this many different values becomes a filter."""
