from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "abeyance.reporting"
    label = "reporting"
