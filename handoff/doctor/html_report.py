"""The report as one HTML page that loads nothing, to send to a colleague."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader

from handoff.console_table import format_count
from handoff.doctor.check_result import Severity, split_commands
from handoff.doctor.checklist import PART_TITLES
from handoff.doctor.report import DoctorReport
from handoff.resource_folders import find_resource_folder

_SYMBOLS = {Severity.OK: "✓", Severity.UNKNOWN: "?", Severity.WARNING: "!", Severity.FAULT: "✕"}


def render_html_report(report: DoctorReport) -> str:
    """Return the HTML page; all text from the shop is escaped in it."""
    environment = Environment(
        loader=FileSystemLoader(find_resource_folder("templates")),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("doctor_report.html")
    return template.render(
        report=report,
        part_titles=PART_TITLES,
        symbols=_SYMBOLS,
        severities_worst_first=tuple(reversed(Severity)),
        ok=Severity.OK,
        format_count=format_count,
        split_commands=split_commands,
    )
