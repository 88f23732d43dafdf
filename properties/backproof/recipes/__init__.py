"""How the arguments of laws are drawn, beyond the networks of `backproof.cases`: an idea a file."""
