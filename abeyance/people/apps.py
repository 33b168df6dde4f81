from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "abeyance.people"
    label = "people"

    def ready(self) -> None:
        from abeyance.people import membership  # noqa: F401  (it registers what its proposals do)
