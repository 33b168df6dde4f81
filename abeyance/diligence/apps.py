from django.apps import AppConfig


class DiligenceConfig(AppConfig):
    name = "abeyance.diligence"
    label = "diligence"

    def ready(self) -> None:
        # They register what their proposals do, and what happens when an owner leaves.
        from abeyance.diligence import actions, consulting, stating  # noqa: F401
