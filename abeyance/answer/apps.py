from django.apps import AppConfig


class AnswerConfig(AppConfig):
    name = "abeyance.answer"
    label = "answer"

    def ready(self) -> None:
        from abeyance.answer import rerouting
        from abeyance.casefile import ending, retention

        ending.on_closing(rerouting.after_closing)
        retention.on_erasure(rerouting.forget)
