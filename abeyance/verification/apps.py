from django.apps import AppConfig


class VerificationConfig(AppConfig):
    name = "abeyance.verification"
    label = "verification"
