"""Make the sample files that ship with the package out of a wheel of the PyPI package `autots`.

pip download autots==1.0.4 --no-deps
python scripts/make_samples.py autots-1.0.4-py3-none-any.whl
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import pandas as pd

from forecasting.schema import DS, UNIQUE_ID, Y

TARGET = Path(__file__).resolve().parents[1] / "forecasting" / "data" / "files"
SOURCE = "autots/datasets/data"
WEATHER = ["temp", "rain_1h", "snow_1h", "clouds_all", "weather_main"]


def read_csv(wheel: zipfile.ZipFile, archive: str) -> pd.DataFrame:
    """Return the one table in an archive inside the wheel; the member may be named .zip, it is CSV all the same."""
    with zipfile.ZipFile(io.BytesIO(wheel.read(f"{SOURCE}/{archive}"))) as inner:
        (member,) = inner.namelist()
        return pd.read_csv(io.BytesIO(inner.read(member)), parse_dates=["datetime"])


def traffic(wheel: zipfile.ZipFile) -> pd.DataFrame:
    """Return the hourly traffic with its weather; hours without a row stay in, missing in every column."""
    table = read_csv(wheel, "traffic_hourly.zip").set_index("datetime").asfreq("h")
    frame = table[WEATHER].astype(dict.fromkeys(WEATHER[:-1], "float64")).reset_index(names=DS)
    frame.insert(0, UNIQUE_ID, "traffic")
    frame.insert(2, Y, table["traffic_volume"].to_numpy("float64"))
    return frame


def pageviews(wheel: zipfile.ZipFile) -> pd.DataFrame:
    """Return the daily views of single pages, long; the total of the whole site is left out."""
    table = read_csv(wheel, "holidays.zip").rename(columns={"datetime": DS})
    pages = [name for name in table.columns if name.startswith("wiki_") and name != "wiki_all"]
    frame = table.melt(id_vars=DS, value_vars=pages, var_name=UNIQUE_ID, value_name=Y)
    frame[UNIQUE_ID] = frame[UNIQUE_ID].str.removeprefix("wiki_")
    frame[Y] = frame[Y].astype("float64")
    return frame[[UNIQUE_ID, DS, Y]].sort_values([UNIQUE_ID, DS], ignore_index=True)


def write(frame: pd.DataFrame, name: str) -> None:
    """Write one sample file and say what is in it."""
    frame[DS] = frame[DS].astype("datetime64[us]")
    path = TARGET / f"{name}.parquet"
    frame.to_parquet(path, index=False, compression="zstd", compression_level=19)
    print(f"{path.name}: {len(frame)} rows, {int(frame[Y].isna().sum())} missing, {path.stat().st_size} bytes")


def main() -> None:
    """Read the wheel named on the command line and write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("wheel", type=Path, help="autots-1.0.4-py3-none-any.whl")
    with zipfile.ZipFile(parser.parse_args().wheel) as wheel:
        write(traffic(wheel), "traffic")
        write(pageviews(wheel), "pageviews")


if __name__ == "__main__":
    main()
