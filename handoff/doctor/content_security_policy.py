"""Reads the Content-Security-Policy of a page, and decides what it allows the page to load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ContentSecurityPolicy:
    """One policy: the sources of each directive, in lower case."""

    directives: Mapping[str, tuple[str, ...]]

    @classmethod
    def parse_all(cls, header: str) -> list[ContentSecurityPolicy]:
        """Return the policies of a header; a page has to meet all of them."""
        return [cls(dict(_parse_directives(text))) for text in header.split(",") if text.strip()]

    def is_url_allowed(self, directive: str, url: str, *, page_url: str) -> bool:
        """Return whether a page may load a URL; a missing directive falls back to default-src."""
        sources = self.directives.get(directive, self.directives.get("default-src"))
        if sources is None:
            return True
        if directive == "script-src" and "'strict-dynamic'" in sources:
            return False  # only scripts with a nonce, and those that they add
        target, page = urlsplit(url), urlsplit(page_url)
        return any(_is_source_match(source, target, page) for source in sources)


def _parse_directives(policy: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and sources of each directive. Of two with one name, browsers use the first."""
    for text in reversed(policy.split(";")):
        name, *sources = text.split() or [""]
        if name:
            yield name.lower(), tuple(source.lower() for source in sources)


def _is_source_match(source: str, target: SplitResult, page: SplitResult) -> bool:
    if source == "'self'":
        return (target.scheme, target.netloc) == (page.scheme, page.netloc)
    if source.startswith("'"):
        return False
    if source == "*":
        return True
    if source.endswith(":"):
        return target.scheme == source[:-1]
    return _is_host_source_match(
        urlsplit(source if "://" in source else f"//{source}"), target, page
    )


def _is_host_source_match(source: SplitResult, target: SplitResult, page: SplitResult) -> bool:
    scheme = source.scheme or page.scheme
    # In a policy, http stands for https of the same host as well.
    if target.scheme not in (scheme, "https" if scheme == "http" else scheme):
        return False
    host, wanted = source.hostname or "", target.hostname or ""
    is_host = wanted.endswith(host[1:]) if host.startswith("*.") else wanted == host
    has_port = source.netloc.endswith(":*") or _get_port(source, target.scheme) == _get_port(
        target, target.scheme
    )
    path = source.path
    is_path = target.path.startswith(path) if path.endswith("/") else path in ("", target.path)
    return is_host and has_port and is_path


def _get_port(parts: SplitResult, scheme: str) -> int | None:
    try:
        return parts.port or _PORTS.get(scheme)
    except ValueError:
        return None  # `*` stands for any port
