"""The JSON fields of `POST /api/cart-transfer`, and the error code of each fault in them.

The fields follow Poq's cart transfer document; `quote_id` and `token_id` follow its guide for
Magento 2. Unknown fields are ignored.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from handoff.bag import sku_key
from handoff.problems import Fault
from handoff.settings.store_views import StoreViews

MAX_LINES = 200
MAX_QUANTITY = 10_000
_MAX_REFERENCE = 32  # characters; a UUID may be longer
_MAX_SKU = 255
_MAX_TOKEN = 4096


def _require_printable(value: str) -> str:
    if not value.isprintable():
        raise PydanticCustomError("not_printable", "")
    return value


def _require_short_reference(value: str) -> str:
    if len(value) > _MAX_REFERENCE and not _is_uuid(value):
        raise PydanticCustomError("string_too_long", "")
    return value


def _is_uuid(value: str) -> bool:
    digits = value.replace("-", "")
    return len(value) == 36 and len(digits) == 32 and set(digits.lower()) <= set("0123456789abcdef")


def _convert_whole_float(value: object) -> object:
    """Return 2.0 as 2, as JSON does not tell them apart; nothing else is converted."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _convert_number(value: object) -> object:
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
        key = sku_key(item.sku)
        sums[key] = sums.get(key, 0) + item.quantity
        if sums[key] > MAX_QUANTITY:
            raise PydanticCustomError("sum_out_of_range", "", {"index": index})
    return items


Text = Annotated[str, Field(strict=True, min_length=1)]
Token = Annotated[Text, Field(max_length=_MAX_TOKEN, pattern=r"^[\x21-\x7e]+$")]
Reference = Annotated[
    Text, AfterValidator(_require_printable), AfterValidator(_require_short_reference)
]
QuoteId = Annotated[
    Text,
    Field(max_length=_MAX_SKU),
    BeforeValidator(_convert_number, json_schema_input_type=int | Text),
]


class TransferItem(BaseModel):
    """A line of a bag, as Poq sends it."""

    sku: Annotated[Text, Field(max_length=_MAX_SKU), AfterValidator(_require_printable)]
    quantity: Annotated[
        int, Field(strict=True, ge=1, le=MAX_QUANTITY), BeforeValidator(_convert_whole_float)
    ]


Items = Annotated[
    list[TransferItem],
    Field(min_length=1, max_length=MAX_LINES),
    AfterValidator(_require_sums_in_range),
]


class TransferBody(BaseModel):
    """The fields that a transfer may have, of whichever kind it is.

    The context of the validation has the store views under `stores`.
    """

    items: Items | None = None
    currency: Annotated[Text, AfterValidator(_require_known_currency)] | None = None
    reference: Reference | None = None
    store: Annotated[Text, AfterValidator(_require_known_store)] | None = None
    quote_id: QuoteId | None = None
    token_id: Token | None = None
    token: Token | None = None


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
    """Return the fault for one error of pydantic; its own message may hold what was sent."""
    code, detail = ERROR_CODES.get(error["type"], ("wrong_type", "This value has the wrong type."))
    pointer = "".join(f"/{part}" for part in error["loc"])
    if error["type"] == "sum_out_of_range":
        pointer += f"/{error['ctx']['index']}/quantity"
    return Fault(code, detail, pointer=pointer)
