"""Libraries that do I/O in native code, of which the interpreter learns nothing."""

import sys
from collections.abc import Mapping

__all__ = ["NATIVE", "loaded"]

NATIVE: Mapping[str, str] = {
    "_dbm": "ndbm",
    "_gdbm": "GDBM",
    "_mysql_connector": "libmysqlclient",
    "adbc_driver_manager": "ADBC drivers",
    "apsw": "SQLite",
    "av": "FFmpeg",
    "catboost": "CatBoost",
    "chdb": "ClickHouse",
    "confluent_kafka": "librdkafka",
    "cv2": "OpenCV",
    "cx_Oracle": "the Oracle client",
    "datafusion": "DataFusion",
    "deltalake": "delta-rs",
    "duckdb": "DuckDB",
    "faiss": "Faiss",
    "fiona": "GDAL",
    "grpc": "gRPC's core",
    "h5py": "HDF5",
    "ibm_db": "the Db2 client",
    "kuzu": "Kuzu",
    "lance": "Lance",
    "lightgbm": "LightGBM",
    "llama_cpp": "llama.cpp",
    "lmdb": "LMDB",
    "lxml": "libxml2",
    "MySQLdb": "libmysqlclient",
    "netCDF4": "netCDF",
    "onnxruntime": "ONNX Runtime",
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
    "pyogrio": "GDAL",
    "pyreadstat": "ReadStat",
    "pysqlite3": "SQLite",
    "rasterio": "GDAL",
    "rocksdict": "RocksDB",
    "safetensors": "safetensors",
    "soundfile": "libsndfile",
    "sqlcipher3": "SQLite",
    "tables": "HDF5",
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
