"""How much the tests look for: all of it where BACKPROOF_TESTS=thorough, which takes longer."""

import os

THOROUGH = os.environ.get("BACKPROOF_TESTS") == "thorough"
