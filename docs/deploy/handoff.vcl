vcl 4.0;

# Varnish before the shop: Handoff's path passes, and nothing of it is kept.
#
# Include it in the shop's VCL, after the backends and above the shop's own subroutines:
#     include "/etc/varnish/handoff.vcl";
# Behind Varnish, nginx leads the path to Handoff; or a backend of its own does, with
# `set req.backend_hint = handoff;` before the pass. Varnish adds to X-Forwarded-For: count it in
# HANDOFF_TRUSTED_PROXIES. What varnishncsa writes holds links unless it is started with
#     -q 'not ReqURL ~ "^/handoff/"'
#
# Fastly: the same three as VCL snippets of the types recv, fetch (where `bereq.url` is `req.url`)
# and deliver, with a low priority number, so that they stand above Magento's; and a condition
# `req.url !~ "^/handoff/"` on every logging endpoint.

sub vcl_recv {
    if (req.url ~ "^/handoff/") {
        return (pass);
    }
}

# What Magento's VCL does below to answers would take cookies off ours.
sub vcl_backend_response {
    if (bereq.url ~ "^/handoff/") {
        return (deliver);
    }
}

sub vcl_deliver {
    if (req.url ~ "^/handoff/") {
        return (deliver);
    }
}
