"""The shop's REST and GraphQL, called as the app calls them."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from handoff.deadline import Deadline
from handoff.magento.admin_access import AdminAccess
from handoff.magento.answers import Answer
from handoff.magento.client import MagentoClient, ShopToken
from handoff.magento.quote_models import is_masked_id
from handoff.problems import ShopTimeout, ShopUnavailable
from handoff.rehearsal.cancel_token import CancelToken
from handoff.rehearsal.results import StepFailure
from handoff.settings.store_view_models import StoreView

_TIMEOUT = 30.0  # seconds, for each call
_MAX_MESSAGE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class AppShopClient:
    """The client for one store view. `access` is None if the settings name no administrator."""

    client: MagentoClient
    store: StoreView
    access: AdminAccess | None
    cancel: CancelToken

    def call_rest(self, method: str, path: str, **options: Any) -> Answer:
        """Call REST and return an answer of 2xx or 4xx; raise a Problem for any other.

        The options are `body`, `token` and `params`.
        """
        self.cancel.raise_if_requested()
        deadline = Deadline.after(_TIMEOUT)
        return self.client.call_rest(
            method, path, store=self.store.code, deadline=deadline, **options
        )

    def call_or_fail(
        self, method: str, path: str, *, advice: str, refusal_advice: str = "", **options: Any
    ) -> Any:
        """Make the same call and return the answer's body; raise StepFailure unless it is a 200.

        `advice` is the key of the advice for that failure, and `refusal_advice` the one for a 400,
        with which the shop refuses what is asked for.
        """
        answer = self.call_rest(method, path, **options)
        if answer.status != HTTPStatus.OK:
            parts = ("{cartId}" if is_masked_id(part) else part for part in path.split("/"))
            expected = f"{method} /{'/'.join(parts)} to work"
            is_refusal = answer.status == HTTPStatus.BAD_REQUEST
            key = (is_refusal and refusal_advice) or advice
            raise StepFailure(expected, describe_answer(answer), key)
        return answer.body

    def require_admin_token(self, advice: str) -> ShopToken:
        """Return an administrator's token, a credential; raise StepFailure if there is none."""
        if self.access is None:
            raise StepFailure("an administrator's right", "none in the settings", advice)
        try:
            return self.access.provide_token(Deadline.after(_TIMEOUT))
        except (ShopUnavailable, ShopTimeout) as problem:
            actual = problem.detail.rstrip(".")
            raise StepFailure("the administrator's login", actual, advice) from None

    def call_graphql(self, query: str, variables: dict[str, Any]) -> Any:
        """Return the `data` of a GraphQL answer, or None if there is none."""
        self.cancel.raise_if_requested()
        deadline = Deadline.after(_TIMEOUT)
        answer = self.client.call_graphql(
            query, variables, store=self.store.code, deadline=deadline
        )
        return answer.body.get("data") if isinstance(answer.body, dict) else None


def describe_answer(answer: Answer) -> str:
    """Return the status and Magento's message. It names fields, never their content."""
    return f"{answer.status} {answer.message[:_MAX_MESSAGE_LENGTH]}".strip()
