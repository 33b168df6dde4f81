from django.apps import AppConfig


class ReleaseConfig(AppConfig):
    name = "abeyance.release"
    label = "release"
