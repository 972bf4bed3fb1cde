"""The instruction that Poq gets, as the app carries it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from handoff.rehearsal.web_view import Page, WebView


@dataclass(frozen=True, slots=True)
class Instruction:
    """How the app is to open the web view. It holds the link: a credential."""

    url: str
    method: str
    body: str
    cookies: tuple[dict[str, Any], ...]
    headers: dict[str, str]

    def __repr__(self) -> str:
        return f"Instruction({self.method})"

    @property
    def token(self) -> str:
        """The token of the link."""
        return self.body.removeprefix("token=") or self.url.rpartition("/")[2]

    @property
    def handoff(self) -> str:
        """The handoff's id, as the service's log has it; no credential."""
        return self.token.rpartition(".")[0]

    @property
    def altered(self) -> Instruction:
        """The same with a link that nobody has signed."""
        token = f"{self.handoff}.{self.token.rpartition('.')[2][::-1]}"
        url, body = self.url.replace(self.token, token), self.body.replace(self.token, token)
        return replace(self, url=url, body=body)

    def opened_by(self, view: WebView) -> Page:
        """Let a web view do as the instruction says."""
        for cookie in self.cookies:
            view.set_cookie(
                str(cookie["name"]),
                str(cookie["value"]),
                domain=str(cookie["domain"]),
                path=str(cookie.get("path") or "/"),
            )
        return view.open(self.url, method=self.method, body=self.body, headers=self.headers)
