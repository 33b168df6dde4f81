"""The rules: pure. They take facts and return values; they know no database, clock, network, disk or chance."""
