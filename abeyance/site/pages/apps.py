from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "abeyance.site.pages"
    label = "pages"
