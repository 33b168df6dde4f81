from django.apps import AppConfig


class PausesConfig(AppConfig):
    name = "abeyance.pauses"
    label = "pauses"

    def ready(self) -> None:
        from abeyance.pauses import actions  # noqa: F401  # registers what its proposals do
