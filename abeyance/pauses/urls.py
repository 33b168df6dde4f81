"""Addresses of the pages of pauses."""

from __future__ import annotations

from django.urls import path

from abeyance.pauses import condition_views, drafting, endings, scenario_views, views

urlpatterns = [
    path("pauses/", views.pauses, name="pauses"),
    path("pauses/new/", drafting.new, name="pause-new"),
    path("pauses/blank", drafting.blank, name="pause-blank"),
    path("pauses/drafts/<slug:code>/", drafting.draft, name="pause-draft"),
    path("pauses/drafts/<slug:code>/discard", drafting.discard, name="discard-draft"),
    path("pauses/scenarios/", scenario_views.listed, name="scenarios"),
    path("pauses/scenarios/<slug:name>/", scenario_views.one, name="scenario"),
    path("pauses/<slug:name>/", views.pause, name="pause"),
    path("pauses/<slug:name>/covers/", views.covers, name="pause-covers"),
    path("pauses/<slug:name>/amend/", views.amend, name="pause-amend"),
    path("pauses/<slug:name>/confirm", endings.confirm, name="pause-confirm"),
    path("pauses/<slug:name>/ending/", endings.ending, name="pause-ending"),
    path("pauses/<slug:name>/lift", endings.lift, name="pause-lift"),
    path("pauses/<slug:name>/conditions/<int:number>", condition_views.settle, name="pause-condition"),
    path("pauses/<slug:name>/waive-assessment", condition_views.waive, name="pause-waive"),
]
