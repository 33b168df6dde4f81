from django.apps import AppConfig


class PatternsConfig(AppConfig):
    name = "abeyance.patterns"
    label = "patterns"

    def ready(self) -> None:
        from abeyance.casefile import retention
        from abeyance.patterns import actions

        retention.on_erasure(actions.forget)
