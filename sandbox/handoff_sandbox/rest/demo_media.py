"""Pictures and attributes of the demo's products, which the recorded shop did not have."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from handoff_sandbox.catalogue import Product
from handoff_sandbox.demo_content import require_demo_content
from handoff_sandbox.formats import JsonObject

blueprint = Blueprint("media", __name__)

PICTURES = Path(__file__).parents[1] / "static" / "pictures"
FILTERABLE_ATTRIBUTES = ("price", "room")


@blueprint.get("/media/catalog/product/<name>")
def send_picture(name: str) -> Response:
    return send_from_directory(PICTURES, name)


def add_demo_content(data: JsonObject, product: Product) -> JsonObject:
    """Return a product's JSON with the picture, description and category of the storefront."""
    content = require_demo_content(product.sku)
    entry = {"id": product.id, "media_type": "image", "disabled": False, "types": ["image"]}
    attributes = {"description": f"<p>{content.description}</p>", "room": content.category}
    custom = [{"attribute_code": code, "value": value} for code, value in attributes.items()]
    existing = data["custom_attributes"]
    return data | {
        "media_gallery_entries": [{**entry, "file": f"/{content.picture}.svg"}],
        "custom_attributes": [*(existing if isinstance(existing, list) else []), *custom],
    }
