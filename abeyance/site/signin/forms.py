"""Forms of signing in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from abeyance.site.signin.models import Account


class First(forms.Form):
    token = forms.CharField(
        max_length=64,
        label=_("Your token"),
        help_text=_("The line that begins with abeyance- and that you were handed when two members let you in."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=True),
    )
    password = forms.CharField(
        max_length=128,
        label=_("A password"),
        help_text=_("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        max_length=128,
        label=_("The password again"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("password") != said.get("again"):
            self.add_error("again", _("The two passwords differ."))
        if password := said.get("password"):
            try:
                validate_password(password, Account(name=""))
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return said
