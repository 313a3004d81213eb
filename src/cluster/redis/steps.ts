/**
 * What must be one step, in Lua. Redis's own clock decides about leases; a lease that has run out counts until somebody
 * takes it (`reap`), so that a node that was merely late is not dead, and taking it is one step with moving its debts.
 *
 * leases: sorted set, node → milliseconds at which its lease runs out · reaped: the same, node → when it was taken
 * nodes: hash, node → address · owed: hash of one node, connection → service · debts: stream of what dead nodes owed
 */
const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/** KEYS leases reaped nodes, ARGV node ttl address → 1 renewed, 2 it was not there (new, or Redis forgot), -1 reaped */
export const renew = `${now}
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return -1 end
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
return before and 1 or 2`;

/**
 * KEYS leases owed, ARGV node connection service … → 1, or -1: the node has no lease (it was taken, or Redis forgot it),
 * so that nobody would ever look for what it owes
 */
export const owe = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return -1 end
for n = 2, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[n], ARGV[n + 1]) end
return 1`;

/** KEYS leases → nodes whose lease has run out */
export const expired = `${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)`;

/**
 * Takes a lease that has run out, or (ARGV[2] = 'leave') ends a life of one's own, and moves what its node owed to all.
 * KEYS leases reaped nodes owed debts, ARGV node how group [connection service …: what that life knows that it owed]
 * → number of debts, -1: there is nothing to take, or somebody took it
 */
export const reap = `${now}
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return -1 end
local until_ = redis.call('ZSCORE', KEYS[1], ARGV[1])
if ARGV[2] ~= 'leave' and (not until_ or tonumber(until_) > now) then return -1 end
for n = 4, #ARGV, 2 do redis.call('HSET', KEYS[4], ARGV[n], ARGV[n + 1]) end
local count = 0
local owed = redis.call('HGETALL', KEYS[4])
for n = 1, #owed, 2 do
  redis.call('XADD', KEYS[5], '*', 'connection', owed[n], 'service', owed[n + 1])
  count = count + 1
end
redis.call('DEL', KEYS[4])
local pending = redis.pcall('XPENDING', KEYS[5], ARGV[3], '-', '+', 100000, ARGV[1])
if not pending.err then
  for _, entry in ipairs(pending) do
    local found = redis.call('XRANGE', KEYS[5], entry[1], entry[1])
    if found[1] then
      redis.call('XADD', KEYS[5], '*', unpack(found[1][2]))
      count = count + 1
    end
    redis.call('XACK', KEYS[5], ARGV[3], entry[1])
    redis.call('XDEL', KEYS[5], entry[1])
  end
  redis.call('XGROUP', 'DELCONSUMER', KEYS[5], ARGV[3], ARGV[1])
end
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[2], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 86400000)
return count`;
