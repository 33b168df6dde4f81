from django.apps import AppConfig


class SealsConfig(AppConfig):
    name = "abeyance.seals"
    label = "seals"
