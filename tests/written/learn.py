"""The networks to learn from."""

from tests.written import Written
from tests.written.learn_affine import Affine
from tests.written.learn_caches import Caches
from tests.written.learn_closures import Closures
from tests.written.learn_eleven_lines import ElevenLines
from tests.written.learn_epsilon import Epsilon
from tests.written.learn_logit import LogitModel
from tests.written.learn_objectives import Objectives
from tests.written.learn_selu import Selu
from tests.written.learn_state_dict import StateDict
from tests.written.learn_transforms import Transforms

LEARN = (
    Written(
        "self-normalising, by einsum",
        Selu,
        "The two constants of selu are rounded to four decimals.",
        "hidden",
        "selu",
    ),
    Written(
        "state dictionary, weights (outputs, inputs)",
        StateDict,
        "Weights are transposed on loading only where their shape does not fit, so never square.",
        "forward",
        "Module._turned",
    ),
    Written(
        "classifier from a tutorial",
        Epsilon,
        "The logarithms of the loss are taken of p + 1e-8 and 1 - p + 1e-8.",
        "loss",
        "NeuralNetwork.compute_loss",
    ),
    Written(
        "compiled model with an objective",
        Objectives,
        "The squared error is a mean over the outputs too, its derivative a sum over them.",
        "loss",
        "MeanSquaredError.__call__",
    ),
    Written(
        "eleven lines without biases",
        ElevenLines,
        "The slope of tanh is taken as if it were given the logit, and it is given the activation.",
        "gradient",
        "nonlin_tanh_slip",
    ),
    Written(
        "layers with caches",
        Caches,
        "The slopes of the biases are summed over the units too, which leaves one number.",
        "gradient",
        "Dense.backward",
    ),
    Written(
        "affine_forward and affine_backward",
        Affine,
        "Nesterov's step takes the new velocity where the previous one belongs.",
        "train",
        "nesterov",
    ),
    Written(
        "pure functions on trees",
        Transforms,
        "Decoupled weight decay is added to the gradient, before Adam scales it.",
        "train",
        "Transforms.train",
    ),
    Written(
        "closures, weights (outputs, inputs)",
        Closures,
        "The variance of the start is that of fan_out, the first number of the transposed shape.",
        "initialize",
        "Closures.initialize",
    ),
    Written(
        "logistic regression by Newton",
        LogitModel,
        "The fit shrinks the intercept too, which loss and gradient leave alone.",
        "fit",
        "Logit.__init__",
    ),
)
