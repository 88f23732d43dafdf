"""From an example to a verdict.

Read `judge` (the three verbs of comparison), `law`, `trial` (examples until one fails), `explain`
with `simplify` and `recognition` (from a failing example to a finding), `run` (the verdict),
`judgement` (a subject before all laws).
"""
