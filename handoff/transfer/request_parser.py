"""Parsing of a transfer: from the bytes of a request to a bag or a quote.

A request is one of three kinds, told apart by its fields:

    bag              items, currency, reference
    guest quote      quote_id
    customer quote   quote_id, token_id (or token)

Any of them may have `store`, the code of a store view. `null` is the same as an absent field, and
`""` is a fault. A form can name a quote as well; a form has no `null`, so there `""` is absent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from pydantic import ValidationError

from handoff.bag import Bag, BagLine, merge_lines
from handoff.problems import Fault, MalformedRequest, RequestInvalid
from handoff.settings.store_views import StoreView, StoreViews
from handoff.transfer.request_model import TransferBody, build_field_fault

MAX_BYTES = 64 * 1024
MAX_FORM_BYTES = 16 * 1024
_MAX_FORM_FIELDS = 50
_QUOTE_FIELDS = ("quote_id", "token_id", "token")


@dataclass(frozen=True, slots=True)
class BagTransfer:
    """A bag to create a guest's quote from, in a store view. `reference` is as Poq spells it."""

    bag: Bag
    reference: str
    store: StoreView


@dataclass(frozen=True, slots=True)
class QuoteTransfer:
    """A quote that exists in the shop: a customer's if there is a token, else a guest's.

    `lines`, `currency` and `store` are what the quote has to have, as far as the request says so.
    The quote id is as it was sent, of any form. Quote id and token are credentials.
    """

    quote_id: str
    token: str | None
    lines: tuple[BagLine, ...] | None
    currency: str | None
    reference: str | None
    store: StoreView | None = None

    def __repr__(self) -> str:
        return f"QuoteTransfer(reference={self.reference!r})"


def parse_transfer(raw: bytes, *, stores: StoreViews) -> BagTransfer | QuoteTransfer:
    """Return the transfer in a JSON body. `stores` are those that the shop sells in.

    Raises MalformedRequest, or RequestInvalid with all faults that the body has.
    """
    values = {name: value for name, value in _load_json(raw).items() if value is not None}
    body = _validate(values, stores)
    store = stores.find_by_code(body.store) if body.store else None
    if body.quote_id is not None:
        return _build_quote_transfer(body, store)
    return _build_bag_transfer(body, store or stores.find_by_currency(body.currency or ""))


def parse_quote_form(raw: bytes) -> QuoteTransfer:
    """Return the quote that a form names; other fields are ignored.

    Raises MalformedRequest, or RequestInvalid with all faults that the form has.
    """
    fields = _load_form(raw)
    values = {name: fields[name] for name in _QUOTE_FIELDS if fields.get(name)}
    if "quote_id" not in values:
        raise RequestInvalid(faults=(_missing_fault("quote_id"),))
    return _build_quote_transfer(_validate(values, StoreViews(())), None)


def _load_json(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_require_unique, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError:
        raise MalformedRequest("The body is not UTF-8.") from None
    except RecursionError:
        raise MalformedRequest("The body is nested too deep.") from None
    except ValueError:
        raise MalformedRequest("The body is not JSON.") from None
    if not isinstance(value, dict):
        fault = Fault("wrong_type", "The body has to be an object.", pointer="")
        raise RequestInvalid(faults=(fault,))
    return value


def _load_form(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MAX_FORM_FIELDS,
        )
    except ValueError:  # A UnicodeDecodeError is one, too.
        raise MalformedRequest("The body is not a form.") from None
    return _require_unique(pairs)


def _require_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise MalformedRequest("The body has a field twice.")
    return values


def _refuse_constant(name: str) -> None:
    """Raise ValueError for NaN and Infinity, which Python takes for JSON."""
    raise ValueError(name)


def _validate(values: dict[str, Any], stores: StoreViews) -> TransferBody:
    faults = _find_combination_faults(values)
    try:
        body = TransferBody.model_validate(values, context={"stores": stores})
    except ValidationError as error:
        faults += [build_field_fault(detail) for detail in error.errors(include_url=False)]
    if faults:
        raise RequestInvalid(faults=tuple(faults))
    return body


def _find_combination_faults(values: dict[str, Any]) -> list[Fault]:
    """Return a fault for each field that the kind of request needs, and for two tokens."""
    tokens = [values[name] for name in ("token_id", "token") if name in values]
    faults = []
    if len(tokens) == 2 and tokens[0] != tokens[1]:
        detail = "token and token_id differ. Send one of them."
        faults.append(Fault("conflict", detail, pointer="/token"))
    if tokens and "quote_id" not in values:
        detail = "A customer token needs the quote_id of the customer's quote."
        faults.append(Fault("missing", detail, pointer="/quote_id"))
    if not tokens and "quote_id" not in values:
        required = ("items", "currency", "reference")
        faults += [_missing_fault(name) for name in required if name not in values]
    return faults


def _missing_fault(name: str) -> Fault:
    return Fault("missing", "This field is required.", pointer=f"/{name}")


def _build_quote_transfer(body: TransferBody, store: StoreView | None) -> QuoteTransfer:
    return QuoteTransfer(
        quote_id=body.quote_id or "",
        token=body.token_id or body.token,
        lines=_merge_items(body) or None,
        currency=body.currency,
        reference=body.reference,
        store=store,
    )


def _build_bag_transfer(body: TransferBody, store: StoreView | None) -> BagTransfer:
    if store is None or store.currency != body.currency:
        detail = "This store view does not sell in the currency of the bag."
        raise RequestInvalid(faults=(Fault("conflict", detail, pointer="/store"),))
    return BagTransfer(Bag(_merge_items(body), body.currency), body.reference or "", store)


def _merge_items(body: TransferBody) -> tuple[BagLine, ...]:
    return merge_lines(BagLine(item.sku, Decimal(item.quantity)) for item in body.items or ())
