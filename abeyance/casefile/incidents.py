"""What is to be done when a demand was served on one of us in person, and what of it is done."""

from __future__ import annotations

from django.db import models

from abeyance.rules.served import Step

KNOWN = [step.value for step in Step]


class IncidentStep(models.Model):
    """All of them are written when the demand arrives. Who is concerned is in the sealed note alone."""

    case = models.ForeignKey("casefile.Case", on_delete=models.CASCADE, related_name="incident_steps")
    step = models.CharField(max_length=24)
    done_by = models.CharField(max_length=16, null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "step"], name="incident_step_once"),
            models.CheckConstraint(condition=models.Q(step__in=KNOWN), name="incident_step_known"),
        ]
