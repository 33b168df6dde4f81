from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "abeyance.people"
    label = "people"

    def ready(self) -> None:
        # They register what their proposals do.
        from abeyance.people import membership  # noqa: F401
        from abeyance.people.directory import actions  # noqa: F401
