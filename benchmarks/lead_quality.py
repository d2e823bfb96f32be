"""How good the scores are, beside Odoo's rule, logistic regression and XGBoost on the same honest columns.

Belongs here: which runs are made, their targets, the tables. Does not belong: a run (`lead_runs`), the sets, the peers.
`python -m benchmarks.lead_quality [--only cv,forward,curve,confidence,no_signal,leaks] [--sets xedu,bank]`. The product is
its own training, with its own ladder, on contacts that went through the import; `--without-peers` measures it alone.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import lead_runs
from benchmarks.lead_peers import PEERS
from benchmarks.lead_runs import FOLDS, PRODUCT, Judged
from benchmarks.lead_sets import SETS, LeadSet, load_sets
from contact_pipeline.scoring.metrics import measure

_SIZES = (50, 100, 200, 500, 1000, 2000, 5000)
_REPETITIONS = {"xedu": 2, "bank": 1}
_CONFIDENCE_SIZE = 500
_FORWARD_REGRET = 0.01
_BELOW_POINTS = 0.005
_HIGH_AGREES = 0.95
_START = {"xedu": 0.85, "bank": 0.72}  # ROC AUC at 100 labelled leads
_LEAKS = {"xedu": ("Tags",), "bank": ("duration",), "maven": ("close_value",)}


class Target(NamedTuple):
    """What a figure must reach: at least, or at most, so much."""

    bound: float
    at_least: bool = True

    def mark(self, figure: float) -> str:
        """The target and whether it is met."""
        short = self.bound - figure if self.at_least else figure - self.bound
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.bound:g} " + ("met" if short <= 0 else f"missed by {short:.4f}")


_CV_TARGETS: dict[str, dict[str, Target]] = {
    "xedu": {
        "AUC": Target(0.903),
        "Brier": Target(0.121, at_least=False),
        "ECE": Target(0.015, at_least=False),
        "lift": Target(2.45),
    },
    "bank": {"AUC": Target(0.798), "ECE": Target(0.008, at_least=False)},
}


class Bench:
    """The sets on disk and the processes that measure."""

    def __init__(self, paths: dict[str, Path], pool: ProcessPoolExecutor, *, peers: bool, resamples: int) -> None:
        self.paths, self.pool, self.peers, self.resamples = paths, pool, peers, resamples

    def with_signal(self) -> Iterable[tuple[str, Path, LeadSet]]:
        """The sets asked for in which something tells who buys."""
        for name, path in self.paths.items():
            if name in _REPETITIONS:
                yield name, path, LeadSet.load(path)


def cross_validation(bench: Bench) -> None:
    """Ranking, calibration and lift on leads not seen."""
    for name, path, leads in bench.with_signal():
        repetitions = _REPETITIONS[name]
        print(f"\n{leads.name}: {len(leads.outcome):,} leads, stratified {FOLDS}-fold x {repetitions}")
        print(f"  {'':<22}{'ROC AUC':>18}{'PR AUC':>8}{'Brier':>8}{'ECE':>8}{'floor':>8}{'lift 10 %':>10}")
        judges = (PRODUCT, *PEERS) if bench.peers else (PRODUCT,)
        asked = {
            judge: [
                bench.pool.submit(lead_runs.fold_run, path, judge, repetition, fold)
                for repetition in range(repetitions)
                for fold in range(FOLDS)
            ]
            for judge in judges
        }
        for judge, runs in asked.items():
            figures = _cross_validated(leads, [run.result() for run in runs])
            print(_cv_line(judge, figures))
            if judge == PRODUCT:
                marks = [f"{key} {target.mark(figures[key])}" for key, target in _CV_TARGETS[name].items()]
                print(f"    {'; '.join(marks)}; rungs {_counted(run.result().chosen for run in runs)}")


def forward(bench: Bench) -> None:
    """Learned from the earlier four fifths, judged on the latest."""
    print("\nForward in time: learned from the first 80 %, ROC AUC (ECE) on the latest 20 %")
    for _, path, leads in bench.with_signal():
        judges = (PRODUCT, "points", "logistic regression", "XGBoost tuned")
        asked = {judge: bench.pool.submit(lead_runs.forward_run, path, judge) for judge in judges}
        found = {judge: run.result() for judge, run in asked.items()}
        figures = {judge: measure(judge, leads.outcome[j.rows], j.probability, 0) for judge, j in found.items()}
        best = max(figure.roc_auc for judge, figure in figures.items() if judge != PRODUCT)
        shown = "  ".join(f"{judge} {figure.roc_auc:.4f} ({figure.ece:.3f})" for judge, figure in figures.items())
        regret = Target(_FORWARD_REGRET, at_least=False).mark(best - figures[PRODUCT].roc_auc)
        print(f"  {leads.name:<12}{shown}\n    regret {best - figures[PRODUCT].roc_auc:.4f} {regret}")
        print(f"    rung {found[PRODUCT].chosen}")


def learning_curve(bench: Bench) -> None:
    """How few leads are enough, and that learning never harms."""
    for name, path, leads in bench.with_signal():
        print(f"\n{leads.name}: ROC AUC by labelled leads, mean of {bench.resamples} resamples, 30 % held out")
        asked = {
            size: [bench.pool.submit(lead_runs.curve_run, path, size, r) for r in range(bench.resamples)]
            for size in _SIZES
        }
        for size, runs in asked.items():
            results = [run.result() for run in runs]
            own, points = (float(np.mean([result[i] for result in results])) for i in (0, 1))
            marks = [Target(points - _BELOW_POINTS).mark(own)]
            if size == 100:
                marks.append(Target(_START[name]).mark(own))
            rungs = _counted(result[2] for result in results)
            print(f"  {size:>5}  {PRODUCT} {own:.4f}  points {points:.4f}  {'; '.join(marks)}  {rungs}", flush=True)


def confidence(bench: Bench) -> None:
    """What High is worth."""
    print(f"\nConfidence at {_CONFIDENCE_SIZE} labelled leads: category equal to that of the full-data model")
    for _, path, leads in bench.with_signal():
        asked = [
            bench.pool.submit(lead_runs.confidence_run, path, _CONFIDENCE_SIZE, resample)
            for resample in range(bench.resamples)
        ]
        results = [run.result() for run in asked]
        named = np.concatenate([result.confidence for result in results])
        agrees = np.concatenate([result.agrees for result in results])
        shown = []
        for level in ("High", "Medium", "Low"):
            of_level = named == level
            share = float(agrees[of_level].mean()) if of_level.any() else float("nan")
            shown.append(f"{level} {of_level.mean():.1%} of leads, {share:.1%} equal")
            if level == "High":
                shown[-1] += f" ({Target(_HIGH_AGREES).mark(share)})"
        print(f"  {leads.name:<12}{'; '.join(shown)}", flush=True)


def no_signal(bench: Bench) -> None:
    """Where nothing tells who buys, the product says so."""
    if "maven" in bench.paths:
        model, hot = bench.pool.submit(lead_runs.whole_run, bench.paths["maven"]).result()
        silent = model.method == "points" and "no signal" in model.card.reason.lower()
        print(f"\nMaven: method {model.method}, {hot} Hot: {'met' if silent and not hot else 'MISSED'}")
        print(f"  {model.card.reason}")


def leaks(bench: Bench) -> None:
    """Columns that know the outcome are held, honest ones are not."""
    print("\nLeaks left in:")
    for name, path in bench.paths.items():
        leads, excluded = LeadSet.load(path), dict(bench.pool.submit(lead_runs.leak_run, path).result())
        held = {column for column, reason in excluded.items() if "held" in reason}
        missed = [column for column in _LEAKS[name] if column not in held]
        honest = sorted(held - set(leads.leaks))
        good = "met" if not missed and not honest else f"MISSED (not held: {missed}; honest but held: {honest})"
        print(f"  {leads.name:<12}held {sorted(held)}: {good}")
        print(f"    otherwise left out: { {c: r for c, r in excluded.items() if c not in held} }")


PARTS: dict[str, Callable[[Bench], None]] = {
    "cv": cross_validation,
    "forward": forward,
    "curve": learning_curve,
    "confidence": confidence,
    "no_signal": no_signal,
    "leaks": leaks,
}


def _cross_validated(leads: LeadSet, runs: list[Judged]) -> dict[str, float]:
    """Means over the folds; Brier and ECE over the pooled predictions."""
    folds = [measure("", leads.outcome[run.rows], run.probability, 0) for run in runs]
    outcome = np.concatenate([leads.outcome[run.rows] for run in runs])
    pooled = measure("", outcome, np.concatenate([run.probability for run in runs]), 0)
    return {
        "AUC": float(np.mean([m.roc_auc for m in folds])),
        "spread": float(np.std([m.roc_auc for m in folds])),
        "PR": float(np.mean([m.pr_auc for m in folds])),
        "Brier": pooled.brier,
        "ECE": pooled.ece,
        "floor": pooled.ece_floor,
        "lift": float(np.mean([m.lift_top_decile for m in folds])),
    }


def _cv_line(judge: str, f: dict[str, float]) -> str:
    return (
        f"  {judge:<22}{f['AUC']:>9.4f} +- {f['spread']:.4f}{f['PR']:>8.4f}{f['Brier']:>8.4f}{f['ECE']:>8.4f}"
        f"{f['floor']:>8.4f}{f['lift']:>10.3f}"
    )


def _counted(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(f"{listed.count(name)}x {name}" for name in sorted(set(listed)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, with commas")
    parser.add_argument("--sets", default=",".join(SETS), help="sets, with commas")
    parser.add_argument("--resamples", type=int, default=16)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--without-peers", action="store_true")
    asked = parser.parse_args()
    os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # for the processes
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        paths = load_sets(tuple(asked.sets.split(",")), Path(folder))
        bench = Bench(paths, pool, peers=not asked.without_peers, resamples=asked.resamples)
        for part in asked.only.split(","):
            started = time.perf_counter()
            PARTS[part](bench)
            print(f"  ({part}: {time.perf_counter() - started:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
