"""Addresses of the pages of services."""

from __future__ import annotations

from django.urls import path

from abeyance.services import views

urlpatterns = [
    path("services/", views.services, name="services"),
    path("services/connect", views.connect, name="connect-service"),
    path("services/<slug:name>/", views.service, name="service"),
    path("services/<slug:name>/check", views.check, name="check-service"),
    path("services/<slug:name>/grants/", views.grants, name="service-grants"),
    path("services/<slug:name>/disconnect", views.disconnect, name="disconnect-service"),
]
