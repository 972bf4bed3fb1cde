"""docs/architecture.md lists the files that a bag and a link pass."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from flask import Flask

from tests.conftest import Poq

ROOT = Path(__file__).parents[1]
CODE = f"{ROOT / 'handoff'}/"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
WAYS = re.search(r"Every request first passes(.*?)A bag then(.*?)A link(.*?)\n## ", PAGE, re.DOTALL)


@contextmanager
def record_files() -> Iterator[set[str]]:
    """Collect the names of the product's files whose functions are called within the block."""
    files: set[str] = set()

    def record(frame: FrameType, event: str, _argument: object) -> None:
        name = frame.f_code.co_filename
        if event == "call" and name.startswith(CODE):
            files.add(Path(name).name)

    threading.setprofile(record)
    sys.setprofile(record)
    try:
        yield files
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def test_a_bag_and_a_link_pass_the_files_that_are_listed(app: Flask, poq: Poq) -> None:
    poq.transfer_bag(("ITEM-01", 1), reference="what-is-done-once-is-done")
    with record_files() as of_bag:
        url = poq.transfer_bag(("ITEM-01", 1), ("ITEM-02", 2), reference="ref-1001").get_json()[
            "url"
        ]
    client, path = app.test_client(), "/h/" + url.rpartition("/")[2]
    with record_files() as of_link:
        assert client.get(path).status_code == 200
        assert client.post(path).status_code == 303
    assert WAYS
    common, bag, link = (set(re.findall(r"\w+\.py", text)) for text in WAYS.groups())
    assert of_bag == bag | common
    assert of_link == link | common
    assert f" passes {len(bag)} files " in WAYS[2]
    assert f" passes {len(link)} files" in WAYS[3]
