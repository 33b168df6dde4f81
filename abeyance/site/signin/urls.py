"""Signing in. allauth's views under our addresses; those that we do not offer are not mounted."""

from __future__ import annotations

from allauth.account import views as account
from allauth.usersessions import views as sessions
from django.urls import include, path

from abeyance.site.pages import language
from abeyance.site.signin import views

urlpatterns = [
    path("", account.login, name="account_login"),
    path("first/", views.first, name="first-sign-in"),
    path("out/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("again/", account.reauthenticate, name="account_reauthenticate"),
    path("closed/", views.closed, name="account_signup"),
    path("password/", account.password_change, name="account_change_password"),
    path("sessions/", sessions.list_usersessions, name="usersessions_list"),
    path("zone/", views.zone, name="set-zone"),
    path("language/", language.language, name="set-language"),
    path("factors/", include("allauth.mfa.urls")),
]
