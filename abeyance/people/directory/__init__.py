"""The directory: the agencies outside, with contact data from somewhere other than a request.

It lies with the people and not with verification, because verification asks it whom to call and the gate asks it
whether a key still counts, and stages do not know each other.
"""
