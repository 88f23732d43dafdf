"""From an example to a verdict.

Read `judge` (the three verbs of comparison), `law`, `settings`, `questions` (what a seed asks),
`trial` and `search` (one example, and examples until one fails), `explain` with `simplify`,
`recognition` and `sent` (from a failing example to a finding), `others` (what else is wrong),
`run` (the verdict), `judgement` (a subject before all laws).
"""
