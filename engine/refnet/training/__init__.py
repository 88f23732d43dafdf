"""Training as pure steps: the published recurrences, what they remember, and where they start.

Read `optimizers` (the words), `terms` and `recurrences` (what one parameter does), `steps` (what
all of them do), `training` (batch after batch), `initializers` (where it starts).
"""
