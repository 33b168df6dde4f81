from django.apps import AppConfig


class OnCallConfig(AppConfig):
    name = "abeyance.site.oncall"
    label = "oncall"

    def ready(self) -> None:
        from abeyance.site.oncall import away  # noqa: F401 - it says what a journey leaves behind
