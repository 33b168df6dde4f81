"""`abeyance doctor`: what of the surroundings, the people and the law would break a promise, or leave work undone."""
