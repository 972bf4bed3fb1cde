"""The customer's private data that scripts load: Magento's `/customer/section/load/`."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, jsonify, request

from handoff_sandbox.display import shown
from handoff_sandbox.money import four_places, plain
from handoff_sandbox.quotes import Line
from handoff_sandbox.rules import trouble_of
from handoff_sandbox.storefront.cart import may_check_out
from handoff_sandbox.storefront.visit import Visit, room, visit
from handoff_sandbox.totals import totals_of

bp = room("sections")

Shape = dict[str, object]


@bp.get("/customer/section/load/")
def load() -> Response:
    now = visit()
    names = [name for name in request.args.get("sections", "").split(",") if name]
    names = names or list(SOURCES)
    unknown = next((name for name in names if name not in SOURCES), None)
    if unknown is not None:
        answer = jsonify({"message": f'The "{unknown}" section source isn\'t supported.'})
        answer.status_code = 400
        return answer
    data_id = int(now.shop.clock())
    return jsonify({name: {**SOURCES[name](now), "data_id": data_id} for name in names})


def cart_section(now: Visit) -> Shape:
    quote = now.quote()
    subtotal = totals_of(quote).subtotal if quote else 0
    shown = f'<span class="price">{now.currency.price(subtotal)}</span>'
    lines = reversed(quote.visible_lines()) if quote else ()
    return {
        "summary_count": plain(quote.total_qty()) if quote else 0,
        "subtotalAmount": four_places(totals_of(quote).subtotal) if quote else 0,
        "subtotal": shown,
        "possible_onepage_checkout": may_check_out(now),
        "items": [_item(line, now) for line in lines],
        "extra_actions": "",
        "isGuestCheckoutAllowed": now.shop.rules.guest_checkout,
        "website_id": str(now.view.website.number),
        "storeId": str(now.view.number),
        "subtotal_incl_tax": shown,
        "subtotal_excl_tax": shown,
    }


def customer_section(now: Visit) -> Shape:
    customer = now.customer
    if customer is None:
        return {}
    return {
        "fullname": customer.name,
        "firstname": customer.firstname,
        "websiteId": str(now.view.website.number),
    }


SOURCES: dict[str, Callable[[Visit], Shape]] = {
    "cart": cart_section,
    "customer": customer_section,
}


def _item(line: Line, now: Visit) -> Shape:
    product, url = line.product, now.view.url
    price = now.currency.price(line.price)
    configure = f"{url}/checkout/cart/configure/id/{line.number}/product_id/{product.id}/"
    return {
        "product_type": product.kind.value,
        "options": [],
        "qty": plain(line.qty),
        "item_id": str(line.number),
        "configure_url": configure,
        "is_visible_in_site_visibility": True,
        "product_id": str(product.id),
        "product_name": product.name,
        "product_sku": line.sku,
        "product_url": f"{url}/{product.url_key}.html",
        "product_has_url": True,
        "product_price": f'<span class="minicart-price"><span class="price">{price}</span></span>',
        "product_price_value": plain(line.price),
        "product_image": {
            "src": f"{url}/static/sandbox/pictures/{shown(product).picture}.svg",
            "alt": product.name,
            "width": 150,
            "height": 150,
        },
        "canApplyMsrp": False,
        "message": trouble_of(line) or "",
    }
