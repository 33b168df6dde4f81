"""What the public is told: pages, feed and JSON of the pauses, a folder of plain files that the ledger vouches for."""
