"""Addresses of the pages of assessments and consultations."""

from __future__ import annotations

from django.urls import path

from abeyance.diligence import consultation_views, views

urlpatterns = [
    path("assessments/", views.assessments, name="assessments"),
    path("assessments/begin", views.begin, name="assessment-begin"),
    path("assessments/sources/", views.sources, name="assessment-sources"),
    path("assessments/<slug:code>/", views.assessment, name="assessment"),
    path("assessments/<slug:code>/write/", views.write, name="assessment-write"),
    path("assessments/<slug:code>/diff/", views.compare, name="assessment-diff"),
    path("assessments/<slug:code>/comment", views.comment, name="assessment-comment"),
    path("assessments/<slug:code>/owner", views.give, name="assessment-owner"),
    path("assessments/<slug:code>/approve", views.approve, name="assessment-approve"),
    path("assessments/<slug:code>/prolong", views.prolong, name="assessment-prolong"),
    path("assessments/<slug:code>/consult", consultation_views.propose, name="consultation-propose"),
    path("consultations/<slug:code>/", consultation_views.consultation, name="consultation"),
    path("consultations/<slug:code>/say", consultation_views.say, name="consultation-say"),
    path("consultations/<slug:code>/messages", consultation_views.messages_of, name="consultation-messages"),
    path("consultations/<slug:code>/file/<int:number>", consultation_views.file, name="consultation-file"),
    path("consultations/<slug:code>/take", consultation_views.take, name="consultation-take"),
    path("consultations/<slug:code>/issue", consultation_views.issue, name="consultation-issue"),
    path("consultations/<slug:code>/lines", consultation_views.lines, name="consultation-lines"),
    path("consultations/<slug:code>/end", consultation_views.end, name="consultation-end"),
]
