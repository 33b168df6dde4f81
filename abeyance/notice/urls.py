"""Addresses of the pages of requests to look at a pause again."""

from __future__ import annotations

from django.urls import path

from abeyance.notice import views

urlpatterns = [
    path("hearings/", views.listed, name="hearings"),
    path("hearings/receive", views.receive, name="receive-hearing"),
    path("hearings/<slug:code>/", views.hearing, name="hearing"),
    path("hearings/<slug:code>/decide", views.decide, name="decide-hearing"),
]
