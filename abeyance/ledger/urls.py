"""Addresses of the pages of the ledger."""

from __future__ import annotations

from django.urls import path

from abeyance.ledger import views

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger/check", views.check, name="check-ledger"),
    path("ledger/check-shown", views.check_shown, name="check-shown"),
    path("ledger/<int:number>/", views.entry, name="ledger-entry"),
    path("ledger/<int:number>/receipt", views.receipt, name="entry-receipt"),
]
