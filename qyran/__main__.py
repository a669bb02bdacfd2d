"""``python -m qyran`` is ``qyran``."""

from qyran.cli import main

main()
