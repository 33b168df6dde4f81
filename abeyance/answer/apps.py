from django.apps import AppConfig


class AnswerConfig(AppConfig):
    name = "abeyance.answer"
    label = "answer"
