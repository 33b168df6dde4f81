from django.apps import AppConfig


class NoticeConfig(AppConfig):
    name = "abeyance.notice"
    label = "notice"
