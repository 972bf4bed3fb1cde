"""The one style of the tables that commands print."""

from __future__ import annotations

from rich import box
from rich.table import Column, Table


def build_console_table(
    *columns: Column | str, title: str | None = None, expand: bool = False
) -> Table:
    """Return an empty table; `expand` makes it as wide as the terminal."""
    return Table(
        *columns,
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        expand=expand,
    )


def shorten_time(text: str | None) -> str:
    """Return `2027-01-15T08:00:00.000Z` as `2027-01-15 08:00:00Z`, which may break at the blank."""
    return "" if text is None else f"{text[:10]} {text[11:19]}Z"


def format_count(count: int, thing: str) -> str:
    """Return a number and a noun, such as `1 category` or `1,200 categories`."""
    if count == 1:
        return f"1 {thing}"
    return f"{count:,} " + (f"{thing[:-1]}ies" if thing.endswith("ry") else f"{thing}s")
