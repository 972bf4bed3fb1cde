vcl 4.0;

# Varnish in front of the shop: it passes Handoff's path through and keeps nothing of it.
#
# 1. Include this file in the shop's VCL, after the backends and above the shop's own subroutines:
#        include "/etc/varnish/handoff.vcl";
# 2. Behind Varnish, let nginx lead the path to Handoff. Or give Handoff a backend of its own, and
#    add `set req.backend_hint = handoff;` before the pass.
# 3. Varnish adds to X-Forwarded-For. Count it in HANDOFF_TRUSTED_PROXIES.
# 4. The log of varnishncsa would hold links. Start it with
#        -q 'not ReqURL ~ "^/+handoff/"'
#
# Fastly: add the same three subroutines as VCL snippets of the types recv, fetch (write `req.url`
# for `bereq.url`) and deliver. Give them a low priority number, so that they stand above those of
# Magento. Add the condition `req.url !~ "^/+handoff/"` to every logging endpoint.

sub vcl_recv {
    if (req.url ~ "^/+handoff/") {
        return (pass);
    }
}

# Magento's VCL below removes cookies from answers. This keeps it away from those of Handoff.
sub vcl_backend_response {
    if (bereq.url ~ "^/+handoff/") {
        return (deliver);
    }
}

sub vcl_deliver {
    if (req.url ~ "^/+handoff/") {
        return (deliver);
    }
}
