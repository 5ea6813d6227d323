"""The command ``c3d-teach``. Exit codes: 0 fine, 1 failed, 2 wrong use."""

import json
import os
import sys
import time

import typer

from c3d_teach.cli.bench import bench
from c3d_teach.cli.experiments import experiment
from c3d_teach.cli.export import export
from c3d_teach.cli.features import features, probe
from c3d_teach.cli.grade import grade
from c3d_teach.cli.options import JsonOption
from c3d_teach.cli.release import release
from c3d_teach.cli.training import evaluate, train
from c3d_teach.cli.videos import predict
from c3d_teach.cli.weights import convert
from c3d_teach.errors import KitError, UsageError

app = typer.Typer(
    name="c3d-teach",
    help="See, touch and test 3D convolution: train, evaluate and question small C3D nets.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def run() -> None:
    """Entry point: one clear sentence instead of a traceback."""
    # torch's threads otherwise spin while they wait, which slows everything down several times
    # when something else runs on the machine; on an idle one the difference is lost in the noise
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        app()
    except SystemExit as end:
        if "WORLD_SIZE" in os.environ and not end.code:
            # the work is done: threads of torch's that still run would abort Python's own end,
            # and torchrun would take that for a failure
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
        raise
    except KitError as error:
        _let_the_first_speak()
        print(f"c3d-teach: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except KeyboardInterrupt:
        print("c3d-teach: stopped.", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("C3D_TEACH_DEBUG"):
            raise
        text = str(error).strip().splitlines()
        print(
            f"c3d-teach: unexpected {type(error).__name__}{f': {text[0]}' if text else ''}. "
            "Set C3D_TEACH_DEBUG=1 to see where it happened.",
            file=sys.stderr,
        )
        sys.exit(1)


def _let_the_first_speak() -> None:
    """Wait a little, unless this is the first of several processes that torchrun has started.

    If that one has the same to say, torchrun ends the others meanwhile, and it is said once.
    """
    if os.environ.get("RANK", "0") != "0":
        time.sleep(3)


def doctor(as_json: JsonOption = False) -> None:
    """Say what is installed, which device will be used, and what is wrong."""
    from c3d_teach.doctor import examine

    report = examine()
    print(json.dumps(report.to_dict()) if as_json else report)
    if not report.fine:
        sys.exit(1)


for command in (
    *(train, evaluate, predict, features, probe, export, convert),
    *(bench, experiment, release, grade, doctor),
):
    app.command()(command)
