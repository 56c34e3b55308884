"""``python -m privacylib.cli``, where the installed command is not on the path."""

import sys

from privacylib.cli import main

sys.exit(main())
