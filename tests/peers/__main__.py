import sys
from importlib import import_module

from tests.peers.running import main

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python -m tests.peers actstream|notifications")
    sys.exit(main(import_module(f"tests.peers.{sys.argv[1]}").PEER))
