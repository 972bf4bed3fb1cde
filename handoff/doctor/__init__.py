"""`handoff doctor`: checks whether a shop is ready for transfers, and finds the obstacles.

The runner goes through the checklist. Each check asks the CheckContext for the facts that it
needs, and returns results. The report modules show them. Nothing here imports Flask.
"""

from handoff.doctor.check_context import CheckContext, CustomerCredentials
from handoff.doctor.check_result import CheckResult, MissingData, Severity
from handoff.doctor.checklist import CHECKLIST
from handoff.doctor.report import DoctorReport
from handoff.doctor.runner import run_checks

__all__ = [
    "CHECKLIST",
    "CheckContext",
    "CheckResult",
    "CustomerCredentials",
    "DoctorReport",
    "MissingData",
    "Severity",
    "run_checks",
]
