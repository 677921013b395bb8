"""What users say: the task, the training, and how both are checked; names of models, heads and learners as texts."""

from forecasting.config.task import Task
from forecasting.config.training import Training

__all__ = ["Task", "Training"]
