"""Where the dashboard is reached: the address of its links, the names it answers to, and whether by https.

Belongs here: what follows from the settings about that. Does not belong: listening (`serving`).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from contact_pipeline.errors import UsageError
from contact_pipeline.settings import DashboardSettings

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
_EVERYWHERE = ("0.0.0.0", "::", "")  # noqa: S104  named in order to be refused


def is_https(settings: DashboardSettings) -> bool:
    """Does the browser speak https, to us or to a proxy in front of us?"""
    return settings.tls_certificate is not None or (settings.address or "").startswith("https://")


def base_address(settings: DashboardSettings) -> str:
    """What every link begins with, such as `http://127.0.0.1:3080`."""
    scheme = "https" if is_https(settings) else "http"
    return settings.address or f"{scheme}://{_in_address(settings.host)}:{settings.port}"


def link_address(settings: DashboardSettings, served: str | None, token: str) -> str:
    """The whole link. `served` is where the dashboard listened last, which counts unless the settings name an address."""
    return f"{settings.address or served or base_address(settings)}/open#{token}"


def host_names(settings: DashboardSettings) -> list[str]:
    """The names that a browser may call us by; under any other, a page elsewhere speaks to us through a forged name."""
    named = urlsplit(base_address(settings)).hostname or ""
    return sorted({*_THIS_MACHINE, _in_address(settings.host), _in_address(named)})


def check_reach(settings: DashboardSettings) -> None:
    """Raises UsageError where leads would go over a network in the clear, or links would lead nowhere."""
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise UsageError("dashboard.tls_certificate and dashboard.tls_key go together: give both in settings.toml.")
    if is_this_machine(settings.host):
        return
    if not is_https(settings):
        raise UsageError(
            f"{settings.host} is reached from other machines, and leads would go there in the clear. Give"
            " dashboard.tls_certificate and tls_key in settings.toml, or dashboard.address with https where a proxy ends TLS."
        )
    if settings.host in _EVERYWHERE and settings.address is None:
        raise UsageError(
            f"Listening on every address ({settings.host}) needs dashboard.address in settings.toml: what links begin with."
        )


def is_this_machine(host: str) -> bool:
    """Is it reached from this machine only?"""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()
