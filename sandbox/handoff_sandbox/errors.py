"""What the shop refuses, one class for each way in which callers see it.

ShopError
├── InputError      400  before the call is made
├── Unauthorized    401
├── NotFound        404
├── Refused         400  the rules of the shop say no
└── InternalError   500
"""

from __future__ import annotations

from secrets import token_hex


class ShopError(Exception):
    """An answer other than 200, with Magento's message and its parameters."""

    status = 400
    # REST answers say 'no PHP session was started' by having no Set-Cookie.
    starts_session = True

    def __init__(self, message: str, parameters: dict[str, object] | list[object] | None = None):
        super().__init__(message)
        self.message = message
        self.parameters = parameters

    def body(self) -> dict[str, object]:
        if self.parameters is None:
            return {"message": self.message}
        return {"message": self.message, "parameters": self.parameters}


class InputError(ShopError):
    """The body or the path lacks something; the call itself was never made."""

    starts_session = False

    @classmethod
    def missing(cls, field: str) -> InputError:
        return cls('"%fieldName" is required. Enter and try again.', {"fieldName": field})


class Unauthorized(ShopError):
    status = 401

    @classmethod
    def resource(cls, resource: str, *, starts_session: bool) -> Unauthorized:
        error = cls("The consumer isn't authorized to access %resources.", {"resources": resource})
        error.starts_session = starts_session
        return error

    @classmethod
    def login(cls) -> Unauthorized:
        """Say the same of wrong passwords, unknown accounts and locked ones."""
        return cls(
            "The account sign-in was incorrect or your account is disabled temporarily. "
            "Please wait and try again later."
        )


class NotFound(ShopError):
    status = 404

    @classmethod
    def entity(cls, field: str, value: object) -> NotFound:
        return cls(
            "No such entity with %fieldName = %fieldValue",
            {"fieldName": field, "fieldValue": value},
        )

    @classmethod
    def product(cls, *, starts_session: bool = True) -> NotFound:
        error = cls(
            "The product that was requested doesn't exist. Verify the product and try again."
        )
        error.starts_session = starts_session
        return error

    @classmethod
    def order(cls) -> NotFound:
        error = cls("The entity that was requested doesn't exist. Verify the entity and try again.")
        error.starts_session = False
        return error


class Refused(ShopError):
    """The shop's own rules say no: stock, quantities, permissions."""


class InternalError(ShopError):
    status = 500
    starts_session = False

    def __init__(self) -> None:
        report = f"webapi-{token_hex(7)[:13]}"
        super().__init__(
            f"Internal Error. Details are available in Magento log file. Report ID: {report}"
        )
