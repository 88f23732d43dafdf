"""The forward pass: what the outputs are, whatever the batch and the order of the units."""
