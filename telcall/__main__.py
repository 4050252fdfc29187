"""`python -m telcall`."""

from telcall.cli import main

main()
