#!/usr/bin/env python
"""Run a command of the demo site, from any directory."""

import os
import sys
from pathlib import Path


def main():
    # Python puts this file's directory first, where "settings" would hide as a top-level module.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "test_project.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
