"""What is answered in form while a pause holds: formal steps."""

from __future__ import annotations

import uuid

from django.db import models

from abeyance.casefile.models import Case
from abeyance.rules.formalsteps import StepState
from abeyance.rules.instruments import StepForm


class FormalStep(models.Model):
    """One clock of one item of one version of a demand, and how it is met in form. Never two for the same clock."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="formal_steps")
    version = models.IntegerField()
    item_number = models.IntegerField()
    clock = models.CharField(max_length=164)  # the clause of the clock: "eu-epoc/production"
    form = models.CharField(max_length=24)
    due = models.DateTimeField()
    begin = models.DateTimeField()
    made_at = models.DateTimeField()  # the time that is left is counted from here
    state = models.CharField(max_length=12, default=StepState.DUE)
    text = models.BinaryField()  # sealed
    text_digest = models.BinaryField(max_length=32)  # by which a second person approves exactly this
    tells = models.BooleanField(default=False)  # says something of an account, so it leaves through the gate
    drafted_by = models.CharField(max_length=16, null=True)
    drafted_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=16, null=True)
    approved_at = models.DateTimeField(null=True)
    sent_by = models.CharField(max_length=16, null=True)
    sent_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=24, default="")  # how it went: a code

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "version", "item_number", "clock"], name="step_once"),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("drafted_by")),
                name="step_by_two",
            ),
            models.CheckConstraint(
                condition=models.Q(form__in=[form.value for form in StepForm]), name="step_form_known"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=[state.value for state in StepState]), name="step_state_known"
            ),
        ]
        indexes = [models.Index(fields=["state", "due"])]

    def __str__(self) -> str:
        return f"{self.case.ref}/{self.item_number}/{self.clock}"

    @property
    def place(self) -> str:
        return f"step:{self.key}"
