from django.apps import AppConfig


class FenceConfig(AppConfig):
    name = "abeyance.fence"
    label = "fence"
