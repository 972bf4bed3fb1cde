"""The web view works as an app's does, and explains failures."""

from __future__ import annotations

import pytest
import requests
from requests_mock import Mocker

from handoff.rehearsal.cancel_token import Cancelled, CancelToken
from handoff.rehearsal.results import StepFailure
from handoff.rehearsal.web_view import WebView
from handoff.web_view_link import Instruction, InstructionCookie

PAGE = "https://shop.example/handoff/h/secret"


def test_the_form_of_a_page_is_posted_with_its_cookies(
    requests_mock: Mocker, cancel: CancelToken
) -> None:
    form = '<form method="post" action="/handoff/h/secret"><button></button></form>'
    requests_mock.get(PAGE, text=form)
    requests_mock.post(
        PAGE, status_code=303, headers={"Location": "https://shop.example/checkout/"}
    )
    web_view = WebView(cancel, requests.Session())
    cookie = InstructionCookie(name="app", value="1", domain="shop.example", path="/handoff/h")
    instruction = Instruction(url=PAGE, method="GET", cookies=(cookie,))
    page = web_view.submit_form(web_view.follow_instruction(instruction))
    assert (page.status, page.location) == (303, "https://shop.example/checkout/")
    sent = requests_mock.request_history[-1].headers
    assert sent["Cookie"] == "app=1"
    assert sent["Origin"] == "https://shop.example"
    assert web_view.get_cookie("app", "https://shop.example/checkout/") is None


def test_a_page_without_a_form_is_explained(requests_mock: Mocker, cancel: CancelToken) -> None:
    requests_mock.get(PAGE, text="<h1>Are you a <b>robot</b>?</h1>")
    web_view = WebView(cancel, requests.Session())
    page = web_view.visit(PAGE)
    with pytest.raises(StepFailure) as failure:
        web_view.submit_form(page)
    assert failure.value.actual == "200 “Are you a robot ?”"


def test_a_redirect_loop_is_explained_without_the_query(
    requests_mock: Mocker, cancel: CancelToken
) -> None:
    url = "https://shop.example/checkout/"
    requests_mock.get(url, status_code=302, headers={"Location": f"{url}?SID=secret"})
    with pytest.raises(StepFailure) as failure:
        WebView(cancel, requests.Session()).visit(url)
    assert "shop.example/checkout/" in failure.value.actual
    assert "secret" not in str(vars(failure.value))


def test_a_missing_answer_is_explained_without_the_url(
    requests_mock: Mocker, cancel: CancelToken
) -> None:
    requests_mock.get(PAGE, exc=requests.ConnectionError(f"cannot reach {PAGE}"))
    with pytest.raises(StepFailure) as failure:
        WebView(cancel, requests.Session()).visit(PAGE)
    assert failure.value.actual == "none (ConnectionError)"
    assert "secret" not in failure.value.expected


def test_a_form_of_the_shop_is_posted_with_the_form_key_of_the_cookie(
    requests_mock: Mocker, cancel: CancelToken
) -> None:
    requests_mock.post("https://shop.example/checkout/cart/add", text="")
    web_view = WebView(cancel, requests.Session())
    for _ in range(2):
        web_view.post_shop_form("https://shop.example/checkout/cart/add", {"product": "5"})
        sent = requests_mock.request_history[-1]
        key = sent.headers["Cookie"].removeprefix("form_key=")
        assert len(key) == 16
        assert sent.text == f"product=5&form_key={key}"


def test_nothing_is_loaded_after_a_cancellation(requests_mock: Mocker, cancel: CancelToken) -> None:
    cancel.request_cancel()
    with pytest.raises(Cancelled):
        WebView(cancel, requests.Session()).visit("https://shop.example/")
    assert requests_mock.call_count == 0
