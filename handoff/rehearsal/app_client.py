"""The shop's REST and GraphQL, called as the app calls them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from handoff.deadline import Deadline
from handoff.magento.admin_access import AdminAccess
from handoff.magento.client import Answer, MagentoClient
from handoff.magento.quote_models import is_masked_id
from handoff.problems import Problem, ShopTimeout, ShopUnavailable
from handoff.rehearsal.cancellation import CancelToken
from handoff.rehearsal.results import StepFailure
from handoff.settings.store_views import StoreView

_TIMEOUT = 30.0  # seconds, for each call
_MAX_MESSAGE_LENGTH = 200
_NO_ANSWER = (ShopUnavailable, ShopTimeout)


class AppClient:
    """The client for one store view. `access` is None if the settings name no administrator."""

    def __init__(
        self,
        client: MagentoClient,
        store: StoreView,
        access: AdminAccess | None,
        cancel: CancelToken,
    ) -> None:
        self._client = client
        self._cancel = cancel
        self.store = store
        self.access = access

    def call(self, method: str, path: str, **options: Any) -> Answer:
        """Call REST and return an answer of 2xx or 4xx; raise StepFailure for any other.

        The options are `body`, `token` and `params`.
        """
        self._cancel.raise_if_requested()
        deadline = Deadline.after(_TIMEOUT)
        try:
            return self._client.rest(
                method, path, store=self.store.code, deadline=deadline, **options
            )
        except _NO_ANSWER as problem:
            raise _no_answer(f"{method} /{_hide_masked_ids(path)}", problem) from None

    def require(self, method: str, path: str, *, advice: str, **options: Any) -> Any:
        """Make the same call and return the answer's body; raise StepFailure unless it is a 200.

        `advice` is the key of what to do then.
        """
        answer = self.call(method, path, **options)
        if answer.status != HTTPStatus.OK:
            expected = f"{method} /{_hide_masked_ids(path)} to work"
            raise StepFailure(expected, describe_answer(answer), advice)
        return answer.body

    def get_admin_token(self, advice: str) -> str:
        """Return an administrator's token, a credential; raise StepFailure if there is none."""
        if self.access is None:
            raise StepFailure("an administrator's right", "none in the settings", advice)
        try:
            return self.access.get_token(Deadline.after(_TIMEOUT))
        except _NO_ANSWER as problem:
            raise StepFailure("the administrator's login", _describe(problem), advice) from None

    def query_graphql(self, query: str, variables: dict[str, Any]) -> Any:
        """Return the `data` of a GraphQL answer, or None if there is none."""
        self._cancel.raise_if_requested()
        deadline = Deadline.after(_TIMEOUT)
        try:
            answer = self._client.graphql(
                query, variables, store=self.store.code, deadline=deadline
            )
        except _NO_ANSWER as problem:
            raise _no_answer("POST /graphql", problem) from None
        return answer.body.get("data") if isinstance(answer.body, dict) else None


def describe_answer(answer: Answer) -> str:
    """Return the status and Magento's message. The message names fields, never their content."""
    return f"{answer.status} {answer.message[:_MAX_MESSAGE_LENGTH]}".strip()


def _no_answer(request: str, problem: Problem) -> StepFailure:
    return StepFailure(f"an answer to {request}", _describe(problem), "shop_down")


def _describe(problem: Problem) -> str:
    return problem.detail.rstrip(".")


def _hide_masked_ids(path: str) -> str:
    """Return a path without masked ids: each opens a cart."""
    return "/".join("{cartId}" if is_masked_id(part) else part for part in path.split("/"))
