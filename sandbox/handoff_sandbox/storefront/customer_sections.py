"""The shopper's own data, which scripts of the pages load: `/customer/section/load/`."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, jsonify, request

from handoff_sandbox.checkout_rules import describe_line_error
from handoff_sandbox.demo_content import get_content
from handoff_sandbox.formats import JsonObject, convert_to_json_number, format_amount
from handoff_sandbox.quotes import QuoteLine
from handoff_sandbox.storefront.cart_pages import can_check_out
from handoff_sandbox.storefront.visit import Visit, get_current_visit
from handoff_sandbox.storefront.visit_blueprint import build_blueprint
from handoff_sandbox.totals import compute_totals

blueprint = build_blueprint("customer_sections")


@blueprint.get("/customer/section/load/")
def load_sections() -> Response:
    visit = get_current_visit()
    names = [name for name in request.args.get("sections", "").split(",") if name]
    names = names or list(_SECTIONS)
    unknown = next((name for name in names if name not in _SECTIONS), None)
    if unknown is not None:
        answer = jsonify({"message": f'The "{unknown}" section source isn\'t supported.'})
        answer.status_code = 400
        return answer
    data_id = int(visit.shop.clock())
    return jsonify({name: {**_SECTIONS[name](visit), "data_id": data_id} for name in names})


def serialize_cart_section(visit: Visit) -> JsonObject:
    """Return the section `cart`: the lines, their sum and whether checkout is open."""
    quote = visit.refresh_quote()
    subtotal = compute_totals(quote).subtotal if quote else 0
    subtotal_html = f'<span class="price">{visit.currency.format_price(subtotal)}</span>'
    lines = reversed(quote.visible_lines) if quote else ()
    return {
        "summary_count": convert_to_json_number(quote.total_qty) if quote else 0,
        "subtotalAmount": format_amount(compute_totals(quote).subtotal) if quote else 0,
        "subtotal": subtotal_html,
        "possible_onepage_checkout": can_check_out(quote, visit.shop.rules),
        "items": [_serialize_line(line, visit) for line in lines],
        "extra_actions": "",
        "isGuestCheckoutAllowed": visit.shop.rules.guest_checkout,
        "website_id": str(visit.view.website.number),
        "storeId": str(visit.view.number),
        "subtotal_incl_tax": subtotal_html,
        "subtotal_excl_tax": subtotal_html,
    }


def serialize_customer_section(visit: Visit) -> JsonObject:
    """Return the section `customer`, which is empty for a guest."""
    customer = visit.customer
    if customer is None:
        return {}
    return {
        "fullname": customer.name,
        "firstname": customer.firstname,
        "websiteId": str(visit.view.website.number),
    }


_SECTIONS: dict[str, Callable[[Visit], JsonObject]] = {
    "cart": serialize_cart_section,
    "customer": serialize_customer_section,
}


def _serialize_line(line: QuoteLine, visit: Visit) -> JsonObject:
    product, url = line.product, visit.view.url
    price = visit.currency.format_price(line.price)
    configure = f"{url}/checkout/cart/configure/id/{line.number}/product_id/{product.id}/"
    return {
        "product_type": product.type.value,
        "options": [],
        "qty": convert_to_json_number(line.qty),
        "item_id": str(line.number),
        "configure_url": configure,
        "is_visible_in_site_visibility": True,
        "product_id": str(product.id),
        "product_name": product.name,
        "product_sku": line.sku,
        "product_url": f"{url}/{product.url_key}.html",
        "product_has_url": True,
        "product_price": f'<span class="minicart-price"><span class="price">{price}</span></span>',
        "product_price_value": convert_to_json_number(line.price),
        "product_image": {
            "src": f"{url}/static/sandbox/pictures/{get_content(product).picture}.svg",
            "alt": product.name,
            "width": 150,
            "height": 150,
        },
        "canApplyMsrp": False,
        "message": describe_line_error(line) or "",
    }
