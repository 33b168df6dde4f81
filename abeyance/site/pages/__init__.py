"""The desk's pages: what every page shares, and those that join several rooms."""
