"""What Poq sends: the shape of a request, and every fault that it can have.

It follows Poq's cart transfer document; `quote_id` and `token_id` its Magento 2 guide. A request
is one of three, told apart by what it holds:

    bag              items, currency, reference
    guest quote      quote_id
    customer quote   quote_id, token_id (or token)

and any of them `store`, the code of a store view.

`null` is the same as absent, unknown fields are ignored, and `""` is a fault. A form can name a
quote as well; it has no `null`, so there `""` is what is absent.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from handoff.bag import Bag, BagLine, merge_lines, sku_key
from handoff.problems import Fault, MalformedRequest, RequestInvalid
from handoff.settings.store_views import StoreView, StoreViews

MAX_BYTES = 64 * 1024
MAX_LINES = 200
MAX_QUANTITY = 10_000
_MAX_REFERENCE = 32
_MAX_SKU = 255
_MAX_TOKEN = 4096
MAX_FORM_BYTES = 16 * 1024
_MAX_FIELDS = 50
_QUOTE_FIELDS = ("quote_id", "token_id", "token")


@dataclass(frozen=True, slots=True)
class BagTransfer:
    """A bag to make a guest quote from, in a store view. `reference` is as Poq spells it."""

    bag: Bag
    reference: str
    store: StoreView


@dataclass(frozen=True, slots=True)
class QuoteTransfer:
    """A quote that stands in the shop already: a guest's, or with a token a customer's.

    `lines` and `currency` are what it has to hold, and `store` is where it has to be, where the
    request says so. The quote id is as it was sent, of any form. Quote id and token are
    credentials and stay out of `repr`.
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
    """Read a request's body. `stores` are those that the shop sells in.

    Raises MalformedRequest, or RequestInvalid with all faults that the body has.
    """
    values = {name: value for name, value in _load(raw).items() if value is not None}
    body = _checked(values, stores)
    named = stores.find_by_code(body.store) if body.store else None
    if body.quote_id is not None:
        return _quote_transfer(body, named)
    return _bag_transfer(body, named or stores.find_by_currency(body.currency or ""))


def parse_quote_form(raw: bytes) -> QuoteTransfer:
    """Read the body of a form that names a quote; what else it holds is ignored.

    Raises MalformedRequest, or RequestInvalid with all faults that the form has.
    """
    fields = _load_form(raw)
    values = {name: fields[name] for name in _QUOTE_FIELDS if fields.get(name)}
    if "quote_id" not in values:
        fault = Fault("missing", "This field is required.", pointer="/quote_id")
        raise RequestInvalid(faults=(fault,))
    return _quote_transfer(_checked(values, StoreViews(())), None)


def _checked(values: dict[str, Any], stores: StoreViews) -> TransferBody:
    faults = _shape_faults(values)
    try:
        body = TransferBody.model_validate(values, context={"stores": stores})
    except ValidationError as error:
        faults += [_fault(detail) for detail in error.errors(include_url=False)]
    if faults:
        raise RequestInvalid(faults=tuple(faults))
    return body


def _quote_transfer(body: TransferBody, store: StoreView | None) -> QuoteTransfer:
    return QuoteTransfer(
        quote_id=body.quote_id or "",
        token=body.token_id or body.token,
        lines=_lines(body) or None,
        currency=body.currency,
        reference=body.reference,
        store=store,
    )


def _lines(body: TransferBody) -> tuple[BagLine, ...]:
    return merge_lines(BagLine(item.sku, Decimal(item.quantity)) for item in body.items or ())


def _bag_transfer(body: TransferBody, store: StoreView | None) -> BagTransfer:
    if store is None or store.currency != body.currency:
        words = "This store view does not sell in the currency of the bag."
        raise RequestInvalid(faults=(Fault("conflict", words, pointer="/store"),))
    return BagTransfer(Bag(_lines(body), body.currency), body.reference or "", store)


def _load(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
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
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS
        )
    except ValueError:  # of which a UnicodeDecodeError is one
        raise MalformedRequest("The body is no form.") from None
    return _unique(pairs)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise MalformedRequest("The body names a field twice; which one counts is not said.")
    return values


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("not_printable", "")
    return value


def _whole(value: object) -> object:
    """Let 2.0 pass as 2, which JSON does not tell apart; nothing else is converted."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _quote_id(value: object) -> object:
    """Take a number as text. Whether its form is a quote's is decided with the look."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _is_uuid(value: str) -> bool:
    digits = value.replace("-", "")
    return len(value) == 36 and len(digits) == 32 and set(digits.lower()) <= set("0123456789abcdef")


def _sold_in(value: str, info: ValidationInfo) -> str:
    if _stores(info).find_by_currency(value) is None:
        raise PydanticCustomError("unknown_currency", "")
    return value


def _listed(value: str, info: ValidationInfo) -> str:
    if _stores(info).find_by_code(value) is None:
        raise PydanticCustomError("unknown_store", "")
    return value


def _stores(info: ValidationInfo) -> StoreViews:
    stores: StoreViews = (info.context or {})["stores"]
    return stores


def _sums_in_range(items: list[TransferItem]) -> list[TransferItem]:
    sums: dict[str, int] = {}
    for index, item in enumerate(items):
        key = sku_key(item.sku)
        sums[key] = sums.get(key, 0) + item.quantity
        if sums[key] > MAX_QUANTITY:
            raise PydanticCustomError("sum_out_of_range", "", {"index": index})
    return items


def _short_reference(value: str) -> str:
    if len(value) > _MAX_REFERENCE and not _is_uuid(value):
        raise PydanticCustomError("string_too_long", "")
    return value


Text = Annotated[str, Field(strict=True, min_length=1)]
Token = Annotated[Text, Field(max_length=_MAX_TOKEN, pattern=r"^[\x21-\x7e]+$")]


Reference = Annotated[Text, AfterValidator(_printable), AfterValidator(_short_reference)]


class TransferItem(BaseModel):
    """A line of a bag, as Poq sends it."""

    sku: Annotated[Text, Field(max_length=_MAX_SKU), AfterValidator(_printable)]
    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_QUANTITY), BeforeValidator(_whole)]


Items = Annotated[
    list[TransferItem], Field(min_length=1, max_length=MAX_LINES), AfterValidator(_sums_in_range)
]

QuoteId = Annotated[
    Text,
    Field(max_length=_MAX_SKU),
    BeforeValidator(_quote_id, json_schema_input_type=int | Text),
]


class TransferBody(BaseModel):
    """The fields that a transfer may have, of whatever kind it is."""

    items: Items | None = None
    currency: Annotated[Text, AfterValidator(_sold_in)] | None = None
    reference: Reference | None = None
    store: Annotated[Text, AfterValidator(_listed)] | None = None
    quote_id: QuoteId | None = None
    token_id: Token | None = None
    token: Token | None = None


_CODES = {
    "missing": ("missing", "This field is required."),
    "string_too_short": ("empty", "An empty text is no value; leave the field out instead."),
    "string_too_long": ("too_long", "This text is too long."),
    "string_pattern_mismatch": ("wrong_form", "This text holds characters that it cannot have."),
    "string_unicode": ("not_printable", "This text holds what is no character."),
    "not_printable": ("not_printable", "This text holds characters that cannot be printed."),
    "too_short": ("empty", "There has to be at least one line."),
    "too_long": ("too_many", f"There can be no more than {MAX_LINES} lines."),
    "int_type": ("not_whole", f"This has to be a whole number from 1 to {MAX_QUANTITY}."),
    "greater_than_equal": ("out_of_range", f"This has to be from 1 to {MAX_QUANTITY}."),
    "sum_out_of_range": (
        "out_of_range",
        f"The lines of this sku add up to more than {MAX_QUANTITY}.",
    ),
    "unknown_currency": ("unknown_currency", "The shop does not sell in this currency."),
    "unknown_store": ("unknown_store", "No store view of this code is served."),
    "less_than_equal": ("out_of_range", f"This has to be from 1 to {MAX_QUANTITY}."),
}


def _fault(detail: ErrorDetails) -> Fault:
    code, words = _CODES.get(detail["type"], ("wrong_type", "This value has the wrong type."))
    pointer = "".join(f"/{part}" for part in detail["loc"])
    if detail["type"] == "sum_out_of_range":
        pointer += f"/{detail['ctx']['index']}/quantity"
    return Fault(code, words, pointer=pointer)


def _shape_faults(values: dict[str, Any]) -> list[Fault]:
    """Name what a request of this shape needs and does not have, or has twice."""
    tokens = [values[name] for name in ("token_id", "token") if name in values]
    faults = []
    if len(tokens) == 2 and tokens[0] != tokens[1]:
        words = "token and token_id differ; send one of them."
        faults.append(Fault("conflict", words, pointer="/token"))
    if tokens and "quote_id" not in values:
        words = "A customer token needs the quote_id of the customer's quote."
        faults.append(Fault("missing", words, pointer="/quote_id"))
    if not tokens and "quote_id" not in values:
        needed = (name for name in ("items", "currency", "reference") if name not in values)
        words = "This field is required."
        faults += [Fault("missing", words, pointer=f"/{name}") for name in needed]
    return faults
