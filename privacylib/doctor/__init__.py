"""What a spool tells of the processes that filled it: what is covered, what is not, what was refused."""

from privacylib.doctor.diagnosis import Diagnosis, diagnose
from privacylib.doctor.processes import Process

__all__ = ["Diagnosis", "Process", "diagnose"]
