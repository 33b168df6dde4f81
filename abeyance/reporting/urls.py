"""Addresses of the desk's pages about what the public is told."""

from __future__ import annotations

from django.urls import path

from abeyance.reporting import views

urlpatterns = [
    path("published/", views.published, name="published"),
    path("published/publish", views.publish, name="publish"),
    path("published/stances", views.add, name="stance-add"),
    path("published/stances/<int:line>/drop", views.drop, name="stance-drop"),
    path("published/preview/<str:name>", views.preview, name="publication-preview"),
]
