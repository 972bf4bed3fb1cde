"""Every URL of the service is on a list that says how it is protected."""

from __future__ import annotations

from tests.conftest import MakeApp

# Add a new URL here with its protection.
PROTECTION = {
    "/api/cart-transfer": "key",
    "/api/cart-transfer/<key>": "key",
    "/api/handoffs/<reference:reference>": "key for reading",
    "/enter": "credential",
    "/h": "link",
    "/h/<token>": "link",
    "/healthz": "open",
    "/metrics": "open",  # if switched on; docs/deploy/nginx.conf refuses it to the outside
    "/openapi.json": "open",
    "/readyz": "open",  # refused to the outside like /metrics
    "/static/<path:filename>": "open",
    "/theme.css": "open",
    "/web-checkout.js": "open",
    "/web-checkout/orders": "cookie",  # without it, and for other sites, there are no orders
    "/web-checkout/poq.js": "open",  # a file of Poq's; each caller may cause ten fetches a minute
    "/web-checkout/cart-page": "cookie",
    "/web-checkout/session": "cookie",
}


def test_every_url_is_protected_as_listed(make_app: MakeApp) -> None:
    app = make_app(direct_entry=True, metrics=True)
    assert {rule.rule for rule in app.url_map.iter_rules()} == set(PROTECTION)
    client = app.test_client()
    for rule, protection in PROTECTION.items():
        path = rule.replace("<key>", "wrong").replace("<token>", "wrong")
        if protection == "key":
            assert client.post(path).status_code in (401, 404)
        if protection == "key for reading":
            assert client.get(path.replace("<reference:reference>", "r")).status_code == 401
        if protection == "cookie":
            answer = client.post(path)
            assert answer.get_json(silent=True) in (None, {"orders": [], "pending": False})
            assert "Set-Cookie" not in answer.headers
        if protection == "credential":
            assert client.post(path, data={"quote_id": "wrong"}).status_code == 404
        if protection == "link":
            assert client.post(path).status_code == 404
