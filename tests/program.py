"""A network that speaks JSON lines, and misbehaves as it is told: at one call, or (0) at all."""

import json
import os
import sys
import time
from itertools import pairwise

import numpy as np

from refnet import forward, gradient, hidden, loss
from refnet.architecture import Architecture, Layer

HELLO = {
    "protocol": 1,
    "name": "program",
    "capabilities": ["forward", "hidden", "loss", "gradient"],
    "scope": {
        "activations": ["tanh", "sigmoid"],
        "heads": [["sigmoid", "cross_entropy"], ["identity", "squared_error"]],
    },
}


def say(**reply: object) -> None:
    print(json.dumps(reply), flush=True)


def greet(number: int, told: str) -> None:
    changed = json.loads(told) if told.startswith("{") else {}
    scope = HELLO["scope"] | changed.pop("scope", {})
    if told == "banner":
        print("welcome to the program")
    say(id=number, answer=HELLO | {"scope": scope} | changed)


def misbehave(how: str, number: int) -> bool:
    """Whether that was the reply."""
    if how == "crash":
        os.abort()
    if how == "exit":
        sys.exit("out of ideas")
    if how == "hang":
        time.sleep(1000)
    if how == "half":
        sys.stdout.write('{"id":')
        sys.stdout.flush()
        os._exit(0)
    if how == "close":
        os.close(1)
        time.sleep(1000)
    while how == "endless":
        sys.stdout.write("1," * 100_000)
    replies = {
        "another id": f'{{"id":{number + 7},"answer":1}}',
        "no JSON": "debugging: here",
        "minus nan": f'{{"id":{number},"answer":[-nan]}}',
        "minus nan as a text": f'{{"id":{number},"answer":["-nan"]}}',
        "a list too long": f'{{"id":{number},"answer":[{"1," * 3000}1]}}',
        "a text": f'{{"id":{number},"answer":["many",1]}}',
        "a mapping": f'{{"id":{number},"answer":{{"a":1}}}}',
        "nothing": f'{{"id":{number}}}',
        "an error": f'{{"id":{number},"error":"no room","issue_url":"https://example.org/1"}}',
        "another key": f'{{"id":{number},"answer":1,"anser":2}}',
        "bytes": '\udcff\udcfe{"id":',
    }
    if how in replies:
        sys.stdout.buffer.write(replies[how].encode("utf-8", "surrogateescape") + b"\n")
        sys.stdout.flush()
    return how in replies


def layers(flat: list[float], widths: list[int]) -> list[Layer[np.ndarray]]:
    found, start = [], 0
    for a, b in pairwise(widths):
        weights = np.array(flat[start : start + a * b]).reshape(a, b)
        found.append(Layer(weights, np.array(flat[start + a * b : start + (a + 1) * b])))
        start += (a + 1) * b
    return found


def flat(parts: list[np.ndarray]) -> list[float]:
    return [float(number) for part in parts for number in part.ravel()]


def answered(q: dict[str, object]) -> object:
    a = Architecture(tuple(q["widths"]), tuple(q["activations"]), q["output"], q["loss"])  # type: ignore[arg-type]
    p, x = layers(q["parameters"], q["widths"]), np.array(q["inputs"]).reshape(q["rows"], -1)  # type: ignore[arg-type, call-overload]
    if q["call"] == "forward":
        return flat([forward(a, p, x)])
    if q["call"] == "hidden":
        return flat(hidden(a, p, x))
    y = np.array(q["targets"]).reshape(len(x), -1)
    if q["call"] == "loss":
        return float(loss(a, p, x, y))
    return flat([part for layer in gradient(a, p, x, y) for part in layer])


def main(how: str, at: int) -> None:
    for count, line in enumerate(sys.stdin):
        q = json.loads(line)
        if q["call"] == "hello":
            greet(q["id"], how)
        elif at not in (0, count) or not misbehave(how, q["id"]):
            say(id=q["id"], answer=answered(q))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
