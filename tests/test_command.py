"""A program in another language is judged by JSON lines, whatever it does to them."""

import contextlib
import json
import math
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backproof
from backproof.contract import CAPABILITIES, NotSupported
from backproof.frontends.cli_options import with_options
from backproof.frontends.patterns import is_pattern
from backproof.reports.report import Report
from backproof.subjects import lines
from backproof.subjects.arrays import Nonsense
from backproof.subjects.command import Program
from backproof.subjects.failures import CannotLoad, Died
from backproof.subjects.messages import Call
from backproof.subjects.process import Child
from refnet.architecture import Architecture, Layer
from refnet.training.optimizers import Optimizer

HERE = Path(__file__).parent
SCHEMA = HERE.parent / "docs" / "protocol.schema.json"
C99 = HERE.parent / "bridges" / "c99"
NET = Architecture((2, 3, 1), "tanh", "sigmoid", "cross_entropy")


def words(how: str = "", at: int = 0) -> str:
    return shlex.join([sys.executable, str(HERE / "program.py"), how, str(at)])


def judged(how: str, laws: str = "outputs_are_right") -> Report:
    return backproof.check(f"--command={words(how)}", laws=laws, profile="quick")


def test_a_program_that_keeps_the_protocol_is_judged() -> None:
    report = judged("", "outputs_are_right,the_gradient_is_the,the_loss_is_the_mean")
    assert {row.status for row in report.laws} == {"holds"}
    assert report.subject.name == "program"
    assert report.isolated


CALL = Call(
    capability="forward",
    architecture=NET,
    parameters=[Layer(np.ones((2, 3)), np.zeros(3)), Layer(np.ones((3, 1)), np.zeros(1))],
    inputs=np.ones((2, 2)),
)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("crash", "forward ended its process (killed by SIGABRT)"),
        ("exit", "forward ended its process (exit status 1): out of ideas"),
        ("half", "forward ended its process (exit status 0): forward answered half a line, "),
        ("close", "forward answered nothing: it has closed its output, and runs on"),
        ("endless", "forward answered a line of more than"),
        ("another id", "forward answered with the id 9; that of the request is 2"),
        ("no JSON", "forward answered a line that is no reply, 'debugging: here'"),
        ("bytes", r"forward answered a line that is no reply, '\\xff\\xfe{"),
        ("minus nan", "forward answered 1 numbers; expected 2"),
        ("a list too long", "forward answered 3001 numbers; expected 2"),
        ("a text", "forward answered the text 'many'; give a number"),
        ("a mapping", "forward answered a line that is no reply"),
        ("nothing", "forward answered neither numbers, nor unsupported, nor error"),
        ("an error", "forward answered an error: no room (https://example.org/1)"),
    ],
)  # fmt: skip
def test_what_it_does_is_a_finding_and_it_is_asked_again(how: str, said: str) -> None:
    child = Child(f"--command={words(how, 2)}")
    try:
        child.hello()
        assert np.shape(child.call(CALL).answer) == (2, 1)
        failure = child.call(CALL).failure
        assert failure is not None
        found = failure.message
    except Died as death:
        found = f"{death.message}: {death.detail.strip()}"
    assert said in found
    assert np.shape(child.call(CALL).answer) == (2, 1)
    child.close()


def test_a_law_that_such_a_program_fails_is_an_error_and_the_next_one_is_judged() -> None:
    report = judged("crash", "outputs_are_right,the_loss_is_the_mean")
    assert [row.status for row in report.laws] == ["error", "error"]
    assert report.laws[1].findings[0].what == "loss ended its process (killed by SIGABRT)"


def test_a_program_that_hangs_meets_the_limit_of_a_call_and_ends() -> None:
    call = [sys.executable, "-m", "backproof", "check", "--command", words("hang")]
    done = subprocess.run(
        [*call, "--laws", "outputs_are_right", "--call-seconds", "0.5"],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.returncode == 1
    assert "forward gave no answer within 3 s" in done.stdout
    shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert f"{HERE / 'program.py'} hang" not in shown.stdout


def test_numbers_that_are_not_finite_are_read_bare_and_as_texts() -> None:
    for bare in ("nan", "-nan", "NaN", "inf", "-inf", "Infinity", "-Infinity", "INF"):
        payload = "(0x7)" * ("nan" in bare)  # as C may write it
        given = f'{{"id":1,"answer":[{bare}{payload}, 1.5, "{bare}"]}}'
        found = lines.reply(given.encode())
        first, second, third = (lines._number(one, "") for one in found.answer)  # type: ignore[union-attr]
        assert second == 1.5
        assert math.isnan(first) == math.isnan(third) == ("nan" in bare.lower())
        assert math.isnan(first) or first == third == float(bare)
    said = lines.reply(b'{"id":1,"unsupported":"nan, \\"inf\\" and -inf stay"}')
    assert said.unsupported == 'nan, "inf" and -inf stay'


def test_before_it_says_hello_other_lines_are_what_it_prints() -> None:
    report = judged("banner")
    assert report.laws[0].status == "holds"
    assert report.notes == ["loading prints to standard output: 'welcome to the program'"]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("", "--command is empty: give the words that start a program"),
        ("'", "No closing quotation"),
        ("no-such-program", "no-such-program cannot be started: No such file or directory"),
        (str(SCHEMA), "cannot be started: Permission denied"),
        (words('{"protocol": 2}'), "it did not say hello"),
        (words('{"scope": {"heads": []}}'), "scope.heads=(): name at least one"),
        (words('{"scope": {"label_smothing": true}}'), "scope.label_smothing means nothing"),
        (words('{"conventions": {"los_factor": 2}}'), "conventions.los_factor means nothing"),
        (words('{"conventions": {"loss_factor": -2}}'), "loss_factor=-2"),
        (words('{"conventions": [{"head": ["exp", "huber"]}]}'), "choose heads from"),
        (words('{"capabilities": ["forwards"]}'), "capabilities has 'forwards': choose from "),
        (words('{"capabilities": []}'), "offers nothing to judge"),
        (words('{"precision": "float99"}'), "'float99'"),
        (f"{sys.executable} -c 'import sys; sys.exit(7)'", "it has ended with exit status 7"),
        (f"{sys.executable} -c 'print({{}})'", "it did not say hello: a line that is no reply"),
    ],
)
def test_a_program_that_cannot_be_judged_is_one_sentence(command: str, said: str) -> None:
    with pytest.raises(CannotLoad) as reason:
        backproof.check(f"--command={command}", laws="outputs_are_right")
    assert said in reason.value.message
    assert "\n" not in reason.value.message


def test_conventions_of_each_head_and_weights_of_its_own_are_told() -> None:
    net = {"widths": [1, 1], "activation": "tanh", "output": "sigmoid", "loss": "cross_entropy"}
    told = {
        "scope": {"heads": [["sigmoid", "cross_entropy"]], "architectures": [net], "frozen": True},
        "conventions": [{"head": ["sigmoid", "cross_entropy"], "loss_factor": 2.0}],
        "weights": [[0.5, "-inf"]],
    }
    with pytest.raises(CannotLoad, match="weights"):
        backproof.check(f"--command={words(json.dumps(told))}")
    told["weights"] = [[0.5, 0.25]]
    program: Any = Program(words(json.dumps(told)), None, {})
    ((layer,),) = program.weights
    assert (layer.weights.tolist(), layer.biases.tolist()) == ([[0.5]], [0.25])
    assert program.conventions[("sigmoid", "cross_entropy")].loss_factor == 2.0
    program._end()


VALUES: dict[str, Any] = {
    "architecture": NET,
    "parameters": [Layer(np.ones((2, 3)), np.zeros(3)), Layer(np.ones((3, 1)), np.zeros(1))],
    "inputs": np.array([[0.1, -1e300], [5e-324, 2.0]]), "targets": np.array([[1.0], [0.0]]),
    "sample_weights": None, "optimizer": Optimizer("adam", 0.1), "epochs": 2, "batch_size": None,
    "seed": 3, "initializer": "glorot_uniform",
}  # fmt: skip


def schema(kind: str) -> Any:
    return json.loads(SCHEMA.read_text()) | {"$ref": f"#/$defs/{kind}"}


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_request_is_read_without_a_library_and_fits_the_schema(capability: str) -> None:
    given = {name: VALUES[name] for name in CAPABILITIES[capability]}
    line = lines.request(7, capability, given)
    read = json.loads(line)
    jsonschema.validate(read, schema("Request"))
    assert b" " not in line
    assert len(json.loads(line, object_pairs_hook=list)) == len(read)  # no key comes twice
    assert [*read][:4] == ["id", "call", "widths", "activations"]
    if "inputs" in given:
        assert read["inputs"] == [0.1, -1e300, 5e-324, 2.0]
        assert (read["rows"], read["widths"], read["activations"]) == (2, [2, 3, 1], ["tanh"])
    if "parameters" in given:
        assert len(read["parameters"]) == 13
    if "optimizer" in given:
        assert (read["optimizer"], read["beta2"], read["decoupled"]) == ("adam", 0.999, False)


def test_the_schema_is_that_of_the_types() -> None:
    write_anew = "python -m backproof.subjects.lines > docs/protocol.schema.json"
    made = msgspec.json.decode(msgspec.json.encode(lines.json_schema()))
    assert json.loads(SCHEMA.read_text()) == made, write_anew
    shown = (HERE.parent / "docs" / "protocol.md").read_text(encoding="utf-8")
    examples = [json.loads(one) for one in shown.split("```json\n")[1:][2].splitlines()[:1]]
    assert set(examples[0]) <= set(schema("Request")["$defs"]["Request"]["properties"])


@given(st.binary(max_size=60) | st.text('{}[]"id:answer,1nNaI-fu \\', max_size=60).map(str.encode))
@settings(max_examples=400, deadline=None)
def test_no_line_fells_the_reader(line: bytes) -> None:
    for text in (line, b'{"id":1,"answer":%s}' % line, b'{"id":1,"answer":[%s]}' % line):
        with contextlib.suppress(Nonsense):
            assert isinstance(lines.answer("loss", NET, 2, lines.reply(text)), float)


def test_a_refusal_names_its_issue() -> None:
    given = lines.Reply(id=1, unsupported="too wide", issue_url="https://example.org/2")
    refused = lines.refusal(given, "loss")
    assert isinstance(refused, NotSupported)
    assert str(refused) == "too wide (https://example.org/2)"


def command(*call: str) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "backproof", *call], capture_output=True, text=True, check=False
    )


def test_smoke_holds_replies_to_the_schema_and_says_what_to_write_next() -> None:
    done = command("smoke", "--command", words(), "-V")
    assert done.returncode == 0
    assert "39 of 57 laws can be asked; train would let 11 more" in done.stdout
    done = command("smoke", "--command", words("another key"), "-V")
    assert done.returncode == 1
    assert "forward answered with anser, which means nothing" in done.stdout
    assert command("smoke", "refnet", "-V").returncode == 2
    assert command("smoke", "refnet", "--command", words()).returncode == 2


def test_a_finding_is_kept_as_a_script_and_replayed(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text((HERE / "program.py").read_text().replace("float(loss(", "2 * float(loss("))
    subject = shlex.join([sys.executable, str(wrong), "", "0"])
    call = ("--laws", "the_loss_is_the_mean", "--profile", "quick", "--save", str(tmp_path / "it"))
    assert command("check", "--command", subject, *call).returncode == 1
    (script,) = (tmp_path / "it").iterdir()
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "broken")
    assert command("replay", str(script)).returncode == 1


def test_the_options_of_a_command_are_words_for_a_subject() -> None:
    assert with_options(command=["a b"], torch=None) == ["--command=a b"]
    assert not is_pattern("--command=node 'bridge*.js'")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (shutil.which("make") and shutil.which("cc")):
        pytest.skip("there is no C compiler here")
    folder = tmp_path_factory.mktemp("c99") / "c99"
    shutil.copytree(C99, folder, ignore=shutil.ignore_patterns("bridge", "bridge32"))
    done = subprocess.run(
        ["make", "CFLAGS=-std=c99 -O2 -Wall -Wextra -Wpedantic -Werror"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(("name", "precision"), [("bridge", "float64"), ("bridge32", "float32")])
def test_the_network_in_c_keeps_the_laws(built: Path, name: str, precision: str) -> None:
    report = backproof.check(f"--command={built / name}", profile="quick", seed=3)
    assert report.subject.precision == precision
    assert report.count("holds") == 50
    assert report.count("unsupported") == 7
