"""Addresses of what is decided about a matter."""

from __future__ import annotations

from django.urls import path

from abeyance.patterns import views

urlpatterns = [path("requests/<slug:ref>/matter/<slug:other>", views.decide, name="decide-matter")]
