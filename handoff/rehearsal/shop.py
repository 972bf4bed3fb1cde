"""The shop's REST and GraphQL as the app uses them, with words for what comes back wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from handoff.deadline import Deadline
from handoff.magento.admin_access import AdminAccess
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.quote_models import is_masked_id
from handoff.problems import Problem, ShopTimeout, ShopUnavailable
from handoff.rehearsal.outcome import Unexpected
from handoff.rehearsal.stop import Stop
from handoff.settings.store_views import StoreView

_SECONDS = 30.0  # for one call: a rehearsal is patient
_MOST_WORDS = 200


class Shop:
    """One store view of the shop. `access` is None where the settings give no admin's right."""

    def __init__(
        self, client: MagentoClient, store: StoreView, access: AdminAccess | None, stop: Stop
    ) -> None:
        self._client = client
        self._stop = stop
        self.store = store
        self.access = access

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        token: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Answer:
        """Make a call and return its answer of 2xx or 4xx; raises Unexpected for any other."""
        self._stop.check()
        try:
            return self._client.rest(
                method,
                path,
                store=self.store.code,
                deadline=Deadline.after(_SECONDS),
                body=body,
                token=token,
                params=params,
            )
        except (ShopUnavailable, ShopTimeout) as problem:
            raise _no_answer(f"{method} /{_nameless(path)}", problem) from None

    def ask(
        self,
        method: str,
        path: str,
        *,
        todo: str,
        body: Any = None,
        token: str | None = None,
        params: dict[str, str] | None = None,
    ) -> Any:
        """Make a call that has to work, and return what it gave; `todo` helps where it does not."""
        answer = self.call(method, path, body=body, token=token, params=params)
        if answer.status != HTTPStatus.OK:
            expected = f"{method} /{_nameless(path)} to work"
            raise Unexpected(expected, told(answer), todo)
        return answer.body

    def as_admin(
        self,
        method: str,
        path: str,
        *,
        todo: str,
        body: Any = None,
        params: dict[str, str] | None = None,
    ) -> Any:
        """Make a call that only an administrator or an integration may make."""
        token = self.admin_token(todo)
        return self.ask(method, path, todo=todo, body=body, token=token, params=params)

    def admin_token(self, todo: str) -> str:
        """Return a token of the staff, a credential; `todo` helps where there is none."""
        if self.access is None:
            raise Unexpected("an administrator's right", "none in the settings", todo)
        try:
            return self.access.get_token(Deadline.after(_SECONDS))
        except (ShopUnavailable, ShopTimeout) as problem:
            raise Unexpected("the administrator's login", _short(problem), todo) from None

    def graphql(self, query: str, variables: dict[str, Any]) -> Any:
        """Return the `data` of a GraphQL answer, None where there is none."""
        self._stop.check()
        try:
            answer = self._client.graphql(
                query, variables, store=self.store.code, deadline=Deadline.after(_SECONDS)
            )
        except (ShopUnavailable, ShopTimeout) as problem:
            raise _no_answer("POST /graphql", problem) from None
        return answer.body.get("data") if isinstance(answer.body, dict) else None


def told(answer: Answer) -> str:
    """Return a status and Magento's own words. They name fields, never what stood in them."""
    return f"{answer.status} {answer.message[:_MOST_WORDS]}".strip()


def _no_answer(what: str, problem: ShopUnavailable | ShopTimeout) -> Unexpected:
    todo = "See that the shop is up, and out of maintenance; then rehearse again."
    return Unexpected(f"an answer to {what}", _short(problem), todo)


def _short(problem: Problem) -> str:
    return problem.detail.rstrip(".")


def _nameless(path: str) -> str:
    """Leave masked ids out of a path: each opens a cart."""
    return "/".join("{cartId}" if is_masked_id(part) else part for part in path.split("/"))
