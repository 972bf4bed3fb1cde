"""The instruction: the answer to a transfer, which tells the app how to open the web view.

Its fields are those of Poq's cart transfer document.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class InstructionCookie(BaseModel):
    """A cookie that the app sets when it opens the web view."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Annotated[str, Field(min_length=1)]
    value: str
    domain: Annotated[str, Field(min_length=1)]
    expire_date: Annotated[datetime | None, Field(alias="expireDate")] = None
    is_http_only: Annotated[bool | None, Field(alias="isHttpOnly")] = None
    is_secure: Annotated[bool | None, Field(alias="isSecure")] = None
    path: str | None = None


class InstructionHeader(BaseModel):
    """A header that the app sends when it opens the web view."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
    value: Annotated[str, Field(pattern=r"^[\x20-\x7e]*$")]


APP_VISIT_HEADER = "Handoff-App"
"""The header of an instruction that proves that the app opens the link."""


class Instruction(BaseModel):
    """How to open the web view, for the app. Fields that are None are left out of the JSON."""

    model_config = ConfigDict(frozen=True)

    url: str
    method: Literal["GET", "POST"]
    body: str | None = None
    cookies: tuple[InstructionCookie, ...] | None = None
    headers: tuple[InstructionHeader, ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)
