"""``python -m analyzer`` is the command ``dpm-analyzer``."""

from analyzer.cli import run

if __name__ == "__main__":
    run(prog_name="dpm-analyzer")
