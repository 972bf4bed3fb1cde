"""The hash of a session id that names its row in Magento's table, made without the crypt key.

Magento names the row of a session by HMAC-SHA256 of its id under the crypt key. HMAC hashes two
texts, each of which begins with a block of 64 bytes that depends on the key alone. The states of
SHA-256 after these two blocks are enough to name rows, and the key cannot be computed from them.
`hashlib` cannot continue from a state, so this module holds the compression function of SHA-256.
"""

from __future__ import annotations

import struct

_BLOCK = 64  # bytes
_WORD = 0xFFFFFFFF
_CONSTANTS = (
    *(0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4),
    *(0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE),
    *(0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F),
    *(0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7),
    *(0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC),
    *(0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B),
    *(0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116),
    *(0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3),
    *(0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7),
    0xC67178F2,
)
_State = tuple[int, ...]


def compute_row_name(session_id: str, key: bytes) -> str:
    """Return the `session_id` of a session's row. The key has 64 bytes: two states of SHA-256."""
    inner, outer = struct.unpack(">8L", key[:32]), struct.unpack(">8L", key[32:])
    return _finish_sha256(outer, _finish_sha256(inner, session_id.encode())).hex()


def _finish_sha256(state: _State, text: bytes) -> bytes:
    """Return the SHA-256 of a block that led to `state`, followed by `text`."""
    zeros = -(len(text) + 9) % _BLOCK
    length = struct.pack(">Q", 8 * (_BLOCK + len(text)))
    padded = text + b"\x80" + bytes(zeros) + length
    for start in range(0, len(padded), _BLOCK):
        state = _compress_block(state, padded[start : start + _BLOCK])
    return struct.pack(">8L", *state)


def _compress_block(state: _State, block: bytes) -> _State:
    words = list(struct.unpack(">16L", block))
    for i in range(16, 64):
        s0 = _rotate(words[i - 15], 7) ^ _rotate(words[i - 15], 18) ^ words[i - 15] >> 3
        s1 = _rotate(words[i - 2], 17) ^ _rotate(words[i - 2], 19) ^ words[i - 2] >> 10
        words.append((words[i - 16] + s0 + words[i - 7] + s1) & _WORD)
    a, b, c, d, e, f, g, h = state
    for constant, word in zip(_CONSTANTS, words, strict=True):
        s1 = _rotate(e, 6) ^ _rotate(e, 11) ^ _rotate(e, 25)
        t1 = h + s1 + (e & f ^ ~e & g) + constant + word
        s0 = _rotate(a, 2) ^ _rotate(a, 13) ^ _rotate(a, 22)
        t2 = s0 + (a & b ^ a & c ^ b & c)
        a, b, c, d, e, f, g, h = (t1 + t2) & _WORD, a, b, c, (d + t1) & _WORD, e, f, g
    result = (a, b, c, d, e, f, g, h)
    return tuple((old + new) & _WORD for old, new in zip(state, result, strict=True))


def _rotate(word: int, bits: int) -> int:
    return (word >> bits | word << 32 - bits) & _WORD
