"""The texts that the desk goes by: its policy, the law as it reads it, and what each service holds. Data, adopted by
two people, identified by digest."""
