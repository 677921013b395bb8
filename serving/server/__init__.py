"""The process that listens: a gunicorn worker."""
