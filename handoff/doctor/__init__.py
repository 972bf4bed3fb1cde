"""Whether a shop is ready: the way in, access to its API, and the data behind the app's features.

A check is a function that looks at the Case and yields findings; it knows nothing of how they
are shown. Knows nothing of Flask.
"""

from handoff.doctor.case import Case, CustomerLogin
from handoff.doctor.examination import PARTS, examine
from handoff.doctor.finding import Finding, Lack, Verdict
from handoff.doctor.reading import Reading, read_for_doctor
from handoff.doctor.report import Part, Report, Section

__all__ = [
    "PARTS",
    "Case",
    "CustomerLogin",
    "Finding",
    "Lack",
    "Part",
    "Reading",
    "Report",
    "Section",
    "Verdict",
    "examine",
    "read_for_doctor",
]
