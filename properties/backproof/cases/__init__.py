"""What is drawn: networks and data inside the scope of a subject, and how a case gets simpler.

Read `case` and `space`, `kinds` (the numbers a case is filled with) and `networks` (the recipe that
most laws use); the others are recipes for one question each.
"""
