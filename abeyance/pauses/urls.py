"""Addresses of the pages of pauses."""

from __future__ import annotations

from django.urls import path

from abeyance.pauses import views

urlpatterns = [
    path("pauses/", views.pauses, name="pauses"),
    path("pauses/new/", views.new, name="pause-new"),
    path("pauses/<slug:name>/", views.pause, name="pause"),
    path("pauses/<slug:name>/amend/", views.amend, name="pause-amend"),
    path("pauses/<slug:name>/lift", views.lift, name="pause-lift"),
]
