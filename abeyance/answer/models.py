"""What is done in form while a pause holds: formal steps, refusals in batch, preservations; and after a reroute."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
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


class RefusalBatch(models.Model):
    """A list of refusals under one instrument, proposed by one member and agreed by another, one of them counsel."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    instrument = models.CharField(max_length=80)
    proposed_by = models.CharField(max_length=16)
    proposed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=16, null=True)
    agreed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True) | ~models.Q(agreed_by=models.F("proposed_by")),
                name="refusals_by_two",
            )
        ]

    def __str__(self) -> str:
        return f"{self.instrument}/{self.key}"


class RefusalLine(models.Model):
    """One request on a list, as it was when the list was seen."""

    batch = models.ForeignKey(RefusalBatch, on_delete=models.CASCADE, related_name="lines")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="refusal_lines")
    version = models.IntegerField()
    digest = models.BinaryField(max_length=32)
    state = models.CharField(max_length=12, default="listed")  # listed, left-out, refused
    refused_at = models.DateTimeField(null=True)
    letter = models.BinaryField(default=b"")  # sealed
    sent_at = models.DateTimeField(null=True)  # given to the mail server; else it is printed and posted

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "case"], name="refusal_line_once")]

    def __str__(self) -> str:
        return f"{self.case.ref} of {self.batch}"

    @property
    def place(self) -> str:
        return f"refusal:{self.batch_id}"


class Preservation(models.Model):
    """That items of one version of a demand are kept as they are under a pause: proposed by one, agreed by another."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="preservations")
    version = models.IntegerField()
    items = ArrayField(models.IntegerField())  # numbers
    agency = models.CharField(max_length=64)  # for which, as the demand has it: each has only so many
    proposed_by = models.CharField(max_length=16)
    proposed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=16, null=True)
    agreed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True) | ~models.Q(agreed_by=models.F("proposed_by")),
                name="preservation_by_two",
            ),
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(agreed_by__isnull=True), name="preservation_one_waits"
            ),
        ]
        indexes = [models.Index(fields=["agency"])]

    def __str__(self) -> str:
        return f"{self.case.ref}/{self.key}"


class FollowUp(models.Model):
    """By when somebody looks whether a rerouted requester has asked by treaty, and what came of it."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="follow_ups")
    due = models.DateTimeField()
    made_at = models.DateTimeField()
    outcome = models.CharField(max_length=16, default="")  # arrived, nothing-came
    arrived_as = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="treaty_request_of")
    ended_by = models.CharField(max_length=16, null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=models.Q(ended_at__isnull=True), name="follow_up_one_waits"
            )
        ]
        indexes = [models.Index(fields=["due"], condition=models.Q(ended_at=None), name="follow_up_due")]

    def __str__(self) -> str:
        return f"{self.case.ref}/{self.key}"
