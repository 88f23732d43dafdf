"""Options that several commands have."""

from typing import Annotated

import typer

MOST_SEED = 2**64 - 1
"""What a report in JSON can hold."""


CallSeconds = Annotated[
    float,
    typer.Option(min=0, max=10**6, help="what one call may take; six times that for the first"),
]
Command = Annotated[
    list[str] | None,
    typer.Option(metavar="'WORDS'", help="what starts a program in another language"),
]
Cluster = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="of a Dask scheduler, whose workers judge: tcp://..."),
]
OwnTorch = Annotated[list[str] | None, typer.Option(help="your own nn.Module, FILE:NAME")]
OwnFlax = Annotated[list[str] | None, typer.Option(help="your own nnx.Module, likewise")]
OwnEquinox = Annotated[list[str] | None, typer.Option(help="your own eqx.Module, likewise")]
Memory = Annotated[
    float, typer.Option(min=0, max=10**6, help="GiB that the subject may take; 0: any")
]


def with_options(**given: list[str] | None) -> list[str]:
    """The subjects that options name, each as one word."""
    return [f"--{option}={words}" for option, found in given.items() for words in found or []]
