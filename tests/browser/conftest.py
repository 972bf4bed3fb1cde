"""Fixtures: headless Chromium as a phone, the service under gunicorn, and a stand-in shop."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from handoff_sandbox.full_catalogue import create_full_catalogue
from playwright.sync_api import Browser, Playwright, Route, sync_playwright

from tests.browser.page_scenarios import SETTINGS, PageScenarios
from tests.browser.poq_app import PoqApp
from tests.browser.poq_cloud import Poq
from tests.browser.web_view import WebView
from tests.conftest import FakeClock, MakeApp
from tests.running_servers import (
    HOST,
    RunningService,
    RunningShop,
    free_port,
    require_program,
    running_service,
    running_shop,
    serve_in_thread,
)
from tests.service_calls import create_environment
from tests.web_checkout.poq_assets import PoqAssets, running_poq_assets

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP *.test 127.0.0.1",
]

NewWebView = Callable[..., WebView]
VisitOtherWebsite = Callable[[str], None]
Serve = Callable[..., Poq]
NewScenarios = Callable[..., PageScenarios]
InApp = Callable[..., PoqApp]

_OTHER_WEBSITE = "http://localhost:8/"  # another website than 127.0.0.1; nothing listens there


def require_headless_chromium() -> str:
    """Return the path of Chromium's headless shell, or of Chromium if the shell is missing.

    The shell has no windows and no profiles. It needs a third of the processor time for a page.
    """
    return shutil.which("chromium-headless-shell") or require_program("chromium")


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(
        executable_path=require_headless_chromium(), args=ARGUMENTS
    )
    with browser:
        yield browser


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the ledger and of the shop's sessions."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="package")
def shop(folder: Path) -> Iterator[RunningShop]:
    """Run a shop that sells products of every kind."""
    with running_shop(folder / "sessions", create_full_catalogue()) as shop:
        yield shop


@pytest.fixture(scope="module")
def environment_changes() -> dict[str, str]:
    """Return the environment variables that a module changes; modules override this."""
    return {}


@pytest.fixture(scope="package")
def shared_service(shop: RunningShop, folder: Path) -> Iterator[RunningService]:
    """Run the service that is shared by all modules without changed settings."""
    with running_service(create_environment(shop, folder), folder) as service:
        yield service


@pytest.fixture(scope="module")
def service(
    request: pytest.FixtureRequest,
    shop: RunningShop,
    folder: Path,
    environment_changes: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningService]:
    if not environment_changes:
        yield request.getfixturevalue("shared_service")
        return
    logs = tmp_path_factory.mktemp("changed")
    with running_service(create_environment(shop, folder, **environment_changes), logs) as service:
        yield service


@pytest.fixture
def poq(service: RunningService, shop: RunningShop) -> Poq:
    return Poq(service.url, shop)


@pytest.fixture
def serve(make_app: MakeApp, shop: RunningShop) -> Iterator[Serve]:
    """Return a function that serves an app in this process and returns its Poq client."""
    with ExitStack() as stack:

        def new(**settings: Any) -> Poq:
            port = free_port()
            url = f"http://{HOST}:{port}"
            app = make_app(public_url=url, **settings)
            stack.enter_context(serve_in_thread(app, port))
            return Poq(url, shop)

        yield new


@pytest.fixture
def phone() -> dict[str, Any]:
    """Return the browser options that a module changes; modules override this."""
    return {}


@pytest.fixture
def new_web_view(
    playwright: Playwright, browser: Browser, shop: RunningShop, phone: dict[str, Any]
) -> Iterator[NewWebView]:
    """Return a function that opens a web view with cookies of its own."""
    contexts = []

    def new(**options: Any) -> WebView:
        context = browser.new_context(**{**playwright.devices["Pixel 7"], **phone, **options})
        context.set_default_timeout(10_000)
        contexts.append(context)
        return WebView(context.new_page(), shop.url)

    yield new
    for context in contexts:
        context.close()


@pytest.fixture
def web_view(new_web_view: NewWebView) -> WebView:
    return new_web_view()


@pytest.fixture
def assets() -> Iterator[PoqAssets]:
    with running_poq_assets() as assets:
        yield assets


@pytest.fixture
def in_app(new_web_view: NewWebView) -> InApp:
    """Return a function that opens a web view in Poq's app on a platform."""

    def new(platform: str = "android", integrity: str | None = None) -> PoqApp:
        return PoqApp(new_web_view(), platform, integrity)

    return new


@pytest.fixture
def without_scripts(new_web_view: NewWebView) -> WebView:
    return new_web_view(java_script_enabled=False)


@pytest.fixture
def visit_other_website(web_view: WebView) -> VisitOtherWebsite:
    """Return a function that shows HTML in the web view as a page of another website."""

    def visit(html: str) -> None:
        def answer(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html")

        web_view.page.route(_OTHER_WEBSITE, answer)
        web_view.page.goto(_OTHER_WEBSITE, wait_until="commit")

    return visit


@pytest.fixture
def new_scenarios(
    serve: Serve, web_view: WebView, shop: RunningShop, clock: FakeClock, tmp_path: Path
) -> Iterator[NewScenarios]:
    """Return a function that makes PageScenarios for a service with changed settings."""
    all_scenarios = []

    def new(**settings: Any) -> PageScenarios:
        poq = serve(**{**SETTINGS, **settings})
        all_scenarios.append(
            PageScenarios(poq, web_view, shop, clock, tmp_path / "handoff.db", serve)
        )
        return all_scenarios[-1]

    yield new
    for scenarios in all_scenarios:
        scenarios.clean_up()
