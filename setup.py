"""A wheel without the built frontend would serve nothing: its build stops.

Everything else about the package stands in pyproject.toml.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithFrontend(build_py):
    """An editable install is let through: in a checkout the frontend is built afterwards."""

    def run(self) -> None:
        if not self.editable_mode and not Path("telcall/web/index.html").is_file():
            raise SystemExit("telcall/web/ is missing: 'make build' builds the frontend and then the wheel")
        super().run()


setup(cmdclass={"build_py": BuildWithFrontend})
