from django.apps import AppConfig


class CasefileConfig(AppConfig):
    name = "abeyance.casefile"
    label = "casefile"

    def ready(self) -> None:
        from abeyance.casefile import away, door  # noqa: F401 - they say to rooms below what these ask
