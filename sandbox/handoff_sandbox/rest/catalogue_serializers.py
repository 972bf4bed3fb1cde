"""Products and categories as REST shows them."""

from __future__ import annotations

from handoff_sandbox.catalogue import CATEGORY_ID, CREATED_AT, Product
from handoff_sandbox.formats import JsonObject


def serialize_product(product: Product) -> JsonObject:
    """Return a product as REST shows it."""
    attributes: dict[str, object] = {
        "options_container": "container2",
        "url_key": product.url_key,
        "msrp_display_actual_price_type": "0",
        "required_options": "0",
        "has_options": "0",
        "tax_class_id": "2",
        "category_ids": [str(CATEGORY_ID)],
    }
    return {
        "id": product.id,
        "sku": product.sku,
        "name": product.name,
        "attribute_set_id": 4,
        "price": product.price,
        "status": 1 if product.enabled else 2,
        "visibility": 4,
        "type_id": "simple",
        "created_at": CREATED_AT,
        "updated_at": CREATED_AT,
        "weight": 1,
        "extension_attributes": {
            "website_ids": [1],
            "category_links": [{"position": 0, "category_id": str(CATEGORY_ID)}],
        },
        "product_links": [],
        "options": [],
        "media_gallery_entries": [],
        "tier_prices": [],
        "custom_attributes": _serialize_attributes(attributes),
    }


def serialize_stock_item(product: Product) -> JsonObject:
    """Return a product's stock as REST shows it."""
    return {
        "item_id": product.id,
        "product_id": product.id,
        "stock_id": 1,
        "qty": product.stock,
        "is_in_stock": product.is_in_stock,
        "is_qty_decimal": False,
        "show_default_notification_message": False,
        "use_config_min_qty": True,
        "min_qty": 0,
        "use_config_min_sale_qty": 1,
        "min_sale_qty": 1,
        "use_config_max_sale_qty": True,
        "max_sale_qty": 10000,
        "use_config_backorders": True,
        "backorders": 0,
        "use_config_notify_stock_qty": True,
        "notify_stock_qty": 1,
        "use_config_qty_increments": True,
        "qty_increments": 0,
        "use_config_enable_qty_inc": True,
        "enable_qty_increments": False,
        "use_config_manage_stock": True,
        "manage_stock": True,
        "low_stock_date": None,
        "is_decimal_divided": False,
        "stock_status_changed_auto": 0,
    }


def serialize_category_tree(product_count: int) -> JsonObject:
    """Return the tree of both categories."""
    child = _serialize_category_fields(CATEGORY_ID) | {
        "product_count": product_count,
        "children_data": [],
    }
    return _serialize_category_fields(2) | {"product_count": 0, "children_data": [child]}


def serialize_category(number: int) -> JsonObject:
    """Return a category as REST shows it."""
    root = number == 2
    path = "1/2" if root else "1/2/3"
    attributes: dict[str, object] = (
        {"display_mode": "PRODUCTS", "path": path, "children_count": "1"}
        if root
        else {
            "is_anchor": "1",
            "path": path,
            "children_count": "0",
            "url_key": "lab-things",
            "url_path": "lab-things",
        }
    )
    return _serialize_category_fields(number) | {
        "children": "3" if root else "",
        "created_at": CREATED_AT,
        "updated_at": CREATED_AT,
        "path": path,
        "include_in_menu": True,
        "custom_attributes": _serialize_attributes(attributes),
    }


def _serialize_category_fields(number: int) -> JsonObject:
    return {
        "id": number,
        "parent_id": number - 1,
        "name": "Default Category" if number == 2 else "Lab things",
        "is_active": True,
        "position": 1,
        "level": number - 1,
    }


def _serialize_attributes(attributes: dict[str, object]) -> list[JsonObject]:
    return [{"attribute_code": code, "value": value} for code, value in attributes.items()]
