from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "abeyance.policy"
    label = "policy"

    def ready(self) -> None:
        from abeyance.policy import actions  # noqa: F401  # registers what its proposals do
