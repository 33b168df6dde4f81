from django.apps import AppConfig


class PausesConfig(AppConfig):
    name = "abeyance.pauses"
    label = "pauses"
