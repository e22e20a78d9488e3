"""Cursors that nobody can read or forge: sealed with ``SECRET_KEY``."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from django.conf import settings
from django.core import signing
from django.utils.crypto import constant_time_compare, salted_hmac

CODE_BYTES = 16
URL_SAFE = re.compile(r"[A-Za-z0-9_-]*")  # Python reads more than this as base64


def seal(value: Any, salt: str) -> str:
    """Return JSON that nobody can read or forge without ``SECRET_KEY``; the same for equal values.

    As in RFC 5297, the authentication code of the text is also what its key stream begins with.
    """
    text = json.dumps(value, separators=(",", ":")).encode()
    code = _code(text, salt, settings.SECRET_KEY)
    return signing.b64_encode(code + _mask(text, code, salt, settings.SECRET_KEY)).decode()


def unseal(sealed: str, salt: str) -> Any:
    """Return what was sealed, also with one of ``SECRET_KEY_FALLBACKS``.

    Raises ValueError or BadSignature for anything else.
    """
    if not URL_SAFE.fullmatch(sealed):
        raise signing.BadSignature("not sealed")
    raw = signing.b64_decode(sealed.encode())
    code, masked = raw[:CODE_BYTES], raw[CODE_BYTES:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        text = _mask(masked, code, salt, secret)
        if constant_time_compare(_code(text, salt, secret), code):
            return json.loads(text)
    raise signing.BadSignature("sealed with another key")


def _code(text: bytes, salt: str, secret: Any) -> bytes:
    return salted_hmac(f"{salt}.code", text, secret, algorithm="sha256").digest()[:CODE_BYTES]


def _mask(text: bytes, code: bytes, salt: str, secret: Any) -> bytes:
    start = salted_hmac(f"{salt}.mask", code, secret, algorithm="sha256").digest()
    stream = hashlib.shake_256(start).digest(len(text))
    return bytes(each ^ other for each, other in zip(text, stream, strict=True))
