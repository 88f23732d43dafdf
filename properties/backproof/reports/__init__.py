"""What is written down: a row for each law, and what a person reads of it.

Read `report` (the rows and their JSON), `reach` (on what was judged), `remarks` (what is said
once), `terminal` (how it looks).
"""
