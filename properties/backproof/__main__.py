"""python -m backproof, the same as the console script."""

from backproof.cli import main

main()
