"""The code that MLflow keeps beside a logged model: it names the class that answers, and holds nothing else."""

from mlflow.models import set_model

from forecasting.store.pyfunc import ForecastModel

set_model(ForecastModel())
