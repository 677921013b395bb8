"""The routes, one file per family with a `blueprint`; the application finds them by their file names."""

from forecasting.config.catalog import Catalog

ROUTES = Catalog("serving.routes", "route")
