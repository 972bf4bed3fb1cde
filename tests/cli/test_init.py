"""`handoff init` on the stand-in shop."""

from __future__ import annotations

import getpass
import os
import pty
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import Mock

import pytest
import redis
from click.testing import CliRunner, Result
from dotenv import dotenv_values

from handoff.cli import main
from handoff.cli.command_exit import COULD_NOT_RUN
from handoff.settings import load_settings
from tests.running_servers import RedisServer, RunningShop, free_port, running_shop_of_stores

IS_ROOT = os.geteuid() == 0
Init = Callable[..., Result]
CRYPT_KEY, DATABASE_PASSWORD = "base64-crypt-key-of-the-shop", "password-of-the-database"
SHOP_PASSWORD = "p/ss:w@rd"


def write_env_php(folder: Path, session: str, more: str = "") -> Path:
    file = folder / "app" / "etc" / "env.php"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"""<?php
return [
    'crypt' => ['key' => '{CRYPT_KEY}'],
    'db' => ['connection' => ['default' => ['password' => '{DATABASE_PASSWORD}']]],
    'session' => {session},
    {more}
];
"""
    )
    return file


def describe_redis(port: int) -> str:
    return (
        f"['save' => 'redis', 'redis' => ['host' => '127.0.0.1', 'port' => '{port}', "
        f"'database' => '2', 'password' => '{SHOP_PASSWORD}', 'min_lifetime' => '7200']]"
    )


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / "etc" / "handoff.env"


@pytest.fixture
def init(shop: RunningShop, env_file: Path, tmp_path: Path) -> Init:
    """Run `handoff init` for the stand-in shop, as this user and without the doctor."""

    def run(*arguments: str | Path, session: str = describe_redis(6379)) -> Result:
        env_php = write_env_php(tmp_path, session)
        usual = ["--shop-url", shop.url, "--env-php", env_php, "--env-file", env_file]
        options = [*usual, "--user", getpass.getuser(), "--no-doctor", *arguments]
        return CliRunner().invoke(main, ["init", *map(str, options)])

    return run


def read_settings(env_file: Path) -> dict[str, str]:
    values = dotenv_values(env_file, interpolate=False)
    return {name: value or "" for name, value in values.items()}


def test_the_settings_are_those_of_the_shop(
    init: Init, env_file: Path, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = init("--yes")
    assert result.exit_code == 0, result.output
    values = read_settings(env_file)
    assert values["HANDOFF_MAGENTO_URL"] == shop.url
    assert values["HANDOFF_PUBLIC_URL"] == f"{shop.url}/handoff"
    assert values["HANDOFF_SESSION_STORE"] == "redis://:p%2Fss%3Aw%40rd@127.0.0.1:6379/2"
    assert values["HANDOFF_SESSION_LIFETIME"] == "7200"
    assert values["HANDOFF_TRUSTED_PROXIES"] == "1"
    assert "HANDOFF_STORES" not in values, "the shop has the default store view"
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert len(load_settings().secret_key.get_secret_value()) >= 32


def test_no_secret_of_the_shop_is_printed_and_only_redis_password_is_written(
    init: Init, env_file: Path, tmp_path: Path
) -> None:
    output = init("--dry-run").output + init("--yes").output
    written = "".join(p.read_text() for p in env_file.parent.rglob("*") if p.is_file())
    for secret in (CRYPT_KEY, DATABASE_PASSWORD):
        assert secret not in output + written
    for spelling in (SHOP_PASSWORD, "p%2Fss%3Aw%40rd"):
        assert spelling not in output


def test_the_rights_of_the_files(init: Init, env_file: Path) -> None:
    init("--yes")
    status = env_file.stat()
    assert stat.S_IMODE(status.st_mode) == (0o640 if IS_ROOT else 0o600)
    assert stat.S_IMODE((env_file.parent / "ledger").stat().st_mode) == 0o700
    for name in ("nginx.conf", "systemd/handoff.service"):
        assert stat.S_IMODE((env_file.parent / name).stat().st_mode) == 0o644


def test_a_dry_run_shows_everything_and_writes_nothing(init: Init, env_file: Path) -> None:
    result = init("--dry-run")
    assert result.exit_code == 0
    for text in ("+HANDOFF_SECRET_KEY=…", "ExecStart=", "location ^~ /handoff/", "OnCalendar="):
        assert text in result.output
    assert not env_file.parent.exists()


def test_the_written_units_run_this_installation(init: Init, env_file: Path) -> None:
    init("--yes", "--bind", "127.0.0.1:8765", "--public-url", "http://127.0.0.1:1/way/in")
    folder = env_file.parent
    unit = (folder / "systemd" / "handoff.service").read_text()
    command = Path(sys.executable).with_name("handoff")
    assert f"ExecStart={command} serve --env-file {env_file} --bind 127.0.0.1:8765" in unit
    assert f"ReadWritePaths={folder / 'ledger'}" in unit
    names = {path.name for path in (folder / "systemd").iterdir()}
    assert {f"handoff-{name}.timer" for name in ("deliver", "purge", "reconcile")} < names
    location = (folder / "nginx.conf").read_text()
    assert "location ^~ /way/in/ {\n    proxy_pass http://127.0.0.1:8765;" in location
    assert "location = /way/in/metrics" in location


def test_it_says_what_poq_and_redis_and_nginx_need(init: Init, env_file: Path) -> None:
    output = init("--yes").output
    key = read_settings(env_file)["HANDOFF_API_KEYS"].removeprefix("poq/")
    assert f"key       {key}" in output
    assert "/handoff/api/cart-transfer" in output
    assert f"include {env_file.with_name('nginx.conf')};" in output
    assert "resetkeys '~sess_*' -@all +hset +hget +expire +select" in output
    again = init("--yes").output
    assert key not in again


def test_a_second_run_changes_nothing(init: Init, env_file: Path) -> None:
    init("--yes")
    before = {path: path.read_text() for path in env_file.parent.rglob("*") if path.is_file()}
    result = init("--yes")
    assert "Everything is as init would write it." in result.output
    after = {path: path.read_text() for path in env_file.parent.rglob("*") if path.is_file()}
    assert after == before


def test_what_the_administrator_has_changed_stays(init: Init, env_file: Path) -> None:
    init("--yes")
    text = env_file.read_text().replace("LIFETIME=7200", "LIFETIME=900")
    env_file.write_text(f"# our own\n{text}HANDOFF_SHOP_NAME='Our Shop'\n")
    unit = env_file.parent / "systemd" / "handoff.service"
    unit.write_text(unit.read_text().replace("127.0.0.1:8000", "127.0.0.1:8000 --workers 4"))
    keys = read_settings(env_file)
    result = init("--yes")
    assert "HANDOFF_SESSION_LIFETIME=7200   by the shop; --update takes it" in result.output
    assert "stays as it is. With --update it changes like this:" in result.output
    assert read_settings(env_file) == keys
    assert "--workers 4" in unit.read_text()
    init("--yes", "--update")
    assert read_settings(env_file) == {**keys, "HANDOFF_SESSION_LIFETIME": "7200"}
    assert env_file.read_text().startswith("# our own\n")
    assert "--workers 4" not in unit.read_text()


def test_an_option_changes_its_setting_in_an_existing_file(init: Init, env_file: Path) -> None:
    init("--yes")
    before = read_settings(env_file)
    result = init("--yes", "--public-url", "http://127.0.0.1:1/other")
    after = read_settings(env_file)
    assert after == {**before, "HANDOFF_PUBLIC_URL": "http://127.0.0.1:1/other"}
    assert "location ^~ /other/ {" in result.output, "the lines for nginx differ now"


@pytest.mark.parametrize("change", ["", "# mine\n"])
def test_the_lines_for_nginx_of_the_package_follow_the_options_unless_they_were_changed(
    change: str, init: Init, env_file: Path
) -> None:
    packaged = Path(__file__).parents[2] / "docs" / "deploy" / "nginx-location.conf"
    lines = env_file.with_name("nginx.conf")
    lines.parent.mkdir()
    lines.write_text(packaged.read_text() + change)
    address = "http://127.0.0.1:1/other"
    result = init("--yes", "--bind", "127.0.0.1:8100", "--public-url", address)
    assert result.exit_code == 0, result.output
    text = lines.read_text()
    is_kept = text == packaged.read_text() + change
    assert is_kept == ("stays as it is" in result.output) == bool(change)
    if not change:
        assert "proxy_pass http://127.0.0.1:8100;" in text
        assert "location ^~ /other/ {" in text


def test_keys_in_files_are_kept(init: Init, env_file: Path) -> None:
    env_file.parent.mkdir()
    names = ("API_KEYS", "SECRET_KEY", "SESSION_STORE", "PUBLIC_URL")
    env_file.write_text("".join(f"HANDOFF_{name}_FILE=/run/{name}\n" for name in names))
    assert init("--yes").exit_code == 0
    assert not {f"HANDOFF_{name}" for name in names} & read_settings(env_file).keys()


def test_a_copied_example_is_filled_in(init: Init, env_file: Path) -> None:
    env_file.parent.mkdir()
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    env_file.write_text(example)
    assert init("--yes").exit_code == 0
    values = read_settings(env_file)
    assert "shop.example" not in "".join(values.values())
    assert "a-password" not in "".join(values.values())
    assert values["HANDOFF_DATABASE_URL"] == "sqlite:////var/lib/handoff/handoff.db"
    assert values["HANDOFF_API_KEYS"].startswith("poq/")


def test_several_websites_are_listed_in_the_settings(env_file: Path, tmp_path: Path) -> None:
    codes = "'default' => [], 'base_eur' => [], 'eu_de' => [], 'admin' => []"
    more = f"'scopes' => ['stores' => [{codes}]],"
    more += "'system' => ['default' => ['customer' => ['account_share' => ['scope' => 0]]]],"
    env_php = write_env_php(tmp_path, describe_redis(6379), more)
    options = ["--env-php", env_php, "--env-file", env_file, "--user", getpass.getuser()]
    options += ["--no-doctor", "--yes"]
    with running_shop_of_stores(tmp_path / "sessions") as shop:
        command = ["init", "--shop-url", shop.url, *map(str, options)]
        result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    values = read_settings(env_file)
    assert (
        '"code":"eu_de","store_id":3,"website_id":2,"website_code":"eu"' in values["HANDOFF_STORES"]
    )
    assert '"language":"de"' in values["HANDOFF_STORES"]
    assert values["HANDOFF_CUSTOMER_ACCOUNTS"] == "global"


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ((), "--shop-url"),
        (("--shop-url", "{shop}"), "--env-php or --session-store"),
        (("--shop-url", "{shop}", "--env-php", "{env_php}"), "--redis-user"),
        (("--shop-url", "{shop}", "--env-php", "{env_php}", "--redis-user", "shop"), "--yes"),
    ],
)
def test_without_a_terminal_the_missing_option_is_named(
    arguments: tuple[str, ...], option: str, shop: RunningShop, env_file: Path, tmp_path: Path
) -> None:
    env_php = str(write_env_php(tmp_path, describe_redis(6379)))
    values = [text.format(shop=shop.url, env_php=env_php) for text in arguments]
    command = ["init", "--env-file", str(env_file), "--user", getpass.getuser(), *values]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == COULD_NOT_RUN
    assert f"{option} is needed" in result.stderr
    assert not env_file.exists()


@pytest.mark.processes
def test_with_a_closed_input_the_missing_option_is_named(env_file: Path) -> None:
    command = f"exec {sys.executable} -m handoff.cli init --env-file {env_file} <&-"
    ended = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert ended.returncode == COULD_NOT_RUN
    assert "--shop-url is needed" in ended.stderr


def run_on_terminal(command: list[str], answers: bytes) -> tuple[int, str]:
    """Run a command on a terminal, give it the answers, and return its exit code and output."""
    parent, child = pty.openpty()
    with subprocess.Popen(command, stdin=child, stdout=child, stderr=child) as process:
        os.close(child)
        os.write(parent, answers)
        output = b""
        try:
            while part := os.read(parent, 4096):
                output += part
        except OSError:  # Linux reports the end of a terminal so
            pass
        os.close(parent)
        code = process.wait(timeout=60)
    return code, output.decode()


@pytest.mark.processes
def test_it_asks_on_a_terminal(shop: RunningShop, env_file: Path, tmp_path: Path) -> None:
    env_php = write_env_php(tmp_path, describe_redis(6379))
    command = [sys.executable, "-m", "handoff.cli", "init", "--env-file", str(env_file)]
    command += ["--user", getpass.getuser(), "--no-doctor"]
    answers = f"{shop.url}\n{env_php}\nn\ny\n".encode()
    code, output = run_on_terminal(command, answers)
    assert code == 0, output
    assert "Address of the shop" in output
    assert "Make these changes?" in output
    assert read_settings(env_file)["HANDOFF_MAGENTO_URL"] == shop.url


@pytest.mark.processes
@pytest.mark.parametrize(
    "spelling",
    [
        "{folder}/app/etc/env.php",
        "'{folder}/app/etc/env.php'",
        '"{folder}/app/etc/env.php" ',
        "{escaped}/app/etc/env.php",
        "~/my shop/app/etc/env.php",
        "{folder}",
        "{folder}/app/etc/",
    ],
)
def test_a_path_may_be_written_as_for_a_shell_and_a_wrong_answer_is_asked_again(
    spelling: str,
    shop: RunningShop,
    env_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "my shop"
    write_env_php(folder, describe_redis(6379))
    monkeypatch.setenv("HOME", str(tmp_path))
    command = [sys.executable, "-m", "handoff.cli", "init", "--env-file", str(env_file)]
    command += ["--user", getpass.getuser(), "--no-doctor", "--redis-user", "shop"]
    path = spelling.format(folder=folder, escaped=str(folder).replace(" ", "\\ "))
    answers = f"http://a b/\n{shop.url}/\n/nowhere/env.php\n'open\n{path}\ny\n"
    code, output = run_on_terminal(command, answers.encode())
    assert code == 0, output
    assert "The address of the shop has characters that a URL cannot have." in output
    assert "There is no file /nowhere/env.php." in output
    assert read_settings(env_file)["HANDOFF_SESSION_STORE"].startswith("redis://")


def test_the_folder_of_the_shop_is_enough(init: Init, env_file: Path, tmp_path: Path) -> None:
    result = init("--env-php", tmp_path, "--yes")
    assert result.exit_code == 0, result.output
    assert read_settings(env_file)["HANDOFF_SESSION_STORE"].startswith("redis://")


@pytest.mark.parametrize(
    ("content", "setting"),
    [
        (b"\xef\xbb\xbfHANDOFF_PAUSED=true\n", "true"),
        (b"# mine\r\nHANDOFF_PAUSED='true' # until noon\r\n\r\n", "true"),
        (b"export HANDOFF_PAUSED=true", "true"),
        (b"\xef\xbb\xbf# mine\r\n", ""),
    ],
)
def test_a_file_from_another_system_keeps_its_settings(
    init: Init, env_file: Path, shop: RunningShop, content: bytes, setting: str
) -> None:
    env_file.parent.mkdir()
    env_file.write_bytes(content)
    result = init("--yes")
    assert result.exit_code == 0, result.output
    values = read_settings(env_file)
    assert values.get("HANDOFF_PAUSED", "") == setting
    assert values["HANDOFF_MAGENTO_URL"] == shop.url
    if b"# mine" in content:
        assert "# mine" in env_file.read_text()
    assert "Everything is as init would write it." in init("--yes").output


@pytest.mark.parametrize("content", ['A=1\nHANDOFF_SHOP_NAME="never closed\n', "A=1\nB='x' y\n"])
def test_a_file_with_a_line_that_cannot_be_read_is_left_alone(
    init: Init, env_file: Path, content: str
) -> None:
    env_file.parent.mkdir()
    env_file.write_text(content)
    result = init("--yes")
    assert result.exit_code == COULD_NOT_RUN
    assert f"{env_file}: line 2 cannot be read." in result.stderr
    assert env_file.read_text() == content


def test_a_wrong_public_address_is_named(init: Init) -> None:
    result = init("--public-url", "https://", "--yes")
    assert result.exit_code == COULD_NOT_RUN
    assert "--public-url must be an http(s) URL with a host." in result.stderr


@pytest.mark.processes
def test_a_declined_change_writes_nothing(
    shop: RunningShop, env_file: Path, tmp_path: Path
) -> None:
    env_php = write_env_php(tmp_path, describe_redis(6379))
    command = [sys.executable, "-m", "handoff.cli", "init", "--env-file", str(env_file)]
    options = ["--shop-url", shop.url, "--env-php", str(env_php), "--redis-user", "shop"]
    code, output = run_on_terminal([*command, *options], b"n\n")
    assert code == COULD_NOT_RUN
    assert "Nothing was written." in output
    assert not env_file.parent.exists()


@pytest.mark.processes
def test_the_redis_user_may_write_sessions_only(
    init: Init, env_file: Path, redis_server: RedisServer
) -> None:
    session = describe_redis(redis_server.port).replace(SHOP_PASSWORD, "")
    result = init("--yes", "--redis-user", "create", session=session)
    assert result.exit_code == 0, result.output
    rights = "resetkeys ~sess_* -@all +hset +hget +expire +select"
    line = re.search(
        rf"^  (user handoff on >\S+ {re.escape(rights)})$", result.output, re.MULTILINE
    )
    assert line, "this Redis has no aclfile"
    with redis.Redis.from_url(read_settings(env_file)["HANDOFF_SESSION_STORE"]) as client:
        client.hset("sess_abc", "data", "x")
        with pytest.raises(redis.ResponseError, match="permission"):
            client.hset("other", "data", "x")
        with pytest.raises(redis.ResponseError, match="permission"):
            client.keys("*")


@pytest.mark.processes
@pytest.mark.parametrize("option", [(), ("--update",), ("--redis-user", "create", "--update")])
def test_a_second_run_keeps_the_redis_user_of_handoff(
    option: tuple[str, ...], init: Init, env_file: Path, redis_server: RedisServer
) -> None:
    session = describe_redis(redis_server.port).replace(SHOP_PASSWORD, "")
    assert init("--yes", "--redis-user", "create", session=session).exit_code == 0
    before = env_file.read_text()
    again = init("--yes", *option, session=session)
    assert again.exit_code == 0, again.output
    assert "differs from what the shop says" not in again.output
    assert "the shop's own Redis login" not in again.output
    assert env_file.read_text() == before


@pytest.mark.processes
def test_a_redis_user_that_redis_has_forgotten_is_created_again(
    init: Init, env_file: Path, redis_server: RedisServer
) -> None:
    session = describe_redis(redis_server.port).replace(SHOP_PASSWORD, "")
    assert init("--yes", "--redis-user", "create", session=session).exit_code == 0
    with redis.Redis(port=redis_server.port) as administrator:
        administrator.execute_command("ACL", "DELUSER", "handoff")
    assert init("--yes", "--redis-user", "create", session=session).exit_code == 0
    with redis.Redis.from_url(read_settings(env_file)["HANDOFF_SESSION_STORE"]) as client:
        client.hset("sess_abc", "data", "again")
        assert client.hget("sess_abc", "data") == b"again"


@pytest.mark.processes
def test_the_redis_user_can_be_chosen_later(
    init: Init, env_file: Path, redis_server: RedisServer
) -> None:
    session = describe_redis(redis_server.port).replace(SHOP_PASSWORD, "")
    for choice, login in (("shop", ""), ("create", "handoff:"), ("shop", "")):
        result = init("--yes", "--redis-user", choice, session=session)
        assert result.exit_code == 0, result.output
        store = read_settings(env_file)["HANDOFF_SESSION_STORE"]
        assert store.startswith(f"redis://{login}"), choice
        assert store.endswith(f"127.0.0.1:{redis_server.port}/2")


@pytest.mark.processes
def test_a_redis_user_is_created_where_the_shop_keeps_its_sessions_now(
    init: Init, env_file: Path, redis_server: RedisServer
) -> None:
    session = describe_redis(redis_server.port).replace(SHOP_PASSWORD, "")
    assert init("--yes", "--redis-user", "create", session=session).exit_code == 0
    before = read_settings(env_file)["HANDOFF_SESSION_STORE"]
    moved = session.replace("'database' => '2'", "'database' => '3'")
    result = init("--yes", session=moved)
    assert "This setting differs from what the shop says." in result.output
    assert read_settings(env_file)["HANDOFF_SESSION_STORE"] == before
    result = init("--yes", "--update", "--redis-user", "create", session=moved)
    assert result.exit_code == 0, result.output
    store = read_settings(env_file)["HANDOFF_SESSION_STORE"]
    assert store.startswith("redis://handoff:")
    assert store.endswith("/3")
    with redis.Redis.from_url(store) as client:
        client.hset("sess_abc", "data", "again")
        assert client.hget("sess_abc", "data") == b"again"


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (
            "['save' => 'db']",
            "a key that is derived from the shop's crypt key. docs/go-live.md has the steps.",
        ),
        ("['save' => 'memcached']", "'memcached'"),
        ("['save' => 'files', 'save_path' => '2;/tmp']", "nested folders"),
        ("['save' => getenv('SAVE')]", "line 5: a call of getenv()"),
    ],
)
def test_a_session_store_that_cannot_be_used_is_named(
    session: str, reason: str, init: Init, env_file: Path
) -> None:
    result = init("--yes", session=session)
    assert result.exit_code == COULD_NOT_RUN
    assert reason in result.stderr
    assert not env_file.exists()


def test_without_a_session_store_a_key_for_waiting_sessions_is_made(
    init: Init, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert init("--yes", "--session-store", "storefront").exit_code == 0
    values = read_settings(env_file)
    assert values["HANDOFF_SESSION_STORE"] == "storefront"
    assert "HANDOFF_SESSION_LIFETIME" not in values
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert len(load_settings().stored_session_keys) == 1
    assert (
        "HANDOFF_STORED_SESSION_KEYS=…"
        in init(
            "--dry-run",
            "--update",
            "--env-file",
            env_file.with_name("other.env"),
            "--session-store",
            "storefront",
        ).output
    )


def test_sessions_in_a_database_need_a_derived_key(init: Init, env_file: Path) -> None:
    url = "mysql://handoff:a-pass@db.internal/shop"
    assert init("--yes", "--session-store", url).exit_code == 0
    values = read_settings(env_file)
    assert values["HANDOFF_SESSION_STORE"] == url
    key_file = env_file.with_name("session-store.key")
    assert values["HANDOFF_SESSION_STORE_KEY_FILE"] == str(key_file)


def test_session_files_are_written_by_the_user_of_php(init: Init, env_file: Path) -> None:
    init("--yes", session="['save' => 'files', 'save_path' => '/var/lib/php/sessions']")
    store = read_settings(env_file)["HANDOFF_SESSION_STORE"]
    assert store.startswith("file:///var/lib/php/sessions?owner=")
    unit = (env_file.parent / "systemd" / "handoff.service").read_text()
    assert "ReadWritePaths=/var/lib/php/sessions" in unit


def test_an_env_php_that_is_code_is_run_only_if_the_administrator_agrees(
    init: Init, env_file: Path
) -> None:
    code = "['save' => strtolower('REDIS'), 'redis' => ['port' => '7']]"
    refused = init("--yes", session=code)
    assert refused.exit_code == COULD_NOT_RUN
    if IS_ROOT:
        assert "PHP is not run as root" in init("--yes", "--use-php", session=code).stderr


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("ftp://shop.test", "must be an http(s) URL"),
        ("http://127.0.0.1:{free}", "Nothing listens"),
        ("{shop}/somewhere", "is no Magento 2 shop"),
    ],
)
def test_an_address_without_a_shop_is_explained(
    address: str, reason: str, shop: RunningShop, env_file: Path
) -> None:
    url = address.format(free=free_port(), shop=shop.url)
    command = ["init", "--shop-url", url, "--session-store", "redis://127.0.0.1", "--yes"]
    result = CliRunner().invoke(main, [*command, "--env-file", str(env_file)])
    assert result.exit_code == COULD_NOT_RUN
    assert reason in result.stderr


def test_a_missing_env_php_is_named(init: Init, tmp_path: Path) -> None:
    result = init("--yes", "--env-php", tmp_path / "nowhere" / "env.php")
    assert result.exit_code == COULD_NOT_RUN
    assert "env.php cannot be read: No such file" in result.stderr


def test_a_folder_that_cannot_be_written_is_named(init: Init) -> None:
    result = init("--yes", "--env-file", "/proc/handoff/handoff.env")
    assert result.exit_code == COULD_NOT_RUN
    assert "/proc/handoff" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.processes
def test_it_ends_in_the_doctor(shop: RunningShop, env_file: Path) -> None:
    command = [sys.executable, "-m", "handoff.cli", "init", "--shop-url", shop.url, "--yes"]
    options = ["--session-store", shop.sessions.as_uri(), "--env-file", str(env_file)]
    options += ["--user", getpass.getuser()]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, timeout=200)
    assert ran.returncode == 1, "the service does not run yet"
    assert "Bag into checkout" in ran.stdout


def test_the_ledger_belongs_to_the_user_of_the_service(init: Init, env_file: Path) -> None:
    """The shop has moved its sessions from Redis to files, which the user of PHP owns."""
    init("--yes")
    ledger = env_file.with_name("ledger")
    (ledger / "handoff.db").touch()
    result = init("--yes", "--update", "--session-store", "file:///tmp?owner=nobody")
    # Only root can give it to another user.
    owner = "nobody" if IS_ROOT else getpass.getuser()
    assert (f"give {ledger} and the ledger in it to nobody" in result.output) is IS_ROOT
    command = f"handoff serve --env-file {env_file}"
    user = "sudo -u nobody " if IS_ROOT else ""
    assert f"start the service by:\n  {user}{command}" in result.output
    assert [path.owner() for path in (ledger, ledger / "handoff.db")] == [owner, owner]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--env-file", "/srv/a folder/handoff.env"],
        ["--env-file", "/srv/100%/handoff.env"],
        ["--bind", "127.0.0.1:8000; return 200"],
        ["--user", "handoff\nExecStartPre=/bin/true"],
    ],
)
def test_values_that_units_or_nginx_would_read_in_another_way_are_refused(
    init: Init, arguments: list[str], env_file: Path
) -> None:
    result = init("--yes", *arguments)
    assert result.exit_code == COULD_NOT_RUN
    assert "characters with a meaning" in result.output
    assert not env_file.exists()


def test_a_path_of_links_that_lead_to_each_other_is_named(init: Init, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    result = init("--yes", "--env-file", tmp_path / "loop" / "handoff.env")
    assert result.exit_code == COULD_NOT_RUN
    assert "loop" in result.stderr


def test_a_value_of_several_lines_is_replaced_as_a_whole(init: Init, env_file: Path) -> None:
    init("--yes")
    written = env_file.read_text()
    old = 'HANDOFF_TRUSTED_PROXIES="\nHANDOFF_PAUSED=1\n"'
    env_file.write_text(written.replace("HANDOFF_TRUSTED_PROXIES=1", old))
    assert init("--yes", "--update").exit_code == 0
    assert env_file.read_text() == written


def test_an_owner_of_session_files_that_is_no_user_is_named(init: Init, env_file: Path) -> None:
    result = init("--yes", "--session-store", "file:///tmp?owner=nobody-of-this-name")
    if not IS_ROOT:  # only root runs the service as another user
        assert result.exit_code == 0
        return
    assert result.exit_code == COULD_NOT_RUN
    assert "belong to nobody-of-this-name, and this machine has no such user" in result.stderr
    assert not env_file.exists()


def test_a_link_in_the_folder_of_the_ledger_is_not_followed(
    init: Init, env_file: Path, tmp_path: Path
) -> None:
    ledger, other = env_file.parent / "ledger", tmp_path / "file-of-root"
    ledger.mkdir(parents=True)
    other.touch()
    (ledger / "handoff.db-wal").symlink_to(other)
    (ledger / "handoff.db").touch()
    former = other.owner()
    if IS_ROOT:
        os.chown(ledger, 65534, 65534)
    assert init("--yes", "--user", "daemon").exit_code == 0
    assert (ledger / "handoff.db").owner() == ("daemon" if IS_ROOT else former)
    assert other.owner() == former


def test_a_user_without_a_name_on_this_machine_is_no_fault(
    init: Init, env_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop and an earlier Handoff ran in containers with users of their own."""
    ledger, env_php = env_file.with_name("ledger"), write_env_php(tmp_path, "[]")
    ledger.mkdir(parents=True)
    if IS_ROOT:
        for path in (ledger, env_php):
            os.chown(path, 54321, 54321)
    else:  # it cannot give them away, so its own user has no name
        monkeypatch.setattr(Path, "owner", Mock(side_effect=KeyError))
    assert init("--yes").exit_code == 0
    assert ledger.stat().st_uid == os.geteuid()
    refused = init("--yes", session="['save' => 'files', 'save_path' => '/tmp']")
    assert refused.exit_code == COULD_NOT_RUN
    assert f"user number {env_php.stat().st_uid}" in refused.stderr
