"""Every setting of the service, read from environment variables that start with FORECAST_."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "FORECAST_"

#: Variables with our prefix that other parts of the product read.
OTHER_VARIABLES = {"FORECAST_HOME", "FORECAST_DEBUG"}

#: Threads beyond those that compute or wait to: they read slow bodies, answer health checks and turn overload away.
#: A blocked thread costs little, and a hundred slow clients must not keep a health check waiting.
SPARE_THREADS = 120


class Settings(BaseSettings):
    """The settings, checked and frozen.

    Attributes:
        model: the one model served: a folder, NAME@alias or NAME/version.
        models: several of them, separated by commas; the first one answers requests that name none.
        host: address to listen on.
        port: port to listen on; 0 lets the system choose.
        workers: processes; each loads every model.
        threads: threads of a process; 0 for slots, queue and spare ones.
        slots: requests that compute at the same time in a process; 0 for its share of the processor's cores.
        queue: requests that wait for a slot; 0 for twice the slots.
        queue_seconds: longest wait for a slot.
        deadline_seconds: time for a request, and the most that X-Request-Timeout may ask for.
        read_seconds: time for a client to send a whole request, and to take the whole answer.
        keepalive_seconds: how long an idle connection is kept.
        drain_seconds: after SIGTERM, time with /readyz saying 503 before new connections are refused.
        grace_seconds: after SIGTERM, time until what still runs is cut off.
        reload_seconds: time between two looks at the registry.
        compute_threads: threads TensorFlow uses within one operation.
        max_body_bytes: size of a request body, also after decompression.
        max_series: series in a request.
        max_history: rows of one series.
        max_points: rows of all series, and numbers in an answer.
        max_horizon: steps ahead, where the model itself allows more.
        max_levels: entries of `level` or `quantile_levels`.
        allowed_hosts: host names that may be asked for; any, when empty.
        admin_token: what `Authorization: Bearer` must carry on /v1/admin; without one only this machine may call it.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    model: str | None = None
    models: Annotated[tuple[str, ...], NoDecode] = ()
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    workers: int = Field(default=1, ge=1, le=256)
    threads: int = Field(default=0, ge=0, le=4096)
    slots: int = Field(default=0, ge=0, le=1024)
    queue: int = Field(default=0, ge=0, le=4096)
    queue_seconds: float = Field(default=1.0, gt=0, le=600)
    deadline_seconds: float = Field(default=30.0, gt=0, le=3600)
    read_seconds: float = Field(default=10.0, gt=0, le=3600)
    keepalive_seconds: int = Field(default=5, ge=1, le=3600)
    drain_seconds: float = Field(default=2.0, ge=0, le=600)
    grace_seconds: int = Field(default=30, ge=1, le=3600)
    reload_seconds: float = Field(default=30.0, gt=0, le=86_400)
    compute_threads: int = Field(default=1, ge=1, le=256)
    max_body_bytes: int = Field(default=8 * 2**20, ge=1024, le=2**30)
    max_series: int = Field(default=1000, ge=1)
    max_history: int = Field(default=100_000, ge=1)
    max_points: int = Field(default=1_000_000, ge=1)
    max_horizon: int = Field(default=10_000, ge=1)
    max_levels: int = Field(default=20, ge=1, le=100)
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    admin_token: SecretStr | None = None

    @field_validator("models", "allowed_hosts", mode="before")
    @classmethod
    def split(cls, value: Any, info: ValidationInfo) -> Any:
        """Read `a,b` and `["a", "b"]` alike; host names in small letters, as requests are compared with them."""
        if isinstance(value, str):
            value = [part.strip(" '\"[]") for part in value.split(",")]
            value = tuple(part.lower() if info.field_name == "allowed_hosts" else part for part in value if part)
        return value

    @model_validator(mode="after")
    def fill(self) -> Self:
        """Put numbers in place of the zeros, and check what hangs together."""
        if self.model and self.models:
            raise ValueError("set FORECAST_MODEL or FORECAST_MODELS, not both")
        served = self.models or ((self.model,) if self.model else ())
        if len(set(served)) != len(served):
            raise ValueError("FORECAST_MODELS names a model twice")
        slots = self.slots or max(1, len(os.sched_getaffinity(0)) // self.workers)
        queue = self.queue or 2 * slots
        threads = self.threads or slots + queue + SPARE_THREADS
        if threads <= slots + queue:
            raise ValueError(f"FORECAST_THREADS must exceed {slots + queue} = slots + queue: health checks need some")
        for name, value in {"models": served, "slots": slots, "queue": queue, "threads": threads}.items():
            object.__setattr__(self, name, value)
        return self

    def require_models(self) -> Self:
        """Raise a `ValueError` when there is nothing to serve."""
        if not self.models:
            raise ValueError("no model to serve: set FORECAST_MODEL to a model folder, NAME@alias or NAME/version")
        return self


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Return the variables that look like settings and are none: most likely they are misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHER_VARIABLES
    return sorted(name for name in environment if name.upper().startswith(PREFIX) and name.upper() not in known)
