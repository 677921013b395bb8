"""The body of a request: read under a bound, inflated under the same bound, of a type this service takes."""

from __future__ import annotations

import zlib
from typing import Any

from flask import request

from serving.http.media import JSON
from serving.http.problems import Problem

CHUNK = 1 << 16


class ReadDeadline(ConnectionResetError):  # noqa: N818  (a moment, as in `Deadline`)
    """The client took longer to send its request than any client may."""


def read_body(limit: int) -> bytes:
    """Return the body of the current request, inflated where it came as gzip.

    Raises:
        Problem: 413 above `limit` bytes, 408 when it does not arrive in time, 400 when it is cut off or no gzip,
            415 for another encoding.
    """
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise Problem(
            415,
            "content_encoding",
            "The Content-Encoding must be gzip or absent.",
            headers={"Accept-Encoding": "gzip"},
        )
    body = read_bounded(request.environ, limit)
    return inflate(body, limit) if encoding == "gzip" else body


def require_type(*accepted: str) -> str:
    """Return the media type of the body, one of `accepted`.

    Raises:
        Problem: 415 when there is none, another one, or a charset other than UTF-8.
    """
    given = request.content_type or ""
    if given == JSON and JSON in accepted:  # nearly always
        return JSON
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in accepted or charset not in ("utf-8", "utf8"):
        wanted = " or ".join(accepted)
        got = "none" if not given else "another type" if request.mimetype not in accepted else "another charset"
        raise Problem(415, "content_type", f"The Content-Type must be {wanted} in UTF-8. Got {got}.")
    return request.mimetype


def read_bounded(environ: dict[str, Any], limit: int) -> bytes:
    """Read the body from the server, never more than `limit` bytes of it."""
    length = declared_length(environ)
    if length is not None and length > limit:
        raise too_large(limit)
    if length is None and not environ.get("wsgi.input_terminated"):
        return b""
    try:
        body = read_up_to(environ["wsgi.input"], limit + 1 if length is None else length)
    except ReadDeadline as error:
        raise Problem(408, "read_timeout", "The body did not arrive in time.") from error
    except OSError as error:  # a bad chunk, or the client is gone
        raise Problem(400, "body_unreadable", "The body is cut off, or its chunks are malformed.") from error
    if length is None and len(body) > limit:
        raise too_large(limit)
    if length is not None and len(body) < length:
        raise Problem(400, "body_unreadable", f"The body ends after {len(body)} bytes of the {length} announced.")
    return body


def declared_length(environ: dict[str, Any]) -> int | None:
    """Return the Content-Length; None where there is none or the body comes in chunks."""
    text = environ.get("CONTENT_LENGTH", "")
    if not text or environ.get("HTTP_TRANSFER_ENCODING"):
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Problem(400, "content_length", "The Content-Length must be a number of bytes.")
    return int(text)


def read_up_to(stream: Any, count: int) -> bytes:
    """Read `count` bytes, or fewer where the stream ends before."""
    parts = []
    while count > 0:
        part = stream.read(min(count, CHUNK))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def inflate(body: bytes, limit: int) -> bytes:
    """Undo gzip, giving up as soon as the result is above `limit`."""
    machine = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        inflated = machine.decompress(body, limit + 1)
    except zlib.error as error:
        raise Problem(400, "gzip_invalid", "The body is no gzip stream, though Content-Encoding says so.") from error
    if len(inflated) > limit:
        raise too_large(limit)
    if not machine.eof or machine.unused_data:
        raise Problem(400, "gzip_invalid", "The gzip stream is cut off, or something follows it.")
    return inflated


def too_large(limit: int) -> Problem:
    """Return the 413 of a body above `limit` bytes."""
    detail = f"The body may have {limit} bytes, also after decompression. Send fewer series, or shorter histories."
    return Problem(413, "body_too_large", detail)
