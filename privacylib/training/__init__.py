"""Training jobs: the zone around a job, the gate that its inputs pass, and what its checkpoint carries on.

What a model has learnt cannot be taken out of it again. So the gate is stricter than a read: an input that nobody
annotated is refused, not taken for harmless, and so is one that was made of something that may not be used. The
checkpoint's manifest takes the labels along to whoever loads it.
"""

from privacylib.training.checkpoints import checkpoint
from privacylib.training.gating import gate
from privacylib.training.jobs import job
from privacylib.training.loading import Loaded, load
from privacylib.training.manifest import Input, Manifest

__all__ = ["Input", "Loaded", "Manifest", "checkpoint", "gate", "job", "load"]
