"""Support codes: eight characters on a result page that a shopper can read out over a telephone.

A code is 40 bits in Crockford's base32, which has no letter that looks like a digit, in two groups:
`7K3M-9QX2`. A page for a handoff shows the first 40 bits of the handoff's id, so the ledger can be
searched for them. Any other page shows a hash of the request's id. Each log line has the code too.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

_RFC4648, _CROCKFORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO_CROCKFORD = str.maketrans(_RFC4648, _CROCKFORD)
_FROM_CROCKFORD = str.maketrans(_CROCKFORD + "ILO", _RFC4648 + "BBA")  # I and L are 1, O is 0
_IGNORED = re.compile(r"[\s\u00ad\u2010-\u2015\u2212-]")  # blanks, hyphens and dashes
# What may stand around a code that is pasted.
_AROUND = " \t\r\n.,;:!?'\"()[]<>\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_CODE = re.compile(r"[0-9A-TV-Z]{8}")
_CODE_BYTES = 5


def build_support_code(log_context: Mapping[str, Any]) -> str | None:
    """Return the code of the handoff, or else of the request, that a log line names; or None."""
    if handoff_id := log_context.get("handoff"):
        bits = base64.urlsafe_b64decode(handoff_id[:8])[:_CODE_BYTES]
    elif request_id := log_context.get("request_id"):
        bits = hashlib.sha256(request_id.encode()).digest()[:_CODE_BYTES]
    else:
        return None
    code = base64.b32encode(bits).decode().translate(_TO_CROCKFORD)
    return f"{code[:4]}-{code[4:]}"


def normalize_support_code(text: str) -> str | None:
    """Return a code as the pages show it, however a person has written it, or None."""
    code = _IGNORED.sub("", text.strip(_AROUND)).upper()
    if not code.isascii() or not _CODE.fullmatch(code):
        return None
    code = code.translate(_FROM_CROCKFORD).translate(_TO_CROCKFORD)
    return f"{code[:4]}-{code[4:]}"


def list_handoff_id_prefixes(support_code: str) -> list[str]:
    """Return the four prefixes, of seven characters, that the ids of a code's handoffs can have.

    A code ends in the middle of the seventh character of an id.
    """
    code = support_code.replace("-", "").translate(_FROM_CROCKFORD)
    bits = base64.b32decode(code)
    return [base64.urlsafe_b64encode(bits + bytes([rest << 6])).decode()[:7] for rest in range(4)]
