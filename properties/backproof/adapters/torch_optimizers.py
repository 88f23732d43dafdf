"""torch.optim's optimizers, by the names of the contract."""

from typing import Any

from torch import optim

from backproof.contract import NotSupported
from refnet.training.optimizers import Optimizer


def optimizer(given: Optimizer, parameters: Any) -> Any:
    """A new optimizer of these parameters.

    Raises: NotSupported for a decoupled decay, which is AdamW's alone.
    """
    rate, decay = given.learning_rate, given.weight_decay
    if given.name == "adam":
        kind = optim.AdamW if given.decoupled else optim.Adam
        betas = (given.beta1, given.beta2)
        return kind(parameters, lr=rate, betas=betas, eps=given.epsilon, weight_decay=decay)
    if decay and given.decoupled:
        raise NotSupported("of the optimizers AdamW alone has a decoupled decay")
    if given.name == "rmsprop":
        numbers = {"alpha": given.rho, "eps": given.epsilon}
        return optim.RMSprop(parameters, lr=rate, weight_decay=decay, **numbers)
    ahead = given.name == "nesterov" and given.momentum > 0  # it refuses a momentum of 0
    return optim.SGD(
        parameters, lr=rate, momentum=given.momentum, weight_decay=decay, nesterov=ahead
    )
