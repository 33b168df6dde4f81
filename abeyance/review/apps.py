from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "abeyance.review"
    label = "review"
