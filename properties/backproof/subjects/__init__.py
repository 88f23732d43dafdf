"""Asking an implementation: in this process, or in one of its own that may hang or crash.

Read `subject` (the verbs that a law uses), `messages` and `calls` (one question, one answer), then
the two ways to ask: `local`, and `process` with `serve` at its other end; `loading` finds what is
named.
"""
