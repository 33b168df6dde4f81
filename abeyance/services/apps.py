from django.apps import AppConfig


class ServicesConfig(AppConfig):
    name = "abeyance.services"
    label = "services"

    def ready(self) -> None:
        from abeyance.services import actions  # noqa: F401 (what agreement to a proposal does)
