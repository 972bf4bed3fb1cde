"""A stub shop that answers at once, with a guest's cart whose number stands in its masked id.

It is an nginx with one fixed answer, so that it takes little of the machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clients.raw_http import HOST
from benchmarks.servers.process import find_free_port, run_server
from benchmarks.servers.required_programs import find_program

CART = {
    "is_active": True,
    "store_id": 1,
    "items": [{"item_id": n, "sku": f"ITEM-{n:02d}", "qty": n, "price": 10 + n} for n in (1, 2, 3)],
    "items_count": 3,
    "items_qty": 6,
    "customer": {},
    "currency": {"quote_currency_code": "GBP"},
    "customer_is_guest": True,
}

_CONFIGURATION = """
daemon off;
worker_processes 1;
pid %(folder)s/nginx.pid;
error_log %(folder)s/error.log;
events { worker_connections 512; }
http {
    access_log off;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    server {
        listen %(host)s:%(port)d;
        location ~ ^/rest/(?:[a-z]+/)?V1/guest-carts/0*([1-9][0-9]*)$ {
            default_type "application/json; charset=utf-8";
            add_header Set-Cookie "PHPSESSID=0123456789abcdef0123456789; path=/; HttpOnly";
            return 200 '{"id": $1, %(cart)s';
        }
    }
}
"""


@contextmanager
def run_stub_shop(folder: Path) -> Iterator[str]:
    """Run the stub shop with its files in a folder and give its URL."""
    folder.mkdir()
    port = find_free_port()
    file = folder / "nginx.conf"
    cart = json.dumps(CART).removeprefix("{")
    values = {"folder": folder, "host": HOST, "port": port, "cart": cart}
    file.write_text(_CONFIGURATION % values, "utf-8")
    with run_server(
        [find_program("nginx"), "-e", f"{folder}/error.log", "-c", str(file)], port, folder
    ):
        yield f"http://{HOST}:{port}"
