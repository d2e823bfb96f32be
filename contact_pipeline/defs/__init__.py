"""Orchestration: the asset graph over the pure stages. The only folder, with the command line, that knows Dagster.

Annotations are evaluated here: `from __future__ import annotations` would break Dagster's reading of signatures.
"""
