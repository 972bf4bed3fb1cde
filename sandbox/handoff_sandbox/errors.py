"""Errors of the shop, one class for each way in which callers see them.

ShopError
├── InputError      400  the body or the path lacks something
├── Unauthorized    401
├── NoSuchEntity    404
├── RuleViolation   400  a rule of the shop refuses the call
└── ServerFault     500
"""

from __future__ import annotations

from secrets import token_hex


class ShopError(Exception):
    """An error answer, with Magento's message and its parameters."""

    status = 400
    # A REST answer has no Set-Cookie if no PHP session was started.
    starts_session = True

    def __init__(self, message: str, parameters: dict[str, object] | list[object] | None = None):
        super().__init__(message)
        self.message = message
        self.parameters = parameters

    def serialize(self) -> dict[str, object]:
        """Return the answer's JSON."""
        if self.parameters is None:
            return {"message": self.message}
        return {"message": self.message, "parameters": self.parameters}


class InputError(ShopError):
    """The body or the path lacks something, so the call was not made."""

    starts_session = False

    @classmethod
    def build_for_missing_field(cls, field: str) -> InputError:
        """Return the error for a missing field."""
        return cls('"%fieldName" is required. Enter and try again.', {"fieldName": field})


class Unauthorized(ShopError):
    """The caller may not use the resource."""

    status = 401

    @classmethod
    def build_for_resource(cls, resource: str, *, starts_session: bool) -> Unauthorized:
        """Return the error for a resource that the caller has no right to."""
        error = cls("The consumer isn't authorized to access %resources.", {"resources": resource})
        error.starts_session = starts_session
        return error

    @classmethod
    def build_for_login(cls) -> Unauthorized:
        """Return the error for wrong passwords, unknown accounts and locked ones alike."""
        return cls(
            "The account sign-in was incorrect or your account is disabled temporarily. "
            "Please wait and try again later."
        )

    @classmethod
    def build_for_password(cls) -> Unauthorized:
        """Return the error for a password change with a wrong current password."""
        return cls("The password doesn't match this account. Verify the password and try again.")


class NoSuchEntity(ShopError):
    """The named thing does not exist."""

    status = 404

    @classmethod
    def build_for_id(cls, field: str, value: object) -> NoSuchEntity:
        """Return the error for an id that nothing has."""
        return cls(
            "No such entity with %fieldName = %fieldValue",
            {"fieldName": field, "fieldValue": value},
        )

    @classmethod
    def build_for_product(cls, *, starts_session: bool = True) -> NoSuchEntity:
        """Return the error for an unknown sku."""
        error = cls(
            "The product that was requested doesn't exist. Verify the product and try again."
        )
        error.starts_session = starts_session
        return error

    @classmethod
    def build_for_order(cls) -> NoSuchEntity:
        """Return the error for an unknown order."""
        error = cls("The entity that was requested doesn't exist. Verify the entity and try again.")
        error.starts_session = False
        return error


class RuleViolation(ShopError):
    """A rule of the shop refuses the call: stock, quantities, permissions."""


class ServerFault(ShopError):
    """Magento failed, and wrote the cause into its log."""

    status = 500
    starts_session = False

    def __init__(self) -> None:
        report = f"webapi-{token_hex(7)[:13]}"
        super().__init__(
            f"Internal Error. Details are available in Magento log file. Report ID: {report}"
        )
