"""The networks that are held out."""

from tests.written import Written
from tests.written.held_as_it_goes import AsItGoes
from tests.written.held_columns import Columns
from tests.written.held_estimator import Estimator
from tests.written.held_loader import Loaded
from tests.written.held_neurons import Neurons
from tests.written.held_one_column import OneColumn
from tests.written.held_sequential import SequentialNetwork
from tests.written.held_tape import Tape
from tests.written.held_trainer import Trained
from tests.written.held_unrolled import Unrolled

HELD = (
    Written(
        "small framework with a criterion",
        SequentialNetwork,
        "The smoothed share is spread over the other classes alone.",
        "loss",
        "CrossEntropyLoss.smooth",
    ),
    Written(
        "examples in columns",
        Columns,
        "The softmax divides by the sum over all classes and examples.",
        "forward",
        "softmax",
    ),
    Written(
        "tape of tensors",
        Tape,
        "The loss is log(1 + e^z) as it stands, which overflows for large logits.",
        "loss",
        "Tape._loss",
    ),
    Written(
        "one example at a time",
        OneColumn,
        "The cross-entropy lacks the term (1 - y) log(1 - p).",
        "loss",
        "CrossEntropyCost.fn",
    ),
    Written(
        "neurons as dictionaries",
        Neurons,
        "The error goes back through the diagonal p (1 - p) of the softmax alone.",
        "gradient",
        "output_deltas",
    ),
    Written(
        "one long vector",
        Unrolled,
        "The slopes of the data are divided by the number of examples twice.",
        "gradient",
        "cost",
    ),
    Written(
        "model, optimiser and trainer",
        Trained,
        "Adam's corrections count epochs instead of steps.",
        "train",
        "Trainer.run",
    ),
    Written(
        "layers that learn as the error passes",
        AsItGoes,
        "The error goes back through weights that have been updated already.",
        "train",
        "FCLayer.backward_propagation",
    ),
    Written(
        "loops over a loader",
        Loaded,
        "The loss of a data set is the mean of the batches' means, a short last one included.",
        "evaluate",
        "test_loop",
    ),
    Written(
        "estimator with coefs_",
        Estimator,
        "The weighted gradient divides by the number of rows, the loss by the sum of the weights.",
        "gradient",
        "Perceptron._backprop",
    ),
)
