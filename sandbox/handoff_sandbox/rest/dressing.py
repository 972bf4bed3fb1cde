"""What the demo's products have that the recorded shop's had not: pictures, words and rooms."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from handoff_sandbox.catalogue import Product
from handoff_sandbox.display import display_of

bp = Blueprint("media", __name__)

Shape = dict[str, object]
PICTURES = Path(__file__).parents[1] / "static" / "pictures"
FILTERABLE = ("price", "room")


@bp.get("/media/catalog/product/<name>")
def picture(name: str) -> Response:
    return send_from_directory(PICTURES, name)


def dress(shape: Shape, product: Product) -> Shape:
    """Give a product's shape what the storefront shows of it."""
    shown = display_of(product.sku)
    entry = {"id": product.id, "media_type": "image", "disabled": False, "types": ["image"]}
    attributes = {"description": f"<p>{shown.words}</p>", "room": shown.room}
    custom = [{"attribute_code": code, "value": value} for code, value in attributes.items()]
    held = shape["custom_attributes"]
    return shape | {
        "media_gallery_entries": [{**entry, "file": f"/{shown.picture}.svg"}],
        "custom_attributes": [*(held if isinstance(held, list) else []), *custom],
    }
