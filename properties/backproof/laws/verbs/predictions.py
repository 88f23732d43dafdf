"""The outputs after the output activation, of a subject whose forward pass may give logits."""

from dataclasses import replace
from functools import partial

from backproof.cases.case import Case
from backproof.subjects.answers import Answer
from backproof.subjects.subject import Subject
from refnet import balls
from refnet.functions.activations import activation


def prediction(subject: Subject, case: Case) -> Answer:
    """What `forward` gives, or where that is declared to be logits, the output activation of it.

    The engine computes the activation, and rounds it to the precision: one legal way of many, so
    that the ball is that of the outputs, whoever computes them.
    """
    answer, c = subject.forward(case), subject.conventions_of(case)
    if c.outputs != "logits":
        return answer
    output = activation(case.architecture.output, c).value
    after = replace(c, outputs="after the output activation")
    network = case.architecture, case.parameters, case.inputs, subject.precision
    value = subject.precision.round(output.value(answer.value))
    return Answer(value, partial(balls.forward, *network, after))
