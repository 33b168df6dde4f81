from django.apps import AppConfig


class CasefileConfig(AppConfig):
    name = "abeyance.casefile"
    label = "casefile"
