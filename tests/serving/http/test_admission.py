"""Slots, queue and deadlines: turned away early, cheaply, and with a time to come back."""

import threading
import time

import pytest

from serving.http.admission import Deadline, Gate
from serving.http.problems import Problem
from tests.serving.conftest import loaded_app, payload, post, require_problem


class Clock:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self):
        return self.now


def in_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def full(model_folders, monkeypatch):
    """An application with one slot, whose predictor computes for as long as the test likes.

    The queue is patient: what is answered while the slot is taken has not waited for anything.
    """
    app = loaded_app(model_folders["hourly"], slots=1, queue=1, queue_seconds=600)
    predictor = app.extensions["forecasting"].store.snapshot.models[0].predictor
    inside, leave, calls = threading.Semaphore(0), threading.Event(), []
    predict = predictor.predict_panel

    def slow(*args):
        calls.append(1)
        inside.release()
        assert leave.wait(60)
        return predict(*args)

    monkeypatch.setattr(predictor, "predict_panel", slow)
    yield app, inside, leave, calls
    leave.set()


def test_beyond_slots_and_queue_the_answer_is_503_at_once(full):
    app, inside, leave, calls = full
    statuses = []
    first = [in_thread(lambda: statuses.append(post(app.test_client(), payload()).status_code)) for _ in range(2)]
    assert inside.acquire(timeout=5)
    gate = app.extensions["forecasting"].gate
    while gate._waiting < 1:
        time.sleep(0.001)
    response = post(app.test_client(), payload())
    require_problem(response, 503, "overloaded")
    assert 1 <= int(response.headers["Retry-After"]) <= 3
    for path in ("/healthz", "/readyz", "/v1/models"):
        assert app.test_client().get(path).status_code == 200
    leave.set()
    for thread in first:
        thread.join(10)
    assert statuses == [200, 200]
    assert len(calls) == 2


def test_what_expires_in_the_queue_is_never_computed(full):
    app, inside, leave, calls = full
    first = in_thread(lambda: post(app.test_client(), payload()))
    assert inside.acquire(timeout=5)
    response = post(app.test_client(), payload(), headers={"X-Request-Timeout": "0.05"})
    require_problem(response, 504, "deadline")
    leave.set()
    first.join(10)
    assert len(calls) == 1


def test_a_deadline_that_has_passed_needs_no_slot():
    clock = Clock()
    deadline = Deadline(1.0, clock)
    gate = Gate(1, 0, 1.0)
    clock.now = 1.0
    with pytest.raises(Problem) as caught, gate.enter(deadline):
        pytest.fail("it was let in")
    assert caught.value.status == 504
    clock.now = 0.5
    with gate.enter(deadline):
        pass


def test_a_slot_is_free_again_after_an_error():
    gate = Gate(1, 0, 0.01)
    for _ in range(3):
        with pytest.raises(KeyError), gate.enter(Deadline(1.0, Clock())):
            raise KeyError


def test_waiting_too_long_is_a_503():
    gate = Gate(1, 1, 0.01)
    with gate.enter(Deadline(1e9)), pytest.raises(Problem) as caught, gate.enter(Deadline(1e9)):
        pytest.fail("it was let in")
    assert caught.value.status == 503


@pytest.mark.parametrize("text", ["", "x", "0", "-1", "nan", "inf", "1e999", "1,5", "9" * 40])
def test_a_timeout_that_is_none_is_a_400(client, text):
    response = post(client, payload(), headers={"X-Request-Timeout": text})
    require_problem(response, 400, "request_timeout_invalid")


@pytest.mark.parametrize("text", ["30", "1.5", "1e3"])
def test_a_timeout_may_be_any_number_of_seconds(client, text):
    assert post(client, payload(), headers={"X-Request-Timeout": text}).status_code == 200


def test_fifty_at_once_get_an_answer_or_are_told_to_come_back(model_folders):
    app = loaded_app(model_folders["hourly"], slots=1, queue=2)
    statuses = []
    threads = [in_thread(lambda: statuses.append(post(app.test_client(), payload()).status_code)) for _ in range(50)]
    for thread in threads:
        thread.join(30)
    assert len(statuses) == 50
    assert set(statuses) <= {200, 503}
    assert 200 in statuses
