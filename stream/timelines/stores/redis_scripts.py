"""The Lua scripts for the sorted set of a user, each of which Redis runs as one step.

A script touches one key only, as a cluster requires. It first deletes a key of any other type.
"""

_ONLY_SETS = """
if redis.call('TYPE', KEYS[1]).ok ~= 'zset' then
    redis.call('DEL', KEYS[1])
    return %s
end
"""
NONE, NOTHING = _ONLY_SETS % "0", _ONLY_SETS % "{}"

# ARGV begins with how many to keep, and from which number on to trim.
_TRIM = """
local function trim(floor)
    local keep, others = tonumber(ARGV[1]), 2
    if not floor or redis.call('ZCARD', KEYS[1]) - others <= tonumber(ARGV[2]) then return end
    local last = redis.call('ZREVRANGE', KEYS[1], keep, keep, 'WITHSCORES')
    local at = tonumber(last[2]) > tonumber(floor) and last[2] or floor
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '(-inf', at)
    redis.call('ZADD', KEYS[1], at, 'floor')
end
"""

# KEYS: the set. ARGV: as for trim(), then score and member, or "" to trim only. Returns how many
# were added.
ADD = (
    NONE
    + _TRIM
    + """
local added = 0
local floor = redis.call('ZSCORE', KEYS[1], 'floor')
if ARGV[3] ~= '' and (not floor or tonumber(ARGV[3]) > tonumber(floor)) then
    added = redis.call('ZADD', KEYS[1], ARGV[3], ARGV[4])
end
trim(floor)
return added
"""
)

# KEYS: the set. ARGV: as for trim(), then the least floor or "", then scores and members.
NEWEST = (
    NONE
    + _TRIM
    + """
local floor = redis.call('ZSCORE', KEYS[1], 'floor')
if floor and ARGV[3] ~= '' and tonumber(ARGV[3]) > tonumber(floor) then
    redis.call('ZADD', KEYS[1], ARGV[3], 'floor')
    floor = ARGV[3]
end
for i = 4, #ARGV, 2 do
    redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1])
end
trim(floor)
return 1
"""
)

# KEYS: the set. ARGV: the floor. From now on the set is read, unless it was lost meanwhile.
FINISH = (
    NONE
    + """
redis.call('ZADD', KEYS[1], ARGV[1], 'floor')
return 1
"""
)

# KEYS: the set. ARGV: a score or "", whether the newest come first, how many to skip, and how many
# to return. Returns nothing for a set that is not built; otherwise whether it is complete from the
# score on, whether it holds all beyond it, and members with scores.
READ = (
    NOTHING
    + """
local floor = redis.call('ZSCORE', KEYS[1], 'floor')
if not floor then return {} end
local found
if ARGV[2] == '1' then
    local newest = ARGV[1] == '' and '+inf' or ARGV[1]
    found = redis.call('ZREVRANGEBYSCORE', KEYS[1], newest, '(' .. floor, 'WITHSCORES', 'LIMIT',
        ARGV[3], ARGV[4])
    table.insert(found, 1, floor == '-inf' and '1' or '0')
    table.insert(found, 1, '1')
    return found
end
if tonumber(floor) >= tonumber(ARGV[1]) then return {'0', '0'} end
found = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'WITHSCORES', 'LIMIT',
    ARGV[3], ARGV[4])
table.insert(found, 1, '1')
table.insert(found, 1, '1')
return found
"""
)

# KEYS: the set. Returns all members with scores.
ALL = (
    NOTHING
    + """
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
"""
)
