"""A parser for PHP files that return one literal, such as Magento's app/etc/env.php.

It reads `<?php return [...];` as data and runs nothing. Anything that would need PHP, such as a
call or a constant, is refused.
"""

from __future__ import annotations

import math
import re
from typing import NoReturn

PhpKey = int | str
PhpArray = dict[PhpKey, "PhpValue"]
PhpValue = None | bool | int | float | str | PhpArray

_MAX_DEPTH = 64
_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//(?:(?!\?>)[^\r\n])*|\#(?!\[)(?:(?!\?>)[^\r\n])*|/\*.*?\*/)
    |(?P<single>'(?:[^'\\]|\\.)*')
    |(?P<double>"(?:[^"\\]|\\.)*")
    |(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:[0-9][0-9_]*)?\.?[0-9][0-9_]*\.?
        (?:[eE][+-]?[0-9]+)?))
    |(?P<word>\\?[A-Za-z_\x80-\U0010ffff][\w\\\x80-\U0010ffff]*)
    |(?P<heredoc><<<)
    |(?P<sign>=>|::|\?>|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_INTEGER = re.compile("[+-]?(?:0[xXbBoO]?[0-9a-fA-F]+|[1-9][0-9]*|0)")
_INTEGER_KEY = re.compile("0|-?[1-9][0-9]{0,17}")  # PHP makes a number of such a text as a key
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_ESCAPE = re.compile(
    rb"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]+)\}|([nrtvef\\$\"]))", re.DOTALL
)
_ESCAPED = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"e": b"\x1b", b"f": b"\f",
    b"\\": b"\\", b"$": b"$", b'"': b'"',
}  # fmt: skip
_VARIABLE = re.compile(r"(?<!\\)(?:\\\\)*(?:\$[A-Za-z_{\x80-\U0010ffff]|\{\$)")


class PhpCodeFound(Exception):
    """The file holds more than a literal. The message names the line and repeats no value."""


def parse_php_literal(content: bytes) -> PhpValue:
    """Return the value that `<?php return …;` gives.

    Arrays are dicts. Bytes that are not UTF-8 are kept as surrogate escapes. Raises PhpCodeFound.
    """
    return _Parser(content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")).parse()


class _Parser:
    """Reads one token after the other; `kind` and `text` are those of the current one."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._start = self._end = 0
        self.kind = self.text = ""

    def parse(self) -> PhpValue:
        if not re.match(r"<\?php\s", self._source):
            self._refuse("the file does not begin with <?php")
        self._end = len("<?php")
        self._advance()
        if self._is_word("declare"):
            self._skip_strict_types()
        if not self._is_word("return"):
            self._refuse("`return` is expected here")
        self._advance()
        value = self._parse_value(0)
        self._expect(";")
        if self.text == "?>":
            self._advance()
        if self.kind != "end":
            self._refuse("there is more after the returned value")
        return value

    def _advance(self) -> None:
        while True:
            self._start = self._end
            match = _TOKEN.match(self._source, self._start)
            if match is None:
                self.kind, self.text = "end", ""
                return
            self._end = match.end()
            self.kind, self.text = match.lastgroup or "", match[0]
            if self.kind != "space":
                return

    def _skip_strict_types(self) -> None:
        for text in ("declare", "(", "strict_types", "=", "1", ")", ";"):
            self._expect(text)

    def _expect(self, text: str) -> None:
        if self.text.lower() != text:
            self._refuse(f"`{text}` is expected here")
        self._advance()

    def _is_word(self, word: str) -> bool:
        return self.kind == "word" and self.text.lower() == word

    def _parse_value(self, depth: int) -> PhpValue:
        if depth > _MAX_DEPTH:
            self._refuse("the arrays are nested too deeply")
        if self.text == "[":
            self._advance()
            return self._parse_array("]", depth)
        if self._is_word("array"):
            self._advance()
            self._expect("(")
            return self._parse_array(")", depth)
        value = self._parse_scalar()
        self._advance()
        if (
            self.text in (".", "+", "-", "*", "/", "?", "(", "::", "&", "|")
            or self.kind == "number"
        ):
            self._refuse("an expression, which has to be calculated")
        return value

    def _parse_scalar(self) -> PhpValue:
        if self.kind == "single":
            return re.sub(r"\\([\\'])", r"\1", self.text[1:-1])
        if self.kind == "double":
            return self._unescape(self.text[1:-1])
        if self.kind == "number":
            return self._parse_number(self.text.replace("_", ""))
        name = self.text.lower().lstrip("\\")
        if self.kind != "word" or name not in _CONSTANTS:
            self._refuse(self._describe_token())
        return _CONSTANTS[name]

    def _parse_number(self, text: str) -> int | float:
        try:
            if not _INTEGER.fullmatch(text):
                return float(text)
            number = int(text, 8 if re.fullmatch("[+-]?0[0-7]+", text) else 0)
            return number if -(2**63) <= number < 2**63 else float(number)
        except (ValueError, OverflowError):
            self._refuse("a number that PHP does not accept")

    def _unescape(self, text: str) -> str:
        if _VARIABLE.search(text):
            self._refuse("a text with a variable in it")
        content = _ESCAPE.sub(_replace_escape, text.encode("utf-8", "surrogateescape"))
        return content.decode("utf-8", "surrogateescape")

    def _parse_array(self, end: str, depth: int) -> PhpArray:
        array: PhpArray = {}
        next_index = 0
        while self.text != end or self.kind != "sign":
            key: PhpValue = None
            value = self._parse_value(depth + 1)
            is_keyed = self.text == "=>" and self.kind == "sign"
            if is_keyed:
                key = self._convert_key(value)
                self._advance()
                value = self._parse_value(depth + 1)
            else:
                key = next_index
            array[key] = value
            if isinstance(key, int):
                next_index = max(next_index, key + 1)
            if self.text == end and self.kind == "sign":
                break
            self._expect(",")
        self._advance()
        return array

    def _convert_key(self, key: PhpValue) -> PhpKey:
        """Return an array's key as PHP stores it."""
        if isinstance(key, dict):
            self._refuse("an array as a key")
        if isinstance(key, str):
            return int(key) if _INTEGER_KEY.fullmatch(key) else key
        if isinstance(key, float) and not math.isfinite(key):
            self._refuse("an infinite number as a key")
        return "" if key is None else int(key)

    def _describe_token(self) -> str:
        """Return a description of the current token, without repeating a value of the file."""
        if self.kind == "end":
            return "the end of the file"
        if self.kind == "word":
            name = self.text
            self._advance()
            return f"a call of {name}()" if self.text == "(" else "a constant, or another name"
        if self.kind == "heredoc":
            return "a heredoc text"
        if self.text in ("'", '"'):
            return "a text without an end"
        return f"`{self.text}`" if self.kind == "sign" else f"a {self.kind} value"

    def _refuse(self, reason: str) -> NoReturn:
        line = self._source.count("\n", 0, self._start) + 1
        raise PhpCodeFound(f"line {line}: {reason}")


def _replace_escape(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, codepoint, letter = match.groups()
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if codepoint:
        number = int(codepoint, 16)
        return chr(number).encode("utf-8", "surrogatepass") if number < 0x110000 else match[0]
    return _ESCAPED[letter]
