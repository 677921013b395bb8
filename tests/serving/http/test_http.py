"""The outside of every answer: methods, types, encodings, sizes, hosts, ids, headers."""

import gzip
import io
import json
import re
import zlib

import pytest

from serving.app import SECURITY_HEADERS
from serving.http.body import ReadDeadline
from tests.serving.conftest import loaded_app, payload, post, require_problem, series

PATHS = ["/", "/healthz", "/readyz", "/ping", "/health", "/version", "/v1/models", "/v1/models/hourly"]


@pytest.mark.parametrize("path", PATHS)
def test_what_can_be_read_can_be_read(client, path):
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert client.head(path).status_code == 200


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/v1/forecast"])
def test_every_answer_has_the_security_headers_and_an_id(client, path):
    headers = client.get(path).headers
    for name, value in SECURITY_HEADERS.items():
        assert headers[name] == value
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])


def test_the_index_lists_the_paths(client):
    assert {"/v1/forecast", "/v1/models", "/healthz", "/readyz", "/invocations"} <= set(client.get("/").json["paths"])


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/nothing",
            "/v1",
            "/v1/forecast/",
            "/v1//forecast",
            "/V1/FORECAST",
            "/../../etc/passwd",
            "/%2e%2e/%2e%2e/x",
        ),
        *("/%00", "/%ff%fe", "/v1/models/", "/v1/models/../../etc/passwd", "/v1/models/models:/hourly", "/static/x"),
    ],
)
def test_what_is_not_there_is_a_404(client, path):
    require_problem(client.get(path), 404)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "FOO"])
def test_another_method_is_a_405_that_names_those_that_work(client, method):
    response = client.open("/v1/forecast", method=method)
    require_problem(response, 405, "method_not_allowed")
    assert "POST" in response.headers["Allow"]


def test_head_of_a_post_route_is_a_405(client):
    assert client.head("/v1/forecast").status_code == 405


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/csv"],
)
def test_a_body_of_another_type_is_a_415(client, content_type):
    require_problem(post(client, payload(), content_type=content_type), 415, "content_type")


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "utf-7", "x"])
def test_another_charset_is_a_415(client, charset):
    require_problem(post(client, payload(), content_type=f"application/json; charset={charset}"), 415, "content_type")


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_utf8_may_be_named(client, charset):
    assert post(client, payload(), content_type=f"application/json; charset={charset}").status_code == 200


@pytest.mark.parametrize("accept", ["image/png", "text/html", "image/*, text/html;q=0.5"])
def test_a_caller_that_takes_no_json_gets_a_406(client, accept):
    require_problem(post(client, payload(), headers={"Accept": accept}), 406, "not_acceptable")


@pytest.mark.parametrize("accept", ["*/*", "application/*", "text/html, */*;q=0.1", "application/json", ""])
def test_a_caller_that_takes_json_gets_it(client, accept):
    assert post(client, payload(), headers={"Accept": accept}).status_code == 200


def test_a_tame_request_id_is_kept(client):
    response = post(client, payload(), headers={"X-Request-ID": "order-7_a.B"})
    assert response.headers["X-Request-ID"] == "order-7_a.B" == response.json["request_id"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a;b", "é", "x" * 10_000, "a\tb"])
def test_any_other_request_id_is_replaced(client, given):
    response = client.get("/healthz", headers={"X-Request-ID": given})
    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["X-Request-ID"])


# encodings


def test_gzip_is_inflated(client):
    packed = gzip.compress(json.dumps(payload()).encode())
    response = post(client, packed, headers={"Content-Encoding": "gzip"})
    assert response.status_code == 200
    assert response.json["forecasts"] == post(client, payload()).json["forecasts"]


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x"])
def test_any_other_encoding_is_a_415_that_says_which_works(client, encoding):
    response = post(client, payload(), headers={"Content-Encoding": encoding})
    require_problem(response, 415, "content_encoding")
    assert response.headers["Accept-Encoding"] == "gzip"


PACKED = gzip.compress(b'{"series": []}', mtime=0)  # in the names of tests, which must be the same in every process


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        PACKED[:-4],
        PACKED[:12],
        PACKED + b"x",
        PACKED + PACKED,
        PACKED[:-6] + b"\0" * 6,
        zlib.compress(b"{}"),
    ],
)
def test_broken_gzip_is_a_400(client, body):
    require_problem(post(client, body, headers={"Content-Encoding": "gzip"}), 400, "gzip_invalid")


def test_a_gzip_bomb_is_a_413(client):
    bomb = gzip.compress(b" " * (64 * 2**20))
    assert len(bomb) < 100_000
    require_problem(post(client, bomb, headers={"Content-Encoding": "gzip"}), 413, "body_too_large")


# sizes


@pytest.fixture(scope="module")
def small_client(model_folders):
    return loaded_app(
        model_folders["hourly"], max_body_bytes=4096, allowed_hosts="localhost,forecast.example"
    ).test_client()


def padded(size):
    """A good request of exactly `size` bytes."""
    body = json.dumps(payload(series(10))).encode()
    return body + b" " * (size - len(body))


def chunked(client, body):
    """Send a body without its length, as a server hands over a chunked one."""
    return client.post(
        "/v1/forecast",
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},
        headers={"Transfer-Encoding": "chunked"},
    )


@pytest.mark.parametrize("send", [post, chunked])
def test_sizes_below_at_and_above_the_limit(small_client, send):
    assert send(small_client, padded(4095)).status_code == 200
    assert send(small_client, padded(4096)).status_code == 200
    require_problem(send(small_client, padded(4097)), 413, "body_too_large")


class Unreadable:
    """A body that must not be read."""

    def __init__(self, error):
        self.error = error

    def read(self, size=-1):
        raise self.error


def send_stream(client, error, **environ):
    environ = {"wsgi.input": Unreadable(error), "CONTENT_LENGTH": "100", **environ}
    return client.post("/v1/forecast", content_type="application/json", environ_overrides=environ)


def test_a_body_announced_as_too_large_is_not_read(small_client):
    response = send_stream(small_client, AssertionError("it was read"), CONTENT_LENGTH="4097")
    require_problem(response, 413, "body_too_large")


def test_a_body_that_comes_too_slowly_is_a_408(client):
    require_problem(send_stream(client, ReadDeadline()), 408, "read_timeout")


def test_a_body_whose_sender_is_gone_is_a_400(client):
    require_problem(send_stream(client, ConnectionResetError()), 400, "body_unreadable")


def test_a_body_shorter_than_announced_is_a_400(client):
    response = client.post(
        "/v1/forecast", content_type="application/json", data=b"{}", environ_overrides={"CONTENT_LENGTH": "100"}
    )
    require_problem(response, 400, "body_unreadable")


@pytest.mark.parametrize("length", ["-1", "abc", "7, 7", "1e3", "٣", "9" * 30])
def test_a_length_that_is_none_is_a_400(client, length):
    response = client.post(
        "/v1/forecast", content_type="application/json", environ_overrides={"CONTENT_LENGTH": length}
    )
    require_problem(response, 400, "content_length")


# hosts


def test_http_11_without_a_host_is_a_400(client):
    overrides = {"SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": ""}
    require_problem(client.get("/healthz", environ_overrides=overrides), 400, "host_missing")
    assert client.get("/healthz", environ_overrides={**overrides, "SERVER_PROTOCOL": "HTTP/1.0"}).status_code == 200


def test_two_hosts_are_a_400(client):
    require_problem(client.get("/healthz", environ_overrides={"HTTP_HOST": "a,b"}), 400, "host_invalid")


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "Forecast.Example"])
def test_allowed_hosts_are_answered(small_client, host):
    assert small_client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1"])
def test_other_hosts_are_a_400(small_client, host):
    require_problem(small_client.get("/healthz", headers={"Host": host}), 400, "host_not_allowed")


def test_a_forwarded_address_is_not_believed(client, model_folders):
    overrides = {"REMOTE_ADDR": "203.0.113.7"}
    headers = {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"}
    response = client.post("/v1/admin/reload", environ_overrides=overrides, headers=headers)
    require_problem(response, 403, "forbidden")


# admin

TOKEN = "right"  # noqa: S105


def test_whoever_is_on_this_machine_may_ask_for_a_reload(client):
    response = client.post("/v1/admin/reload")
    assert response.status_code == 202


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "Basic right", "bearer right", "Bearer righ"])
def test_with_a_token_only_the_token_may(model_folders, given):
    client = loaded_app(model_folders["steps"], admin_token=TOKEN).test_client()
    headers = {} if given is None else {"Authorization": given}
    response = client.post(f"/v1/admin/reload?token={TOKEN}", headers=headers)
    require_problem(response, 401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert client.post("/v1/admin/reload", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 202
