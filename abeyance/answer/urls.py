"""Addresses of the pages of formal steps."""

from __future__ import annotations

from django.urls import path

from abeyance.answer import views

urlpatterns = [
    path("steps/", views.due, name="steps"),
    path("steps/<uuid:key>/", views.step, name="step"),
    path("steps/<uuid:key>/pdf", views.as_pdf, name="step-pdf"),
    path("steps/<uuid:key>/write", views.write, name="write-step"),
    path("steps/<uuid:key>/approve", views.approve, name="approve-step"),
    path("steps/<uuid:key>/sent", views.sent, name="sent-step"),
]
