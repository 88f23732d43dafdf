"""What a user calls: command line, pytest plugin, `parametrize`, several jobs, `smoke`, `new`.

Read `cli` and `check`, then what a run is: `session` (one job) and `jobs` (several); in pytest it
is `plugin` or `parametrize`, with `outcome`. Nothing is imported here, for pytest loads `plugin` in
every project.
"""
