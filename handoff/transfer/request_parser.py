"""Parses a transfer: its fields, the error code of each fault, and the bag or quote in it.

The fields follow Poq's cart transfer document; `quote_id` and `token_id` follow its guide for
Magento 2. Unknown fields are ignored. The fields of a request distinguish three kinds:

    bag              items, currency, reference
    guest quote      quote_id
    customer quote   quote_id, token_id (or token)

Any of them may have `store`, the code of a store view. `null` is the same as an absent field, and
`""` is a fault. A form can name a quote as well. It has no `null`, so its empty fields are absent.
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
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from handoff.bag import Bag, BagLine, merge_lines, normalize_sku
from handoff.ledger.models import is_uuid
from handoff.problems import Fault, MalformedRequest, RequestInvalid
from handoff.settings.store_view_models import StoreView, StoreViews

MAX_BYTES = 64 * 1024
MAX_FORM_BYTES = 16 * 1024
_MAX_FORM_FIELDS = 50
MAX_LINES = 200
MAX_QUANTITY = 10_000
_MAX_REFERENCE = 32  # characters; a UUID may be longer
_UUID_PATTERN = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"  # longer than a reference
_MAX_SKU = 255
_MAX_QUOTE_ID = 255
_MAX_TOKEN = 4096
_QUOTE_FIELDS = ("quote_id", "token_id", "token")


@dataclass(frozen=True, slots=True)
class BagTransfer:
    """A bag to create a guest's quote from, in a store view. `reference` is as Poq spells it.

    `caller` is the name of the API key.
    """

    bag: Bag
    reference: str
    store: StoreView
    caller: str | None = None


@dataclass(frozen=True, slots=True)
class QuoteTransfer:
    """A quote that exists in the shop: a customer's if there is a token, else a guest's.

    `lines`, `currency` and `store` are those that the request states; the quote must have them.
    The quote id is as it was sent, of any form. Quote id and token are credentials. `caller` is the
    name of the API key, None for direct entry.
    """

    quote_id: str
    token: str | None
    lines: tuple[BagLine, ...] | None
    currency: str | None
    reference: str | None
    store: StoreView | None = None
    caller: str | None = None

    def __repr__(self) -> str:
        return f"QuoteTransfer(reference={self.reference!r})"


def parse_transfer(raw: bytes, *, stores: StoreViews) -> BagTransfer | QuoteTransfer:
    """Return the transfer in a JSON body. `stores` are the store views of the settings.

    Raises MalformedRequest, or RequestInvalid with all faults that the body has.
    """
    values = {name: value for name, value in _load_json(raw).items() if value is not None}
    body = _validate_fields(values, stores)
    store = stores.find_by_code(body.store) if body.store else None
    if body.quote_id is not None:
        return _build_quote_transfer(body, store)
    return _build_bag_transfer(body, store or stores.find_by_currency(body.currency or ""))


def find_reference(raw: bytes) -> str | None:
    """Return the reference in a JSON body, even if other fields have faults; else None."""
    try:
        return _REFERENCE.validate_python(_load_json(raw).get("reference"))
    except (MalformedRequest, RequestInvalid, ValidationError):
        return None


def parse_quote_form(raw: bytes) -> QuoteTransfer:
    """Return the quote that a form names; other fields are ignored.

    Raises MalformedRequest, or RequestInvalid with all faults that the form has.
    """
    fields = _load_form(raw)
    values = {name: fields[name] for name in _QUOTE_FIELDS if fields.get(name)}
    if "quote_id" not in values:
        raise RequestInvalid(faults=(_build_missing_fault("quote_id"),))
    return _build_quote_transfer(_validate_fields(values, StoreViews(())), None)


def _load_json(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            raw.decode("utf-8-sig"),  # with or without a byte order mark
            object_pairs_hook=_build_unique_fields,
            parse_constant=_refuse_constant,
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
    return _build_unique_fields(pairs)


def _build_unique_fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise MalformedRequest("The body has a field twice.")
    return values


def _refuse_constant(name: str) -> None:
    """Raise ValueError for NaN and Infinity, which Python takes for JSON."""
    raise ValueError(name)


def _validate_fields(values: dict[str, Any], stores: StoreViews) -> TransferBody:
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
        faults += [_build_missing_fault(name) for name in required if name not in values]
    return faults


def _build_missing_fault(name: str) -> Fault:
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


def _require_printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("not_printable", "")
    return value


def _require_short_reference(value: str) -> str:
    if len(value) > _MAX_REFERENCE and not is_uuid(value):
        raise PydanticCustomError("string_too_long", "")
    return value


def _convert_whole_float(value: object) -> object:
    """Return 2.0 as 2, because JSON does not distinguish them; convert nothing else."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _convert_number_to_text(value: object) -> object:
    """Return a number as text. The quote resolver decides whether a quote id has a valid form."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _require_known_currency(value: str, info: ValidationInfo) -> str:
    if _get_stores(info).find_by_currency(value) is None:
        raise PydanticCustomError("unknown_currency", "")
    return value


def _require_known_store(value: str, info: ValidationInfo) -> str:
    if _get_stores(info).find_by_code(value) is None:
        raise PydanticCustomError("unknown_store", "")
    return value


def _get_stores(info: ValidationInfo) -> StoreViews:
    stores: StoreViews = (info.context or {})["stores"]
    return stores


def _require_sums_in_range(items: list[TransferItem]) -> list[TransferItem]:
    sums: dict[str, int] = {}
    for index, item in enumerate(items):
        key = normalize_sku(item.sku)
        sums[key] = sums.get(key, 0) + item.quantity
        if sums[key] > MAX_QUANTITY:
            raise PydanticCustomError("sum_out_of_range", "", {"index": index})
    return items


Text = Annotated[str, Field(strict=True, min_length=1)]
Token = Annotated[Text, Field(max_length=_MAX_TOKEN, pattern=r"^[\x21-\x7e]+$")]
Reference = Annotated[
    Text,
    AfterValidator(_require_printable),
    AfterValidator(_require_short_reference),
    Field(
        description="Printable characters: 32 at most, or a UUID with its hyphens.",
        json_schema_extra={"anyOf": [{"maxLength": _MAX_REFERENCE}, {"pattern": _UUID_PATTERN}]},
    ),
]
_QuoteIdText = Annotated[Text, Field(max_length=_MAX_QUOTE_ID)]
QuoteId = Annotated[
    _QuoteIdText,
    BeforeValidator(_convert_number_to_text, json_schema_input_type=int | _QuoteIdText),
    Field(description="A guest's masked id, or the number of a customer's quote."),
]


class TransferItem(BaseModel):
    """A line of a bag, as Poq sends it."""

    sku: Annotated[
        Text,
        Field(max_length=_MAX_SKU, description="Printable characters, in upper or lower case."),
        AfterValidator(_require_printable),
    ]
    quantity: Annotated[
        int, Field(strict=True, ge=1, le=MAX_QUANTITY), BeforeValidator(_convert_whole_float)
    ]


Items = Annotated[
    list[TransferItem],
    Field(min_length=1, max_length=MAX_LINES),
    AfterValidator(_require_sums_in_range),
]


class TransferBody(BaseModel):
    """The fields that a transfer may have, of whichever kind it is."""

    # The context of the validation has the store views under `stores`.
    items: Items | None = None
    currency: Annotated[Text, AfterValidator(_require_known_currency)] | None = None
    reference: Reference | None = None
    store: Annotated[Text, AfterValidator(_require_known_store)] | None = None
    quote_id: QuoteId | None = None
    token_id: Annotated[Token | None, Field(description="The token of a quote's customer.")] = None
    token: Annotated[Token | None, Field(description="Another name for `token_id`.")] = None


_REFERENCE: TypeAdapter[str] = TypeAdapter(Reference)

ERROR_CODES = {
    "missing": ("missing", "This field is required."),
    "string_too_short": ("empty", "An empty text is not a value. Leave the field out instead."),
    "string_too_long": ("too_long", "This text is too long."),
    "string_pattern_mismatch": ("wrong_form", "This text holds characters that are not allowed."),
    "string_unicode": ("not_printable", "This text holds a code that is not a character."),
    "not_printable": ("not_printable", "This text holds characters that cannot be printed."),
    "too_short": ("empty", "There has to be at least one line."),
    "too_long": ("too_many", f"There can be at most {MAX_LINES} lines."),
    "int_type": ("not_whole", f"This has to be a whole number from 1 to {MAX_QUANTITY}."),
    "greater_than_equal": ("out_of_range", f"This has to be from 1 to {MAX_QUANTITY}."),
    "less_than_equal": ("out_of_range", f"This has to be from 1 to {MAX_QUANTITY}."),
    "sum_out_of_range": (
        "out_of_range",
        f"The lines of this sku add up to more than {MAX_QUANTITY}.",
    ),
    "unknown_currency": ("unknown_currency", "The shop does not sell in this currency."),
    "unknown_store": ("unknown_store", "No store view with this code is served."),
}
"""The code and the detail of a fault by pydantic's type of error."""


def build_field_fault(error: ErrorDetails) -> Fault:
    """Return the fault for one error of pydantic; its own message may repeat the value."""
    code, detail = ERROR_CODES.get(error["type"], ("wrong_type", "This value has the wrong type."))
    pointer = "".join(f"/{part}" for part in error["loc"])
    if error["type"] == "sum_out_of_range":
        pointer += f"/{error['ctx']['index']}/quantity"
    return Fault(code, detail, pointer=pointer)
