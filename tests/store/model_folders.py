"""Model folders that were changed by hand, and what vouches for them."""

import json

from forecasting.store.model_folder import MANIFEST_FILE, manifest_of


def sign(folder):
    """Write a manifest that vouches for whatever is in the folder now."""
    (folder / MANIFEST_FILE).write_text(json.dumps(manifest_of(folder)))
