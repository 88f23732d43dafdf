"""The loss: a negative log-likelihood, and the shape of its landscape."""
