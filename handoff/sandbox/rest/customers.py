from __future__ import annotations

from flask import Blueprint

from handoff.sandbox.rest.access import SELF
from handoff.sandbox.rest.endpoint import endpoint
from handoff.sandbox.rest.my_carts import myself
from handoff.sandbox.rest.shapes import customer_shape

bp = Blueprint("customers", __name__)


@bp.get("/customers/me")
@endpoint(SELF)
def me() -> object:
    return customer_shape(myself())
