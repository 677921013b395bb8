"""Threads share one predictor: answers are those of one thread, bit for bit, also while models are swapped."""

import threading
from dataclasses import replace

from tests.serving.conftest import loaded_app, payload, post, series


def in_threads(count, work):
    """Run `work(number)` in as many threads and return the results in order."""
    results = [None] * count

    def run(number):
        results[number] = work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_eight_threads_give_the_bytes_of_one(model_folders):
    app = loaded_app(model_folders["hourly"], slots=8, queue=64)
    bodies = [
        payload(
            *(series(20 + size, unique_id=f"{size}-{n}") for n in range(1 + size % 3)), level=[80], horizon=1 + size
        )
        for size in range(16)
    ]

    def answers(number):
        client = app.test_client()
        order = [(number + step) % len(bodies) for step in range(len(bodies))]
        headers = {"X-Request-ID": "same"}
        return {index: post(client, bodies[index], headers=headers).data for index in order}

    serial = answers(0)
    assert all(b'"forecasts"' in text for text in serial.values())
    for found in in_threads(8, answers):
        assert found == serial


def test_a_request_uses_one_version_throughout(model_folders):
    app = loaded_app(model_folders["hourly"], slots=4, queue=64)
    store = app.extensions["forecasting"].store
    before = store.snapshot
    (served,) = before.models
    swapped = replace(served, id=replace(served.id, digest="other", version="2"))
    after = type(before)(before.references, {served.reference: swapped})
    stop = threading.Event()

    def swap():
        while not stop.is_set():
            store.snapshot = after
            store.snapshot = before

    swapper = threading.Thread(target=swap)
    swapper.start()

    def answers(_):
        client = app.test_client()
        return [post(client, payload(series(5))).json["model"] for _ in range(25)]

    found = [model for many in in_threads(4, answers) for model in many]
    stop.set()
    swapper.join()
    assert len(found) == 100
    assert {(model["version"], model["digest"]) for model in found} <= {(None, served.id.digest), ("2", "other")}
