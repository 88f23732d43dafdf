"""Subjects that do what subjects do: each is the reference engine with one bad habit in forward."""

import ctypes
import mmap
import os
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np

from backproof.adapters.refnet import Refnet
from backproof.contract import NotSupported


class WrongShape(Refnet):
    def forward(self, *arguments: Any) -> Any:
        return super().forward(*arguments).ravel()


class Nan(Refnet):
    def forward(self, *arguments: Any) -> Any:
        return super().forward(*arguments) * np.nan


class Text(Refnet):
    def forward(self, *arguments: Any) -> Any:
        return "0.5"


class Raises(Refnet):
    def forward(self, *arguments: Any) -> Any:
        raise ZeroDivisionError("out of luck")


class Sleeps(Refnet):
    def forward(self, *arguments: Any) -> Any:
        time.sleep(1000)


class HoldsTheInterpreter(Refnet):
    def forward(self, *arguments: Any) -> Any:
        return 3 ** (10**9)  # one operation in C, which no signal of Python's can interrupt


class KillsItself(Refnet):
    def forward(self, *arguments: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)


class Crashes(Refnet):
    def forward(self, *arguments: Any) -> Any:
        return ctypes.string_at(0)  # the last line of Python


class ForksAndReturns(Refnet):
    def forward(self, *arguments: Any) -> Any:
        os.fork()  # what the copy answers goes nowhere, and it holds no pipe
        return super().forward(*arguments)


class ForksBelowPython(Refnet):
    _forked = False

    def forward(self, *arguments: Any) -> Any:
        if not self._forked:
            self._forked = True
            ctypes.CDLL(None).fork()  # which no handler of Python's hears
        return super().forward(*arguments)


class StartsWhatOutlivesIt(Refnet):
    def forward(self, *arguments: Any) -> Any:
        daemon = subprocess.Popen(["sleep", "1000"], start_new_session=True)
        if not (copy := os.fork()):
            os.setsid()
            time.sleep(1000)
        raise RuntimeError(f"{daemon.pid} {copy}")


class SharesMemory(Refnet):
    def forward(self, *arguments: Any) -> Any:
        shared = mmap.mmap(-1, 2**28)  # which no limit of a process counts
        for _ in range(2**8):
            shared.write(bytes(2**20))
        time.sleep(1000)


class Leaves(Refnet):
    def forward(self, *arguments: Any) -> Any:
        os._exit(7)


class CallsSysExit(Refnet):
    def forward(self, *arguments: Any) -> Any:
        sys.exit("that is all")


class Prints(Refnet):
    def forward(self, *arguments: Any) -> Any:
        print("epoch 1, loss 0.25")
        os.write(1, b"straight to the descriptor\n")
        return super().forward(*arguments)


class UnseededNoise(Refnet):
    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments)
        return outputs + np.random.normal(size=outputs.shape) * 1e-3


class EatsMemory(Refnet):
    def forward(self, *arguments: Any) -> Any:
        eaten = []
        while True:
            eaten.append(np.empty(2**24))


class WritesIntoInputs(Refnet):
    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments)
        arguments[2][:] = 0.0
        return outputs


class UsesABufferAgain(Refnet):
    _buffer = np.empty(0)

    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments)
        if self._buffer.shape != outputs.shape:
            self._buffer = np.empty_like(outputs)
        self._buffer[:] = outputs
        return self._buffer


class TiresAfterAWhile(Refnet):
    _calls = 0

    def forward(self, *arguments: Any) -> Any:
        self._calls += 1
        return super().forward(*arguments) + (self._calls > 12)


class ReadOnlyView(Refnet):
    def forward(self, *arguments: Any) -> Any:
        outputs = super().forward(*arguments)
        outputs.flags.writeable = False
        return outputs[:]


class NeverSupports(Refnet):
    def forward(self, *arguments: Any) -> Any:
        raise NotSupported("not on a Monday")


class ClosesItsStreams(Refnet):
    def forward(self, *arguments: Any) -> Any:
        sys.stdout.close()
        sys.stdin.close()
        return super().forward(*arguments)


class WithoutScope:
    def forward(self, *arguments: Any) -> Any:
        return None


class ScopeOfWords(Refnet):
    scope = "sigmoid nets"  # type: ignore[assignment]


class OffersNothing:
    scope = Refnet.scope


class FailsToStart(Refnet):
    def __init__(self) -> None:
        raise OSError("the licence server does not answer")
