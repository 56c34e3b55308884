"""Commands of Redis: where their keys stand, and what they do with them.

Source: what ``COMMAND`` of Redis 7.0 answers (``key_specifications``), and for later commands and
modules the reference on redis.io. A command that is not listed is opaque.
"""

from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["CHANNEL", "EVERYTHING", "READS", "WRITES", "keys"]

READS, WRITES, CHANNEL = "r", "w", "p"
EVERYTHING = "*"
"""The key that stands for all keys of a database."""

_LISTED = """
n: ACL ASKING AUTH BGREWRITEAOF BGSAVE CLIENT CLUSTER COMMAND CONFIG DISCARD ECHO EXEC FAILOVER FUNCTION HELLO HOTKEYS
n: INFO LASTSAVE LATENCY LOLWUT MEMORY MODULE MULTI OBJECT PING PSUBSCRIBE PUBSUB PUNSUBSCRIBE QUIT READONLY READWRITE
n: REPLCONF REPLICAOF RESET ROLE SAVE SCRIPT SELECT SHUTDOWN SLAVEOF SLOWLOG SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE TIME
n: UNSUBSCRIBE UNWATCH WAIT WAITAOF WATCH XACK XGROUP DBSIZE
n: EXPIRE EXPIREAT EXPIRETIME PEXPIRE PEXPIREAT PEXPIRETIME PERSIST TTL PTTL TOUCH TYPE HEXPIRE HEXPIREAT HPEXPIRE
n: HPEXPIREAT HPERSIST HTTL HPTTL HEXPIRETIME HPEXPIRETIME
r1: BITCOUNT BITFIELD_RO BITPOS DUMP GEODIST GEOHASH GEOPOS GEORADIUS_RO GEORADIUSBYMEMBER_RO GEOSEARCH GET GETBIT
r1: GETRANGE HEXISTS HGET HGETALL HKEYS HLEN HMGET HRANDFIELD HSCAN HSTRLEN HVALS LINDEX LLEN LPOS LRANGE SCARD
r1: SISMEMBER SMEMBERS SMISMEMBER SRANDMEMBER SSCAN STRLEN SUBSTR XLEN XPENDING XRANGE XREVRANGE ZCARD ZCOUNT ZLEXCOUNT
r1: ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK
r1: ZSCAN ZSCORE DIGEST ARCOUNT ARGET ARGETRANGE ARGREP ARINFO ARLASTITEMS ARLEN ARMGET ARSCAN
r1: JSON.GET JSON.ARRINDEX JSON.ARRLEN JSON.OBJKEYS JSON.OBJLEN JSON.RESP JSON.STRLEN JSON.TYPE TS.GET TS.RANGE
r1: TS.REVRANGE TS.INFO BF.EXISTS BF.MEXISTS BF.CARD BF.INFO CF.EXISTS CF.MEXISTS CF.COUNT CMS.QUERY TOPK.QUERY
r1: TOPK.LIST FT.SEARCH FT.AGGREGATE FT.TAGVALS FT.SUGGET
r1..: EXISTS MGET SDIFF SINTER SUNION
r1..-2: JSON.MGET
r1..2: LCS
r#1: SINTERCARD ZDIFF ZINTER ZINTERCARD ZUNION SUNIONCARD SDIFFCARD
r#2: EVAL_RO EVALSHA_RO FCALL_RO
r2: XINFO
rSTREAMS: XREAD XREADGROUP
r1 rBY rGET: SORT_RO
r1 rBY rGET wSTORE: SORT
r1 wSTORE wSTOREDIST: GEORADIUS GEORADIUSBYMEMBER
r1 w2: COPY
r*: KEYS SCAN RANDOMKEY
w*: FLUSHALL FLUSHDB SWAPDB
w1..: DEL UNLINK
w1../2: MSET MSETNX
w1../3: JSON.MSET TS.MADD
w1: APPEND GEOADD HDEL HMSET HSET HSETEX HSETNX LINSERT LPUSH LPUSHX LREM LSET LTRIM PFADD PSETEX RESTORE RPUSH RPUSHX
w1: SADD SETEX SETNX SETRANGE SREM XADD XDEL XDELEX XACKDEL XSETID XTRIM ZADD ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK
w1: ZREMRANGEBYSCORE SET SETBIT ARSET ARMSET ARINSERT ARDEL ARDELRANGE
w1: JSON.SET JSON.MERGE JSON.DEL JSON.FORGET JSON.CLEAR JSON.ARRAPPEND JSON.ARRINSERT JSON.ARRTRIM JSON.STRAPPEND
w1: TS.ADD TS.CREATE TS.ALTER TS.DEL BF.ADD BF.MADD BF.INSERT BF.RESERVE CF.ADD CF.ADDNX CF.INSERT CF.INSERTNX CF.DEL
w1: CF.RESERVE CMS.INITBYDIM CMS.INITBYPROB TOPK.RESERVE FT.SUGADD FT.SUGDEL
r#2 w1: ZDIFFSTORE ZINTERSTORE ZUNIONSTORE
r2.. w1: SDIFFSTORE SINTERSTORE SUNIONSTORE
r2 w1: GEOSEARCHSTORE ZRANGESTORE
r3.. w2: BITOP
x1: BITFIELD DECR DECRBY GETDEL GETEX GETSET HGETDEL HGETEX HINCRBY HINCRBYFLOAT INCR INCRBY INCRBYFLOAT INCREX LPOP
x1: MOVE RPOP SPOP XCLAIM XAUTOCLAIM ZINCRBY ZPOPMAX ZPOPMIN TS.INCRBY TS.DECRBY JSON.NUMINCRBY JSON.NUMMULTBY
x1: JSON.ARRPOP JSON.TOGGLE CMS.INCRBY TOPK.ADD TOPK.INCRBY
x1..-2: BLPOP BRPOP BZPOPMAX BZPOPMIN
r1..: PFCOUNT
x#1: LMPOP ZMPOP
x#2: BLMPOP BZMPOP
s#2: EVAL EVALSHA FCALL
r2.. w1: PFMERGE
r1 w2: BLMOVE BRPOPLPUSH LMOVE RENAME RENAMENX RPOPLPUSH SMOVE
p1: PUBLISH SPUBLISH
"""
"""
A line holds commands after what they do to keys: ``r`` reads, ``w`` writes, ``x`` both, ``s`` both in a script
that may do more where it names no key, ``p`` publishes to a channel, ``n`` nothing with data. Behind it stands where:
``1`` an argument, ``1..-2`` from one to another, ``/2`` each second, ``#1`` as many as argument 1 says,
``STORE`` behind a keyword (all behind ``STREAMS``, half of which are ids), ``*`` all of the database.
Where values move from key to key inside the server, those that go are read, and not written.
"""


def _table() -> dict[str, tuple[str, ...]]:
    lines = (line.partition(": ") for line in _LISTED.strip().splitlines())
    return {name: tuple(specs.split()) for specs, _, names in lines for name in names.split()}


_COMMANDS = _table()
_SCRIPTS = ("s#2",), ("r#2",)
"""How commands that run a script are listed: without a key it may be about any, also where it only reads."""

_CONTAINERS = {"XINFO"}
"""Commands whose keys stand behind the name of a subcommand."""


def keys(arguments: Sequence[Any]) -> Sequence[tuple[str, Any]] | None:
    """Return what a command does to which keys, as pairs of `READS`, `WRITES` or `CHANNEL` and a key.

    Args:
        arguments: The command's name and its arguments; the name may have its subcommand behind a space.

    Returns:
        The pairs; None for a command that may do anything.
    """
    name, *rest = arguments
    words = _text(name).upper().split() or [""]
    specs = _COMMANDS.get(words[0])
    if specs is None:
        return None
    given = [*(words if words[0] in _CONTAINERS else words[:1]), *rest]
    try:
        if specs in _SCRIPTS and int(given[2]) == 0:
            return None
        return list(_by(("x1",) if words[0] == "SET" and _behind("GET", [*given[2:], ""]) else specs, given))
    except (IndexError, TypeError, ValueError):  # it does not say how many keys it has: the server will mind, or not
        return None


def _by(specs: tuple[str, ...], given: list[Any]) -> Iterator[tuple[str, Any]]:
    for spec in specs:
        found = _places(spec[1:], given)
        for way in {"x": READS + WRITES, "s": READS + WRITES, "n": ""}.get(spec[0], spec[0]):
            yield from ((way, key) for key in found)


def _places(where: str, given: list[Any]) -> list[Any]:
    if where in ("", EVERYTHING):
        return [EVERYTHING] * len(where)
    if where.startswith("#"):
        at = int(where[1:])
        return given[at + 1 : at + 1 + int(given[at])]
    if where.isalpha():
        return _behind(where, given)
    span, _, step = where.partition("/")
    first, dots, last = span.partition("..")
    end = int(last or -1) if dots else int(first)
    return given[int(first) : len(given) + 1 + end if end < 0 else end + 1 : int(step or 1)]


def _behind(keyword: str, given: list[Any]) -> list[Any]:
    at = [i for i, one in enumerate(given[:-1]) if isinstance(one, (str, bytes)) and _text(one).upper() == keyword]
    if keyword == "STREAMS" and at:
        return given[at[0] + 1 :][: (len(given) - at[0] - 1) // 2]
    return [given[i + 1] for i in at]


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
