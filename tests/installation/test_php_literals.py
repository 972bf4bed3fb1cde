"""The parser for PHP files that return one literal."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.installation.php_literals import PhpCodeFound, parse_php_literal

ENV_PHP = r"""<?php
return [
    'crypt' => ['key' => 'base64secret'],
    "session" => array(
        'save' => 'redis', # a comment
        'redis' => ['host' => '127.0.0.1', 'port' => 6379, 'password' => 'it\'s \\ "here"',],
    ),
    'x' => [true, FALSE, null, -1, 0x1F, 0b11, 010, 0o17, 1_000, .5, 1e3, 5 => 'five', 'six'],
    '7' => 'a number', "\x41\u{e9}\101\q\$a\n" => 'escapes', /* another */
    1.5 => 'cut', true => 'one', null => 'empty', 'big' => 99999999999999999999,
    'driver_options' => [1014 => false], // the last one
];
"""


def test_the_values_are_those_of_php() -> None:
    value: Any = parse_php_literal(ENV_PHP.encode())
    assert value["session"]["redis"]["password"] == 'it\'s \\ "here"'
    assert list(value["x"].values())[:5] == [True, False, None, -1, 31]
    assert value["x"][11] == "six"
    assert value["AéA\\q$a\n"] == "escapes"
    assert value["driver_options"] == {1014: False}
    assert value[1] == "one"


@pytest.mark.processes
def test_php_reads_the_same(tmp_path: Path) -> None:
    php = shutil.which("php")
    if php is None:
        pytest.skip("php is not installed")
    file = tmp_path / "env.php"
    file.write_text(ENV_PHP)
    script = "echo json_encode(require $argv[1], JSON_FORCE_OBJECT);"
    ran = subprocess.run([php, "-r", script, str(file)], capture_output=True, check=True)
    assert json.loads(json.dumps(parse_php_literal(ENV_PHP.encode()))) == json.loads(ran.stdout)


@pytest.mark.parametrize(
    "text",
    [
        "<?php\ndeclare(strict_types=1);\nreturn ['a' => 'b'];\n?>\n",
        "\ufeff<?php return array('a' => 'b',);",
        "<?php return ['a' /* => */ => 'b' // ]\n];",
    ],
)
def test_other_spellings_of_the_file_are_read(text: str) -> None:
    assert parse_php_literal(text.encode()) == {"a": "b"}


def test_bytes_that_are_not_utf8_are_kept() -> None:
    [password] = parse_php_literal(b"<?php return ['p\xe4ss'];").values()  # type: ignore[union-attr]
    assert str(password).encode("utf-8", "surrogateescape") == b"p\xe4ss"


@pytest.mark.parametrize(
    "code",
    [
        "['a' => getenv('X')]",
        "['a' => \\getenv('X')]",
        "['a' => 'x' . 'y']",
        "['a' => PHP_INT_MAX]",
        "['a' => Foo::class]",
        '["x$y"]',
        '["{$y}"]',
        '["${y}"]',
        "[<<<EOT\nx\nEOT\n]",
        "[1 + 1]",
        "[1 ? 2 : 3]",
        "[!true]",
        "[(int) 'x']",
        "[...[1]]",
        "[&$x]",
        "[`id`]",
        "['x'[0]]",
        "[fn() => 1]",
        "new Foo",
        "[] + []",
        "include 'other.php'",
        "['a' => 1 ?? 2]",
        "[1,,2]",
        "[,]",
        "[1 2]",
        "['a' => ]",
        "['unterminated]",
        "[1 /* unterminated ]",
        "[#[Attribute] 1]",
        "[089]",
        "[" * 10_000,
    ],
)
def test_code_is_refused_with_its_line(code: str) -> None:
    with pytest.raises(PhpCodeFound, match=r"^line \d+: "):
        parse_php_literal(f"<?php\nreturn {code};".encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html></html>",
        "<?php $x = 1; return [];",
        "<?php return []; system('id');",
        "<?php return []; ?> text",
        "<?php return [] // ?> text\n;",
        "text <?php return [];",
    ],
)
def test_more_than_one_returned_value_is_refused(text: str) -> None:
    with pytest.raises(PhpCodeFound):
        parse_php_literal(text.encode())


def test_the_reason_repeats_no_value_of_the_file() -> None:
    for text in ("['secret'secret]", '["secret" . 1]', "['secret]", "[secret]", '["secret$x"]'):
        with pytest.raises(PhpCodeFound) as caught:
            parse_php_literal(f"<?php return {text};".encode())
        assert "secret" not in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_in_single_quotes_is_read_back(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    assert parse_php_literal(f"<?php return ['{quoted}'];".encode()) == {0: text}


@given(st.binary(max_size=200))
def test_any_file_is_read_or_refused(content: bytes) -> None:
    try:
        parse_php_literal(b"<?php return " + content)
    except PhpCodeFound:
        pass


@pytest.mark.parametrize("code", [f"0x{'f' * 300}", "[1e999 => 1]", "[-1e999 => 1]"])
def test_numbers_without_an_end_are_refused(code: str) -> None:
    with pytest.raises(PhpCodeFound, match="line 1: "):
        parse_php_literal(f"<?php return {code};".encode())


def test_a_comment_ends_with_a_carriage_return() -> None:
    assert parse_php_literal(b"<?php // a\rreturn # b\r 5;") == 5
