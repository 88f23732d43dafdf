"""Asking an implementation: in this process, or in one of its own that may hang or crash.

Read `subject` (the verbs that a law uses), `answers` and `conversation` (what comes back, and the
books), `messages` and `calls` (one question, one answer), then the two ways to ask: `local`, and
`process` over `pipes` with `serve` at the other end; `named` goes from what a user names to one of
them, with `loading` to find it; `failures` are the ways in which there is no answer.
"""
