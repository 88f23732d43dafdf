"""What a user calls: command line, pytest plugin, `parametrize`, several jobs, `smoke`, `new`.

Read `cli`, then what it calls: `session` (one job) and `jobs` (several). Nothing is imported here,
for pytest loads `plugin` in every project.
"""
