"""What libFuzzer runs, under atheris: the checks of fuzzing.py on whatever it comes up with.

A process of its own, as atheris measures coverage by changing the code that is imported under it.
"""

import sys

import atheris

with atheris.instrument_imports(include=["services.pss_parser"]):
    from tests.proof.fuzzing import check


def main() -> None:
    """Fuzz as the command line says, in libFuzzer's words; the first is the program that it starts again to merge."""
    atheris.Setup(sys.argv[1:], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
