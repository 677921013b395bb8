"""Write the model of the current schema that `tests/store/test_artifact.py` goes on reading; once per schema version.

A change of the networks that this model does not survive needs a new schema version, which refuses older models in
words. Until the first release the folder may be deleted and written anew instead: nobody has an older model.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from forecasting import Forecaster, Training  # noqa: E402
from forecasting.leaderboard import compete, report_of  # noqa: E402
from forecasting.store.artifact import SCHEMA_VERSION  # noqa: E402
from tests.conftest import QUICK, make_frame  # noqa: E402

folder = ROOT / "tests" / "artifacts" / f"schema-{SCHEMA_VERSION}"
if folder.exists():
    sys.exit(f"{folder} is there. It is what was written once, and stays.")
training = Training(**QUICK, calibration_windows=4)
forecaster = Forecaster("gru", 6, context_length=24, units=4, width=4, training=training, lower=0.0)
report = report_of(compete([forecaster], forecaster.panel(make_frame()), windows=2))
print(forecaster.fit(make_frame()).fitted.reported(report).artifact.write(folder))
