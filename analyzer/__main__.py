"""``python -m analyzer`` is the command ``dpm-analyzer``."""

from analyzer.cli import main

if __name__ == "__main__":
    main(prog_name="dpm-analyzer")
