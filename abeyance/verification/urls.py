"""Addresses of the pages of the directory."""

from __future__ import annotations

from django.urls import path

from abeyance.verification import views

urlpatterns = [
    path("agencies/", views.agencies, name="agencies"),
    path("agencies/new/", views.new, name="new-agency"),
    path("agencies/<slug:code>/", views.agency, name="agency"),
    path("agencies/<slug:code>/key", views.add_key, name="add-key"),
    path("agencies/<slug:code>/key/revoke", views.revoke_key, name="revoke-key"),
    path("agencies/<slug:code>/suspend", views.suspend, name="suspend-agency"),
    path("agencies/<slug:code>/reinstate", views.reinstate, name="reinstate-agency"),
]
