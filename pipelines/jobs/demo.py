"""The demo: the whole story on the shipped data, from a table of cars per hour to a service that forecasts them."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forecasting.data.checks.audit import audit
from forecasting.data.samples import load_sample
from forecasting.schema import DS, UNIQUE_ID, Y
from forecasting.store.home import home
from pipelines.batch.job import run_batch
from pipelines.files.request import DataRequest
from pipelines.files.sinks import write_frame, write_picture, write_text
from pipelines.files.sources import DataSource, NamedFrame
from pipelines.jobs.pictures import last_window_chart
from pipelines.jobs.service import ServiceProcess
from pipelines.jobs.train import Trained, train_model
from pipelines.options.requests import BatchRequest, KeepRequest, TaskRequest
from pipelines.terminal.console import say

if TYPE_CHECKING:
    import pandas as pd

NAME = "traffic"
HORIZON = 24
ORIGINS = 90
LEVEL = (80.0, 95.0)

#: Hours sent with the request: two weeks.
HISTORY = 336

MODELS = ("naive", "seasonal-naive:period=24", "seasonal-naive:period=168", "ar", "ff-ar", "lstm", "gru")

STEPS = 7


@dataclass(frozen=True, eq=False)
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

    @property
    def data(self) -> Path:
        """The data as a file."""
        return data_file(self.folder)

    @property
    def request(self) -> Path:
        """The request for the day after the data, for people to send again."""
        return self.folder / "request.json"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {**self.trained.to_dict(), "batch": self.batch, "folder": str(self.folder)}


def data_file(folder: Path) -> Path:
    """Return the file of the data in the demo's folder."""
    return folder / f"{NAME}.parquet"


def tell_story(training: tuple[tuple[str, Any], ...] = ()) -> Story:
    """Check, compare, train, register, forecast in a batch, draw.

    Args:
        training: fields of `Training` other than their defaults.
    """
    folder = home() / "demo"
    frame = load_sample(NAME)[[UNIQUE_ID, DS, Y]]
    write_frame(data_file(folder), frame)
    say_step(1, f"Data: {len(frame)} hours of traffic on an interstate, in {data_file(folder)}.")
    checked = audit(frame)
    say_step(2, f"Check: {len(checked.errors)} errors, {int(frame[Y].isna().sum())} missing values, which are masked.")
    say_step(3, f"Compare {len(MODELS)} models: trained on the past, each forecasts {HORIZON} hours of {ORIGINS} days.")
    task = TaskRequest(HORIZON, models=MODELS, windows=ORIGINS, step=HORIZON, training=training)
    trained = train_model(NamedFrame(NAME, frame), task, KeepRequest(register=NAME, promote=True))
    version = trained.kept.version.version if trained.kept.version else "?"
    say_step(4, f"{trained.forecaster.spec.alias} wins, and is {NAME}/{version} in the MLflow registry, the champion.")
    request = BatchRequest(f"{NAME}@champion", str(folder / "forecasts"))
    batch = run_batch(DataSource.open(DataRequest(str(data_file(folder)))), request)
    say_step(5, f"Batch: {batch['series_forecast']} series forecast into {batch['folder']}.")
    draw_pictures(trained, folder)
    say_step(6, f"Pictures: {folder}/leaderboard.png and {folder}/fan_chart.png.")
    return Story(frame, trained, batch, folder)


def say_step(number: int, text: str) -> None:
    """Say where the story is."""
    say(f"[{number}/{STEPS}] {text}")


def draw_pictures(trained: Trained, folder: Path) -> None:
    """Draw the leaderboard and the winner's last day with what happened."""
    from forecasting import leaderboard, plots

    entries = trained.contest.entries
    write_picture(folder / "leaderboard.png", plots.leaderboard_chart(leaderboard.to_frame(entries)))
    write_picture(folder / "fan_chart.png", last_window_chart(entries[0]))


def request_of(story: Story) -> dict[str, Any]:
    """Return the request for the day after the data: its last two weeks."""
    last = story.frame.tail(HISTORY)
    values = [None if math.isnan(value) else value for value in last[Y].tolist()]
    series = {"unique_id": NAME, "start": last[DS].iloc[0].isoformat(), "y": values}
    body: dict[str, Any] = {"model": NAME, "series": [series], "freq": "h", "horizon": HORIZON}
    return body | ({"level": list(story.level)} if story.level else {})


def ask_service(service: ServiceProcess, story: Story) -> dict[str, Any]:
    """Ask the service for the day after the data; keep the request for people to send again."""
    body = request_of(story)
    write_text(story.request, json.dumps(body))
    answer: dict[str, Any] = service.ask("/v1/forecast", body)
    return answer
