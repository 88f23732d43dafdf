"""From an example to a verdict.

Read `judge` (the three verbs of comparison), `law`, `settings`, `questions` (what a seed asks),
`trial` and `search` (one example, and examples until one fails), `explain` with `simplify` and
`recognition` (from a failing example to a finding), `run` (the verdict), `judgement` (a subject
before all laws).
"""
