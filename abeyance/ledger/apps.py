from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "abeyance.ledger"
    label = "ledger"
