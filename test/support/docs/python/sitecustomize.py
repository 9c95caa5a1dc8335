"""aiomas 2.0.1 as it was under the Python of its time, for programs that stand in the docs: see aiomas_compat.py."""
import importlib.util
import os
import sys

if importlib.util.find_spec("aiomas") is not None:
    sys.path.append(os.path.join(os.path.dirname(__file__), "..", ".."))
    import aiomas_compat  # noqa: F401
