"""The report as one page that needs nothing else, to send to a colleague."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader

from handoff.doctor.finding import Verdict
from handoff.doctor.report import Report
from handoff.resource_folders import find_resource_folder

_MARKS = {
    Verdict.OK: "✓",
    Verdict.UNKNOWN: "?",
    Verdict.WARNING: "!",
    Verdict.FAULT: "✕",
}


def page(report: Report) -> str:
    """Return the page; everything from the shop is escaped in it."""
    environment = Environment(
        loader=FileSystemLoader(find_resource_folder("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("doctor_report.html")
    return template.render(report=report, marks=_MARKS, worst_first=tuple(reversed(Verdict)))
