"""Libraries that do I/O in native code, of which the interpreter learns nothing."""

import sys
from collections.abc import Mapping

__all__ = ["NATIVE", "loaded"]

NATIVE: Mapping[str, str] = {
    "MySQLdb": "libmysqlclient",
    "_mysql_connector": "libmysqlclient",
    "adbc_driver_manager": "ADBC drivers",
    "apsw": "SQLite",
    "av": "FFmpeg",
    "confluent_kafka": "librdkafka",
    "cv2": "OpenCV",
    "cx_Oracle": "the Oracle client",
    "datafusion": "DataFusion",
    "deltalake": "delta-rs",
    "duckdb": "DuckDB",
    "grpc": "gRPC's core",
    "h5py": "HDF5",
    "ibm_db": "the Db2 client",
    "lance": "Lance",
    "lightgbm": "LightGBM",
    "lmdb": "LMDB",
    "lxml": "libxml2",
    "netCDF4": "netCDF",
    "oracledb": "the Oracle client",
    "osgeo": "GDAL",
    "plyvel": "LevelDB",
    "polars": "Polars",
    "psycopg": "libpq",
    "psycopg2": "libpq",
    "pulsar": "the Pulsar client",
    "pyarrow": "Arrow",
    "pycurl": "libcurl",
    "pymssql": "FreeTDS",
    "pyodbc": "ODBC drivers",
    "rasterio": "GDAL",
    "rocksdict": "RocksDB",
    "safetensors": "safetensors",
    "soundfile": "libsndfile",
    "tensorflow": "TensorFlow",
    "tiledb": "TileDB",
    "tokenizers": "tokenizers",
    "torch": "libtorch",
    "uvloop": "libuv",
    "xgboost": "XGBoost",
    "zmq": "libzmq",
}
"""What each of them runs on, by the name of its package."""


def loaded() -> list[str]:
    """Return which of them this process has imported."""
    return sorted(name for name in NATIVE if name in sys.modules)
