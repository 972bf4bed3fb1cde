"""Postal addresses of quotes and orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """A shipping or billing address. It is empty until a shopper fills it in."""

    id: int
    firstname: str | None = None
    lastname: str | None = None
    street: tuple[str, ...] = ("",)
    city: str | None = None
    postcode: str | None = None
    region: str | None = None
    country_id: str | None = None
    telephone: str | None = None
    email: str | None = None

    @classmethod
    def from_body(cls, number: int, given: Mapping[str, object]) -> PostalAddress:
        """Return the address of a REST body. Missing fields stay empty."""
        street = given.get("street") or [""]
        lines = [street] if isinstance(street, str) else street
        text = {
            name: None if given.get(name) is None else str(given[name])
            for name in ("firstname", "lastname", "city", "postcode", "country_id", "telephone")
        }
        region = given.get("region")
        return cls(
            number,
            **text,
            street=tuple(str(line) for line in lines) if isinstance(lines, list) else ("",),
            region=str(region) if isinstance(region, str) else None,
            email=str(given["email"]) if given.get("email") else None,
        )
