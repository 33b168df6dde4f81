"""Addresses of the pages of formal steps."""

from __future__ import annotations

from django.urls import path

from abeyance.answer import refusal_views, views

urlpatterns = [
    path("refusals/", refusal_views.listed, name="refusals"),
    path("refusals/propose", refusal_views.propose, name="propose-refusals"),
    path("refusals/<uuid:key>/", refusal_views.batch, name="refusal-list"),
    path("refusals/<uuid:key>/agree", refusal_views.agree, name="agree-refusals"),
    path("refusals/<uuid:key>/letters/<slug:ref>", refusal_views.letter, name="refusal-letter"),
    path("steps/", views.due, name="steps"),
    path("steps/<uuid:key>/", views.step, name="step"),
    path("steps/<uuid:key>/pdf", views.as_pdf, name="step-pdf"),
    path("steps/<uuid:key>/write", views.write, name="write-step"),
    path("steps/<uuid:key>/approve", views.approve, name="approve-step"),
    path("steps/<uuid:key>/sent", views.sent, name="sent-step"),
]
