"""Signing in to the desk's pages: passkey, or password and one-time code. Nobody signs up; two members let one in."""
