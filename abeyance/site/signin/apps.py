from django.apps import AppConfig, apps


class SignInConfig(AppConfig):
    name = "abeyance.site.signin"
    label = "signin"

    def ready(self) -> None:
        if apps.is_installed("allauth.mfa"):
            from abeyance.site.signin import factors, shutting  # noqa: F401 - they listen
