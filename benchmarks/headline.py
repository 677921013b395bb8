"""The table of the README, measured anew by the commands behind it: 80 minutes of a machine that is left alone.

What is measured is kept in the folder that `HEADLINE_OUT` names and taken as done, so a run that was cut off goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.common import cell, results, show

#: What is asked of each command.
PARTS = {
    "m4": {"M4_MODELS": "seasonal-naive gru auto", "M4_TIME_LIMIT": "840"},
    "monash": {"MONASH_MODELS": "auto", "MONASH_TIME_LIMIT": "180"},
    "etth1": {"ETTH1_MODELS": "recurrent"},
    "time-to-accuracy": {"TIME_PEERS": "nhits", "TIME_FIRST": "400", "TIME_LIMIT": "100"},  # the best of the four
    "memory": {},
}

#: OWA of the best entry of the competition on M4 Weekly, and SegRNN's errors on ETTh1 as published.
BEST_ENTRY = 0.751
SEGRNN = (0.351, 0.392, 0.423, 0.466)

#: Rows of one table.
Rows = list[dict[str, Any]]


def tables(name: str, folder: Path) -> list[Rows]:
    """Return the rows of each table that a command prints; its own results lie in the same folder."""

    def measure() -> dict[str, Any]:
        print(f"{name} ...", file=sys.stderr, flush=True)
        chosen = PARTS[name] | {f"{name.upper()}_OUT": str(folder / name)}
        command = [sys.executable, "-m", "benchmarks", name, "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=os.environ | chosen, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed; see above.")
        found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"benchmark"')]
        return {"tables": [table["rows"] for table in found]}

    return [list(rows) for rows in cell(folder, name, measure)["tables"]]


def pick(rows: Rows, **wanted: Any) -> dict[str, Any]:
    """Return the row that has these values."""
    return next(row for row in rows if all(row[key] == value for key, value in wanted.items()))


def about_m4(rows: Rows) -> Rows:
    """Return what is said of M4."""
    best, one = (pick(rows, data="Weekly", model=model) for model in ("auto", "gru"))
    hourly, naive = (pick(rows, data="Hourly", model=model) for model in ("auto", "seasonal-naive"))
    return [
        {
            "question": f"M4 Weekly, official test, `auto` within {minutes(best)} minutes",
            "here": f"OWA {best['OWA']:.3f}",
            "elsewhere": f"{BEST_ENTRY}, best entry of the competition",
        },
        {
            "question": f"the same by one `gru` as it comes, in {one['seconds']:.0f} seconds",
            "here": f"OWA {one['OWA']:.3f}",
            "elsewhere": "",
        },
        {
            "question": f"M4 Hourly, last 48 hours held out, `auto` within {minutes(hourly)} minutes",
            "here": f"OWA {hourly['OWA']:.3f}",
            "elsewhere": f"{naive['OWA']:.3f}, seasonal naive",
        },
    ]


def minutes(row: dict[str, Any]) -> int:
    """Return the whole minutes within which a row was measured."""
    return -(-round(row["seconds"]) // 60)


def about_monash(means: Rows) -> Rows:
    """Return what is said of the Monash archive."""
    ours, *peers = (f"{row['geometric mean to best']:.2f} {row['model'].partition(' ')[0]}" for row in means)
    question = "nine sets of the Monash archive, 3 minutes each: MASE to the best published method of each set"
    return [{"question": question, "here": ours.partition(" ")[0], "elsewhere": ", ".join(peers)}]


def about_etth1(rows: Rows) -> Rows:
    """Return what is said of ETTh1."""
    mine = [row for row in rows if row["kind"] == "multivariate"]
    longest = max(row["seconds to train"] for row in mine)
    return [
        {
            "question": "ETTh1, 96 / 192 / 336 / 720 hours ahead: MSE of recurrent networks, each trained within "
            f"{longest:.0f} seconds",
            "here": " / ".join(f"{row['MSE']:.3f}" for row in mine),
            "elsewhere": " / ".join(map(str, SEGRNN)) + ", SegRNN as published",
        }
    ]


def about_time(rows: Rows) -> Rows:
    """Return what is said of the time to an accuracy."""
    row = min(rows, key=lambda row: row["seconds"])
    return [
        {
            "question": "seconds until M4 Hourly has OWA 0.62",
            "here": f"{row['seconds']:.0f}",
            "elsewhere": f"{row['NeuralForecast s']}, NeuralForecast's best ({row['times faster']} times)",
        }
    ]


def about_short_series(rows: Rows) -> Rows:
    """Return what is said of many short series."""
    row = next(row for row in rows if row["model"].startswith("gru"))
    return [
        {
            "question": "seconds to train a GRU on 23,000 short series and forecast them, with all imports",
            "here": f"{row['seconds']:.0f}",
            "elsewhere": f"{row['NeuralForecast s']:.0f}, NeuralForecast ({row['times faster']:.1f} times)",
        }
    ]


def main(as_json: bool) -> None:
    """Measure what is not measured yet; print the table."""
    folder = results("headline")
    found = {name: tables(name, folder) for name in PARTS}
    rows = [
        *about_m4(found["m4"][0]),
        *about_monash(found["monash"][1]),
        *about_etth1(found["etth1"][0]),
        *about_time(found["time-to-accuracy"][1]),
        *about_short_series(found["memory"][1]),
    ]
    show("How it compares", rows, as_json)
