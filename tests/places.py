"""Where things are: the project and the models that are kept."""

from pathlib import Path

ROOT = Path(__file__).parent.parent

#: Model folders as former versions wrote them, one for each schema.
KEPT_MODELS = ROOT / "tests" / "artifacts"
