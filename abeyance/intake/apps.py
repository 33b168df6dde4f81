from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "abeyance.intake"
    label = "intake"
