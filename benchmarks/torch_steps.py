"""The networks of `same-network` in PyTorch: trains one for a number of steps, prints one JSON line.

Needs torch, pandas and pyarrow, and nothing of this project: it is run by `PEER_PYTHON`. Windows are gathered on the
device, scaled by their mean and deviation, and taught by Adam with the gradient's norm bounded, as here.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn


class Recurrent(nn.Module):
    """Segments of values and flags through stacked recurrent layers; a linear layer to all steps."""

    def __init__(self, model: str, units: int, layers: int, segment: int, horizon: int) -> None:
        super().__init__()
        self.segment = segment
        self.embedding = nn.Sequential(nn.Linear(2 * segment, units), nn.ReLU()) if segment > 1 else nn.Identity()
        self.recurrent = getattr(nn, model.upper())(units if segment > 1 else 2, units, layers, batch_first=True)
        self.steps = nn.Linear(units, horizon)

    def forward(self, values: Any) -> Any:
        """Return [B, H] from scaled values [B, L]."""
        tokens = values.reshape(len(values), -1, self.segment)
        output, _ = self.recurrent(self.embedding(torch.cat([tokens, torch.ones_like(tokens)], dim=2)))
        return self.steps(output[:, -1])


class Perceptron(nn.Module):
    """Values and flags through hidden layers; a linear layer to all steps."""

    def __init__(self, units: int, layers: int, context: int, horizon: int) -> None:
        super().__init__()
        widths = [2 * context, *[units] * layers]
        hidden = [part for pair in pairwise(widths) for part in (nn.Linear(*pair), nn.ReLU())]
        self.network = nn.Sequential(*hidden, nn.Linear(units, horizon))

    def forward(self, values: Any) -> Any:
        """Return [B, H] from scaled values [B, L]."""
        return self.network(torch.cat([values, torch.ones_like(values)], dim=1))


class Windows:
    """All windows of a panel, on the device."""

    def __init__(self, file: str, context: int, horizon: int, device: str) -> None:
        frame = pd.read_parquet(file, columns=["unique_id", "ds", "y"]).sort_values(["unique_id", "ds"])
        sizes = frame.groupby("unique_id", sort=True).size().to_numpy()
        begins, counts = np.cumsum(sizes) - sizes, sizes - context - horizon + 1
        starts = np.concatenate([begin + np.arange(max(count, 0)) for begin, count in zip(begins, counts)])  # noqa: B905
        self.y = torch.tensor(frame["y"].to_numpy(np.float64), device=device)
        self.starts = torch.tensor(starts, device=device)
        self.rows = torch.arange(context + horizon, device=device)
        self.context = context

    def draw(self, batch: int) -> tuple[Any, Any]:
        """Return scaled contexts [B, L] and what follows them [B, H], float32."""
        starts = self.starts[torch.randint(len(self.starts), (batch,), device=self.starts.device)]
        window = self.y[starts[:, None] + self.rows]
        past = window[:, : self.context]
        deviation = past.std(dim=1, keepdim=True, correction=0)
        scaled = (window - past.mean(dim=1, keepdim=True)) / torch.where(deviation > 0, deviation, 1.0)
        return scaled[:, : self.context].float(), scaled[:, self.context :].float()


def main() -> None:
    """Train and print the seconds it took, and where."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train")
    parser.add_argument("--model", choices=["lstm", "gru", "ff-ar"], required=True)
    parser.add_argument("--segment", type=int, default=1, help="values that a recurrent network reads at a time")
    for name in ("units", "layers", "horizon", "context", "steps", "batch"):
        parser.add_argument(f"--{name}", type=int, required=True)
    given = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(1)
    windows = Windows(given.train, given.context, given.horizon, device)
    if given.model == "ff-ar":
        network: nn.Module = Perceptron(given.units, given.layers, given.context, given.horizon)
    else:
        network = Recurrent(given.model, given.units, given.layers, given.segment, given.horizon)
    network = network.to(device)
    optimizer = torch.optim.Adam(network.parameters(), 5e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, given.steps)
    total = torch.zeros((), device=device)
    started = time.perf_counter()
    for _ in range(given.steps):
        context, target = windows.draw(given.batch)
        loss = (network(context) - target).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += loss.detach()
    mean = float(total) / given.steps  # waits for the device
    facts = {"fit_s": time.perf_counter() - started, "loss": mean, "on_gpu": device == "cuda"}
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
