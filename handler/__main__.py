"""`python -m handler`: the Lambda when Lambda starts it, the command line otherwise."""

import sys

from monostep.__main__ import main

sys.exit(main())
