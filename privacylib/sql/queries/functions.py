"""What is known about functions: which aggregate, which only order, which mask."""

from typing import Any

from sqlglot import exp

__all__ = ["aggregates", "explodes", "masks"]

_MASKING_NODES: frozenset[type[Any]] = frozenset(
    getattr(exp, name)
    for name in ("Encrypt", "EncryptRaw", "FarmFingerprint", "Hll", "StandardHash", "XxHash64")
    if hasattr(exp, name)
)

_MASKING_WORDS = (
    "md5", "sha", "hash", "mask", "redact", "crypt", "hmac", "crc32", "digest", "fingerprint", "anonymi", "pseudonymi",
    "tokenize", "scramble", "obfuscat",
)  # fmt: skip
"""What the names of functions hold that mask what they take."""

_NOT_MASKING = ("decrypt", "unmask", "bitmask", "share", "shape")

_AGGREGATES = frozenset(
    str.split("""
    list listagg string_agg group_concat array_agg arrayagg json_agg jsonb_agg json_object_agg jsonb_object_agg
    bool_and bool_or every bit_and bit_or bit_xor histogram approx_count_distinct approx_distinct arg_max arg_min
    any_value first last mode median quantile quantile_cont quantile_disc total string_agg_distinct product fsum
    favg sumkahan map_agg multimap_agg checksum geometric_mean max_by min_by collect_list collect_set count_if countif
    entropy json_group_array json_group_object json_arrayagg json_objectagg stdev stdevp var varp regr_count
    approx_percentile percentile xmlagg object_agg array_union_agg bit_count_agg kurtosis skewness range_agg
    """)
)

_ORDERING = tuple(
    getattr(exp, name)
    for name in ("RowNumber", "Rank", "DenseRank", "PercentRank", "CumeDist", "Ntile", "Lag", "Lead", "FirstValue",
                 "LastValue", "NthValue")
    if hasattr(exp, name)
)  # fmt: skip
"""Window functions that pick a row rather than aggregate many."""


def aggregates(node: Any) -> bool:
    """Return whether a function makes one value of many rows."""
    if isinstance(node, exp.AggFunc):
        return not isinstance(node, _ORDERING)
    return isinstance(node, exp.Anonymous) and node.name.lower() in _AGGREGATES


_EXPLODING = frozenset(
    str.split("""
    unnest explode explode_outer posexplode posexplode_outer inline inline_outer stack generate_series
    generate_subscripts jsonb_array_elements json_array_elements jsonb_array_elements_text json_array_elements_text
    jsonb_each json_each regexp_split_to_table string_to_table regexp_matches jsonb_object_keys json_object_keys flatten
    """)
)


def explodes(node: Any) -> bool:
    """Return whether an expression of a SELECT list makes many rows of one."""
    while isinstance(node, (exp.Alias, exp.Aliases, exp.Paren, exp.Dot)):
        node = node.this
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in _EXPLODING
    return isinstance(node, (exp.UDTF, exp.Explode, exp.Inline, exp.Posexplode, exp.ExplodingGenerateSeries))


def masks(node: Any) -> bool:
    """Return whether what a function takes cannot be read from what it gives."""
    if type(node) in _MASKING_NODES:
        return True
    name = node.name.lower() if isinstance(node, exp.Anonymous) else node.sql_name().lower()
    return any(word in name for word in _MASKING_WORDS) and not any(word in name for word in _NOT_MASKING)
