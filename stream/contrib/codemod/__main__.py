"""``python -m stream.contrib.codemod PATH…``: see ``--help``."""

import sys

try:
    import libcst  # noqa: F401
except ImportError:
    sys.exit(
        "stream.contrib.codemod: libcst is not installed; run: "
        "pip install --pre 'django-stream[codemod]'"
    )

from stream.contrib.codemod.running import main

if __name__ == "__main__":
    sys.exit(main())
