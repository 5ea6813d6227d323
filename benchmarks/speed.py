"""What is committed of ``c3d-teach bench``: how fast the kit is, and how that grows.

``python benchmarks/speed.py [inference training feeding growth]`` measures these (all without
one), about half an hour on two idle cores, and writes ``benchmarks/results/WHAT-NAME.json``, then
``benchmarks/README.md`` and what the project's README says of speed from all the files there.
NAME is ``two-cores``, with ``--device cuda`` ``h200``. ``--tables`` only writes the pages.
"""

import argparse
import sys

from tables import PICTURES, RESULTS, write_tables

from c3d_teach.bench.keep import keep
from c3d_teach.bench.measure import WHAT, measure
from c3d_teach.errors import KitError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("what", nargs="*", help=f"of {', '.join(WHAT)}; all without one")
    parser.add_argument("--name", help="end of the files' names")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="a turn lasts at least")
    parser.add_argument("--tables", action="store_true", help="measure nothing, write the pages")
    given = parser.parse_args()
    name = given.name or ("h200" if given.device.startswith("cuda") else "two-cores")
    unknown = set(given.what) - set(WHAT)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(WHAT)}")
    for what in () if given.tables else given.what or WHAT:
        print(f"{what}:", flush=True)
        try:
            document = measure(
                what,
                rounds=given.rounds,
                seconds=given.seconds,
                device=given.device,
                say=lambda line: print(f"  {line}", flush=True),
            )
        except KitError as error:
            print(f"speed.py: {error}", file=sys.stderr)
            return 2
        keep(document, RESULTS / f"{what}-{name}.json")
        drawn = RESULTS / f"{what}-{name}.png"
        if drawn.exists():  # the pages show it
            PICTURES.mkdir(exist_ok=True)
            drawn.replace(PICTURES / drawn.name)
    write_tables()
    return 0


if __name__ == "__main__":
    sys.exit(main())
