"""Addresses of the pages of policy and law."""

from __future__ import annotations

from django.urls import path

from abeyance.policy import views

urlpatterns = [
    path("policy/", views.texts, name="policy"),
    path("policy/propose/", views.propose, name="policy-propose"),
    path("policy/adopt", views.adopt, name="adopt-law"),
    path("policy/adopt/end", views.end_adoption, name="end-law"),
    path("policy/proposals/<slug:code>/", views.compare, name="policy-compare"),
    path("policy/<slug:kind>/<slug:name>/", views.text, name="policy-text"),
]
