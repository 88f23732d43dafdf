"""The laws, a chapter a file.

Read `catalogue` (the chapters, and the laws that a pattern names), then `gradient` or any other
chapter; `verbs` is what several laws ask or compare.
"""
