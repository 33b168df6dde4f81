from django.apps import AppConfig


class OnCallConfig(AppConfig):
    name = "abeyance.site.oncall"
    label = "oncall"
