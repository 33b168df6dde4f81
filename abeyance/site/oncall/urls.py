"""Addresses of being on call."""

from __future__ import annotations

from django.urls import path

from abeyance.site.oncall import views

urlpatterns = [
    path("on-call/", views.roster, name="roster"),
    path("on-call/turns", views.take_turn, name="take-turn"),
    path("on-call/turns/<int:pk>/drop", views.drop_turn, name="drop-turn"),
    path("on-call/ways", views.add_way, name="add-way"),
    path("on-call/ways/<int:pk>/try", views.try_way, name="try-way"),
    path("on-call/ways/<int:pk>/drop", views.drop_way, name="drop-way"),
    path("on-call/feed", views.make_feed, name="make-feed"),
    path("emergency/", views.emergency, name="emergency"),
    path("emergency/<slug:ref>/acknowledge", views.acknowledge, name="acknowledge"),
    path("emergency/pauses/<int:pk>/acknowledge", views.acknowledge_pause, name="acknowledge-pause"),
    path("calendar/<str:token>.ics", views.feed, name="calendar-feed"),
]
