"""Entry point of `python -m atelier_ml`."""

import sys

from .cli import main

sys.exit(main())
