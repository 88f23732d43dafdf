"""What is drawn: networks and data inside the scope of a subject, and how a case gets simpler.

Read `recipe`, `case` and `space`, `turns` and `kinds` (what is chosen, and the numbers a case is
filled with), `sweep` and `structures` (what is drawn before the numbers) and `networks` (the recipe
that most laws use); then `simpler`. The others are recipes for one question each.
"""
