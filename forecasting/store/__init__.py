"""Where models are kept: folders, the registry of MLflow, runs, exports."""
