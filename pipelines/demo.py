"""The demo: the whole story on the shipped data, from a table of cars per hour to a service that forecasts them."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.data.audit import audit
from forecasting.data.samples import load_sample
from forecasting.home import home
from forecasting.schema import DS, UNIQUE_ID, Y
from pipelines.console import say
from pipelines.requests import DataRequest, TaskRequest
from pipelines.service import Service
from pipelines.sinks import write_atomic, write_frame
from pipelines.training import Trained, TrainRequest, train

if TYPE_CHECKING:
    import pandas as pd

NAME = "traffic"
HORIZON = 24
ORIGINS = 90
LEVEL = (80.0, 95.0)

#: Hours sent with the request: two weeks.
HISTORY = 336

MODELS = ("naive", "seasonal-naive:period=24", "seasonal-naive:period=168", "ar", "ff-ar", "lstm", "gru")


@dataclass(frozen=True)
class Story:
    """What the demo made before it starts the service.

    Attributes:
        frame: the data.
        trained: the competition and its winner.
        batch: status of the batch run.
        folder: where files are.
    """

    frame: pd.DataFrame
    trained: Trained
    batch: dict[str, Any]
    folder: Path

    @property
    def level(self) -> tuple[float, ...]:
        """The intervals that the winner has, in percent."""
        return LEVEL if self.trained.forecaster.choices.gives_quantiles else ()

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**self.trained.to_dict(), "batch": self.batch, "folder": str(self.folder)}


def tell(training: tuple[tuple[str, Any], ...] = ()) -> Story:
    """Check, compare, train, register, forecast in a batch, draw.

    Args:
        training: fields of `Training` other than their defaults.
    """
    folder = home() / "demo"
    frame = load_sample(NAME)[[UNIQUE_ID, DS, Y]]
    data = folder / f"{NAME}.parquet"
    write_frame(data, frame)
    step(1, f"Data: {len(frame)} hours of traffic on an interstate, in {data}.")
    found = audit(frame)
    step(2, f"Check: {len(found.errors)} errors, {int(frame[Y].isna().sum())} missing values, which are masked.")
    step(3, f"Compare {len(MODELS)} models: trained on the past, each forecasts {HORIZON} hours from {ORIGINS} days.")
    task = TaskRequest(HORIZON, models=MODELS, windows=ORIGINS, step=HORIZON, training=training)
    trained = train(frame, TrainRequest(NAME, NAME, is_champion=True, task=task))
    version = trained.version.version if trained.version else "?"
    step(4, f"{trained.forecaster.spec.alias} wins, and is {NAME}/{version} in the MLflow registry, the champion.")
    batch = forecast_batch(data, folder)
    step(5, f"Batch: {batch['series_forecast']} series forecast into {batch['folder']}.")
    story = Story(frame, trained, batch, folder)
    draw(story)
    step(6, f"Pictures: {folder}/leaderboard.png and {folder}/fan_chart.png.")
    return story


def step(number: int, text: str) -> None:
    """Say where the story is."""
    say(f"[{number}/7] {text}")


def forecast_batch(data: Path, folder: Path) -> dict[str, Any]:
    """Forecast the data as a batch job would, with the champion."""
    from pipelines.batch import BatchRequest, run
    from pipelines.batch_parts import Asked
    from pipelines.sources import Source

    request = BatchRequest(f"{NAME}@champion", str(folder / "forecasts"), Asked(""))
    return run(Source.open(DataRequest(str(data))), request)


def draw(story: Story) -> None:
    """Draw the leaderboard and the winner's last day beside what happened."""
    from forecasting import leaderboard, plots
    from pipelines.journal import fan_chart

    entries = story.trained.entries
    figures = {
        "leaderboard.png": plots.leaderboard_chart(leaderboard.to_frame(entries)),
        "fan_chart.png": fan_chart(entries[0]),
    }
    for name, figure in figures.items():
        write_atomic(story.folder / name, functools.partial(figure.savefig, format="png"))


def request_of(story: Story) -> dict[str, Any]:
    """Return the request for the day after the data: its last two weeks."""
    last = story.frame.tail(HISTORY)
    values = [None if math.isnan(value) else value for value in last[Y].tolist()]
    series = {"unique_id": NAME, "start": last[DS].iloc[0].isoformat(), "y": values}
    body: dict[str, Any] = {"model": NAME, "series": [series], "freq": "h", "horizon": HORIZON}
    return body | ({"level": list(story.level)} if story.level else {})


def ask(service: Service, story: Story) -> dict[str, Any]:
    """Ask the service for the day after the data; keep the request for people to send again."""
    import json

    body = request_of(story)
    write_atomic(story.folder / "request.json", lambda part: part.write_text(json.dumps(body), encoding="utf-8"))
    answer: dict[str, Any] = service.ask("/v1/forecast", body)
    return answer


def answer_table(answer: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Return the answer as columns and rows, every third hour."""
    forecast = answer["forecasts"][0]
    columns, values = ["time", "cars per hour"], [forecast["ds"], forecast["point"]]
    for level, bounds in (forecast.get("intervals") or {}).items():
        columns += [f"{level} % from", "to"]
        values += [bounds["lo"], bounds["hi"]]
    rows = [[time, *map(round, numbers)] for time, *numbers in zip(*values, strict=True)]
    return columns, rows[::3]


def what_next(service: Service, story: Story) -> str:
    """Return what to do with the running service and the rest."""
    data = story.folder / f"{NAME}.parquet"
    return f"""\
The service answers at {service.url} (see {service.url}/v1/models). Ask it again:

  curl -s {service.url}/v1/forecast -H 'Content-Type: application/json' -d @{story.folder / "request.json"}

What to try next:

  forecast check {data}
  forecast train {data} --horizon 48 --model gru:units=64 --model seasonal-naive --register {NAME}
  forecast promote {NAME} challenger
  forecast serve --model {NAME}@champion
  forecast leaderboard your.csv --horizon 24 --time date --target sales
"""
