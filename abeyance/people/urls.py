"""Addresses of the pages of members."""

from __future__ import annotations

from django.urls import path

from abeyance.people import views

urlpatterns = [
    path("members/", views.members, name="members"),
    path("members/propose", views.propose_member, name="propose-member"),
    path("members/guarded", views.guard, name="guard"),
    path("members/<slug:code>/roles", views.propose_roles, name="propose-roles"),
    path("members/<slug:code>/token", views.propose_token, name="propose-token"),
    path("members/<slug:code>/token/issue", views.issue_token, name="issue-token"),
    path("members/<slug:code>/remove", views.remove, name="remove-member"),
    path("members/<slug:code>/travel", views.journey_of, name="journey-of"),
    path("members/<slug:code>/return", views.let_back, name="let-back"),
    path("yourself/travel/", views.journey, name="journey"),
    path("yourself/exclude", views.exclude_oneself, name="exclude-oneself"),
]
