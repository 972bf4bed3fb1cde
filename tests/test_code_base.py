"""Rules for the code base that a machine can check: names, sizes and imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HANDOFF = sorted((ROOT / "handoff").rglob("*.py"))
SANDBOX = sorted((ROOT / "sandbox").rglob("*.py"))
PACKAGES = sorted(path.parent.name for path in (ROOT / "handoff").glob("*/__init__.py"))
LOCKS = ("requirements.txt", "requirements-demo.txt", "requirements-dev.txt")


def parse(module: Path) -> ast.Module:
    return ast.parse(module.read_text("utf-8"))


def find_imports(module: Path) -> set[str]:
    nodes = list(ast.walk(parse(module)))
    names = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return names | {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}


def imports_any(module: Path, *packages: str) -> bool:
    return any(f"{name}.".startswith(f"{p}.") for name in find_imports(module) for p in packages)


def shorten(module: Path) -> str:
    return module.relative_to(ROOT).with_suffix("").as_posix()


@pytest.mark.parametrize("package", [name for name in PACKAGES if name != "settings"])
def test_settings_import_no_feature_package(package: str) -> None:
    for module in (ROOT / "handoff" / "settings").glob("*.py"):
        assert not imports_any(module, f"handoff.{package}"), module


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("transfer", "handoff.entry"),
        ("transfer", "handoff.direct_entry"),
        ("entry", "handoff.transfer"),
        ("entry", "handoff.direct_entry"),
        ("entry", "handoff.web_checkout"),
        ("transfer", "handoff.web_checkout"),
        ("web_checkout", "handoff.transfer"),
        ("web_checkout", "handoff.entry"),
        ("reconciliation", "handoff.entry"),
        ("reconciliation", "handoff.transfer"),
        ("magento", "handoff.ledger"),
        ("ledger", "handoff.magento"),
        ("ledger", "handoff.reconciliation"),
        ("magento", "handoff.reconciliation"),
        ("shop_session", "handoff.magento"),
    ],
)
def test_packages_do_not_import_what_they_do_not_need(package: str, forbidden: str) -> None:
    modules = list((ROOT / "handoff" / package).rglob("*.py"))
    assert modules
    assert [module for module in modules if imports_any(module, forbidden)] == []


MAY_IMPORT_FLASK = (
    "handoff/app_factory",
    "handoff/transfer/views",
    "handoff/transfer/transfer_status_views",
    "handoff/entry/",
    "handoff/direct_entry/",
    "handoff/web_checkout/",
    "handoff/operations/",
)


def test_flask_is_imported_by_the_app_and_its_views_only() -> None:
    users = [shorten(m) for m in HANDOFF if imports_any(m, "flask", "flask_babel", "werkzeug")]
    assert [module for module in users if not module.startswith(MAY_IMPORT_FLASK)] == []


COMMANDS = (
    "deliver",
    "demo",
    "doctor",
    "find",
    "init",
    "migrate",
    "purge",
    "reconcile",
    "rehearse",
)


@pytest.mark.processes
def test_commands_other_than_serve_load_no_web_server() -> None:
    names = ", ".join(f"handoff.cli.{command}" for command in COMMANDS)
    script = (
        f"import sys, {names}; print(*({{'flask', 'gunicorn', 'werkzeug'}} & {{*sys.modules}}))"
    )
    command = [sys.executable, "-c", script]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert loaded.split() == []


def test_the_product_imports_the_sandbox_in_the_demo_only() -> None:
    users = [shorten(module) for module in HANDOFF if imports_any(module, "handoff_sandbox")]
    assert set(users) <= {"handoff/cli/demo"}


# What the sandbox uses of the product. Add a module here only if the sandbox cannot do without it.
USED_BY_SANDBOX: set[str] = set()


def test_the_sandbox_uses_no_more_of_the_product_than_is_listed() -> None:
    used = {name for module in SANDBOX for name in find_imports(module)}
    assert {name for name in used if f"{name}.".startswith("handoff.")} == USED_BY_SANDBOX


def test_no_two_classes_have_the_same_name() -> None:
    names = Counter(
        node.name
        for module in HANDOFF
        for node in ast.walk(parse(module))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, number in names.items() if number > 1] == []


def test_no_function_is_longer_than_40_lines() -> None:
    assert [
        f"{shorten(module)}: {node.name}"
        for module in (*HANDOFF, *SANDBOX)
        for node in ast.walk(parse(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 40
    ] == []


def test_every_module_and_every_public_class_and_function_has_a_docstring() -> None:
    missing = []
    for module in HANDOFF:
        if "versions" in module.parts:
            continue
        tree = parse(module)
        if tree.body and not ast.get_docstring(tree):
            missing.append(shorten(module))
        missing += [
            f"{shorten(module)}: {node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert missing == []


def test_no_file_names_a_path_or_package_index_of_one_machine() -> None:
    for name in (*LOCKS, "Makefile", "README.md"):
        text = (ROOT / name).read_text("utf-8")
        assert "--index-url" not in text
        assert "/work/" not in text
