"""A request as its readers see it, and every act on it: `abeyance request`, `abeyance package`, and the same over the
API. The stages do not know each other; here they are put into one order."""
