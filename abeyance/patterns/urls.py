"""Addresses of what is decided about a matter."""

from __future__ import annotations

from django.urls import path

from abeyance.patterns import views

urlpatterns = [
    path("requests/<slug:ref>/matter/<slug:other>", views.decide, name="decide-matter"),
    path("pauses/<slug:name>/exceptions/<slug:exception>/suspend", views.suspend, name="suspend-exception"),
    path("pauses/<slug:name>/exceptions/<slug:exception>/resume", views.resume, name="resume-exception"),
]
