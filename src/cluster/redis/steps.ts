/**
 * What must be one step, in Lua. Redis's own clock decides about leases; a lease that has run out counts until somebody
 * takes it (`reap`), so that a node that was merely late is not dead, and taking it is one step with moving its debts.
 *
 * leases: sorted set, node → milliseconds at which its lease runs out · reaped: the same, node → when it was taken
 * nodes: hash, node → address · owed: hash of one node, connection → service · debts: stream of what dead nodes owed
 * unpaid: hash of all connections in that stream → node, so that who handed them over can see what was not paid yet
 */
const now = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)`;

/**
 * KEYS leases reaped nodes owed, ARGV node ttl address how [connection service …] → 1 renewed, 2 joined, -1 it was taken,
 * 0 it is not there. Only `join` makes a lease, in one step with what its node owes: who takes one knows all of that.
 */
export const renew = `${now}
if redis.call('ZSCORE', KEYS[2], ARGV[1]) then return -1 end
local before = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not before and ARGV[4] ~= 'join' then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
for n = 5, #ARGV, 2 do redis.call('HSET', KEYS[4], ARGV[n], ARGV[n + 1]) end
return before and 1 or 2`;

/**
 * KEYS leases owed, ARGV node connection service … → 1, or -1: the node has no lease (it was taken, or Redis forgot it),
 * so that nobody would ever look for what it owes
 */
export const owe = `
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return -1 end
for n = 2, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[n], ARGV[n + 1]) end
return 1`;

/** KEYS leases reaped nodes, ARGV node asker → its address or '', 1: its lease was taken, 1: the asker has a lease */
export const find = `
return {redis.call('HGET', KEYS[3], ARGV[1]) or '', redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0,
  redis.call('ZSCORE', KEYS[1], ARGV[2]) and 1 or 0}`;

/** KEYS leases → nodes whose lease has run out */
export const expired = `${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)`;

/**
 * Takes a lease that has run out, or (ARGV[2] = 'leave') ends a life of one's own, and moves what its node owed to all.
 * KEYS leases reaped nodes owed debts unpaid, ARGV node how group [connection service …: what that life knows that it owed]
 * → number of debts, -1: there is nothing to take, or somebody took it. With 'leave', which may be said again and again (such a
 * life may even have read from the stream after it was taken): the connections that it named and nobody has paid for yet.
 */
export const reap = `${now}
local leaves = ARGV[2] == 'leave'
local taken = redis.call('ZSCORE', KEYS[2], ARGV[1])
local until_ = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not leaves and (taken or not until_ or tonumber(until_) > now) then return -1 end
local count = 0
if not taken then
  for n = 4, #ARGV, 2 do
    if redis.call('HEXISTS', KEYS[6], ARGV[n]) == 0 then
      redis.call('HSET', KEYS[4], ARGV[n], ARGV[n + 1])
    end
  end
  local owed = redis.call('HGETALL', KEYS[4])
  for n = 1, #owed, 2 do
    redis.call('XADD', KEYS[5], '*', 'connection', owed[n], 'service', owed[n + 1])
    redis.call('HSET', KEYS[6], owed[n], ARGV[1])
    count = count + 1
  end
  redis.call('DEL', KEYS[4])
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('HDEL', KEYS[3], ARGV[1])
  redis.call('ZADD', KEYS[2], now, ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 86400000)
end
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
if not leaves then return count end
local still = {}
for n = 4, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[6], ARGV[n]) == 1 then still[#still + 1] = ARGV[n] end
end
return still`;

/** KEYS debts unpaid, ARGV group [entry connection …: what was paid] */
export const acknowledge = `
for n = 2, #ARGV, 2 do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[n])
  redis.call('XDEL', KEYS[1], ARGV[n])
  redis.call('HDEL', KEYS[2], ARGV[n + 1])
end`;
