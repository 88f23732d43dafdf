"""What an implementation means by a loss, a penalty and a step, where several are right."""

from dataclasses import dataclass
from typing import Annotated, Literal

from refnet.legal import ABOVE_ZERO, AT_LEAST_ZERO, BELOW_HALF, SHARE, check_fields

Reduction = Literal["mean", "sum", "mean over outputs", "mean over elements"]


@dataclass(frozen=True)
class Conventions:
    """The choices that textbooks and libraries make differently, each with its strict default.

    outputs:               what a forward pass gives, in training too: the outputs after the output
                           activation, or the logits, which enter it
    reduction:             how the losses of the rows become one number: their mean or sum, the mean
                           divided by the outputs too, or by the elements of a row: its outputs,
                           but 1 for the cross-entropy of a softmax, which is one for all of them
    loss_factor:           the losses of the rows are multiplied by it, in loss and gradient alike;
                           the penalty has a factor of its own
    squared_error:         the factor c in c (output - target)^2
    gradient_reduction:    the reduction whose derivative the gradient is, and training follows;
                           the penalty is the same in every reduction
    gradient_factor:       the gradient is this multiple of the derivative of that loss
    huber:                 "delta": r^2/2 inside, delta |r| - delta^2/2 outside;
                           "smooth_l1": that, divided by delta
    poisson_constant:      what is added to exp(z) - y z
    loss_from:             the loss is computed from the logits, or from the rounded probabilities
    gradient_from:         the gradient of cross-entropy or Poisson is outputs - targets, or goes by
                           the chain rule through the rounded probabilities, as automatic
                           differentiation of a loss from them does; `loss_from` does not say it,
                           since a loss may be computed from them and its gradient not
    probability_clip:      the reported loss clips probabilities to [c, 1 - c]
    clip_gradient:         "ignored": the gradient knows of no clip; "differentiated": it is 0 for
                           a probability beyond it; "floored": that of a sigmoid is
                           (p - y) p (1 - p) / max(p (1 - p), 1e-12), whatever the clip
    penalty_factor:        the factor f in f l2 |W|^2
    penalty_per_row:       True: the penalty is divided by the rows of what the loss is taken of, in
                           training those of the batch; "data set": always by all rows. Where a
                           weighted mean divides by the sum of the weights, so does this; a sum
                           does not multiply the penalty
    penalty_on_biases:     biases are penalised too
    loss_includes_penalty: the reported loss contains the penalty (the gradient always does)
    sample_weight_mean:    a mean divides by the sum of the weights, so that a whole number is so
                           many copies of the row, or by the rows; each element of a row has its
                           weight
    label_smoothing:       "uniform": the smoothed share is spread over all classes alike
    leaky_slope, elu_alpha, gelu: the form of these activations
    softplus_threshold:    softplus(z) is z itself beyond this number
    dropout:               "inverted": scaled in training; "at evaluation": scaled in evaluation
    step_sum:              "gradient": the terms of the rows are added up first, in any order, and
                           gradient descent subtracts their sum once; "weights": it subtracts them
                           from the weights one by one, and rounds at their size for each row. The
                           other optimizers need the sum before they step
    nesterov, adam_epsilon, rmsprop_epsilon, momentum_rate: which published form;
                           "either": both are right
    nesterov:              "sutskever": the gradient is taken at the parameters, and the step is
                           g + mu v'; "lookahead": it is taken at the point ahead, w - lr mu v
    adam_epsilon:          "outside": m / (sqrt(s) + eps) of the corrected m and s;
                           "uncorrected": eps joins sqrt(s) before its correction;
                           "inside": m / sqrt(s + eps), which "either" does not cover
    rmsprop_epsilon:       "outside": g / (sqrt(s) + eps); "inside": g / sqrt(s + eps)
    momentum_rate:         the learning rate multiplies the velocity, or stands inside it
    dampening:             the velocity adds (1 - dampening) of the gradient; "as momentum": 1 - mu,
                           so that it is a mean
    decay_on_biases:       weight decay acts on biases too
    decay_times_rate:      decoupled decay is multiplied by the learning rate
    truncated_normal:      "corrected": the standard deviation is that after truncation
    initial_biases:        biases start at zero, or as "fan_in_uniform" has them, or otherwise

    Raises: ValueError naming the field, the rule and the value.
    """

    outputs: Literal["after the output activation", "logits"] = "after the output activation"
    reduction: Reduction = "mean"
    loss_factor: Annotated[float, ABOVE_ZERO] = 1.0
    squared_error: Annotated[float, ABOVE_ZERO] = 0.5
    gradient_reduction: Literal["as the loss"] | Reduction = "as the loss"
    gradient_factor: Annotated[float, ABOVE_ZERO] = 1.0
    huber: Literal["delta", "smooth_l1"] = "delta"
    poisson_constant: Literal["none", "log y!", "stirling"] = "none"
    loss_from: Literal["logits", "probabilities"] = "logits"
    gradient_from: Literal["logits", "probabilities"] = "logits"
    probability_clip: Annotated[float, BELOW_HALF] = 0.0
    clip_gradient: Literal["ignored", "differentiated", "floored"] = "ignored"
    penalty_factor: Annotated[float, ABOVE_ZERO] = 0.5
    penalty_per_row: bool | Literal["data set"] = False
    penalty_on_biases: bool = False
    loss_includes_penalty: bool = True
    sample_weight_mean: Literal["weights", "rows"] = "weights"
    label_smoothing: Literal["uniform"] = "uniform"
    leaky_slope: Annotated[float, AT_LEAST_ZERO] = 0.01
    elu_alpha: Annotated[float, AT_LEAST_ZERO] = 1.0
    gelu: Literal["erf", "tanh"] = "erf"
    softplus_threshold: Annotated[float, ABOVE_ZERO] | None = None
    dropout: Literal["inverted", "at evaluation"] = "inverted"
    step_sum: Literal["gradient", "weights"] = "gradient"
    nesterov: Literal["either", "sutskever", "lookahead"] = "either"
    adam_epsilon: Literal["either", "outside", "uncorrected", "inside"] = "either"
    rmsprop_epsilon: Literal["either", "outside", "inside"] = "either"
    momentum_rate: Literal["either", "outside", "inside"] = "either"
    dampening: Annotated[float, SHARE] | Literal["as momentum"] = 0.0
    decay_on_biases: bool = True
    decay_times_rate: bool = True
    truncated_normal: Literal["corrected", "plain"] = "corrected"
    initial_biases: Literal["zeros", "fan_in_uniform", "other"] = "zeros"

    def __post_init__(self) -> None:
        check_fields(self, Conventions)


STRICT = Conventions()
