"""The HTTP service: requests in, answers of the one predictor out; no numbers are made here.

Who imports whom, downwards only:

```
`app`, `server`         the application; the process that listens
`gunicorn_conf`         what gunicorn does in each process
`routes`                a file per family of paths, which the application finds by itself
`service`               what the routes share
`answer`   `served`     from a panel to forecasts; the models, fresh and warm
`request`               from JSON or a table to a panel
`http`                  bodies, JSON, errors, deadlines, the access log
`settings`              read by all
```
"""
