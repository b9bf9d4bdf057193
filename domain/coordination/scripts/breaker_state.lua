-- What the scripts of the breakers share; put before each of them.
--
-- KEYS[1]  hash    signalbox:breaker:<id>   one breaker. `state`, `stamp` (the instant of its last
--                  change, which rises with every change), `trips`, `cool` (of its last opening),
--                  `probe` (when the next probe may go out), `token` (of the probe under way),
--                  `settled` (of the last one that ended), `streak`, per bucket of the window `c<n>`
--                  calls and `f<n>` failures, and per worker `r<worker>`: the number of its last
--                  report. Closed, it is kept for as long as it can still say anything; else for a
--                  week after its probe is due. Gone: closed, nothing known.
-- KEYS[2]  hash    signalbox:breakers       by id the breakers that workers have to know of: open and
--                  half-open ones, and closed ones with failures in their window ("closed"), as
--                  "<state> <stamp> <probe> <cool> <trips>". No expiry.
-- KEYS[3]  string  signalbox:breakers:version   rises whenever KEYS[2] changes. No expiry.
-- KEYS[4]  zset    signalbox:breaker:<id>:calls  tokens of the calls under way, where their number
--                  is bounded, by the instant at which they must have ended. Expires with the last.
--
-- Every instant and duration is in milliseconds; instants are of Redis' own clock (TIME). Each script
-- takes constant time, but for the buckets (12) and the workers that report of this breaker.
-- All keys of a call are named, but not in one hash slot: not for a Redis Cluster.

local WEEK = 604800000
local SHORTEST_MEMORY = 60000

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function hash(key)
  local flat, found = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do
    found[flat[i]] = flat[i + 1]
  end
  return found
end

local b = hash(KEYS[1])
b.state = b.state or 'closed'
for _, name in ipairs({'stamp', 'trips', 'cool', 'probe', 'streak'}) do
  b[name] = tonumber(b[name] or 0)
end

-- Tell the workers.
local function tell(id)
  redis.call('HSET', KEYS[2], id,
    b.state .. ' ' .. b.stamp .. ' ' .. b.probe .. ' ' .. b.cool .. ' ' .. b.trips)
  redis.call('INCR', KEYS[3])
end

-- Move to a state: what was counted until then is forgotten.
local function move(id, state, fields)
  b.state = state
  b.stamp = math.max(now, b.stamp + 1)
  for name, value in pairs(fields) do
    b[name] = value
  end
  b.streak = 0
  local forgotten = {}
  for name in pairs(b) do
    if name:match('^[cf]%d+$') then
      forgotten[#forgotten + 1] = name
      b[name] = nil
    end
  end
  if #forgotten > 0 then
    redis.call('HDEL', KEYS[1], unpack(forgotten))
  end
  redis.call('HSET', KEYS[1], 'state', b.state, 'stamp', b.stamp, 'trips', b.trips,
    'cool', b.cool, 'probe', b.probe, 'token', b.token or '', 'settled', b.settled or '',
    'streak', 0)
  if state == 'closed' then
    redis.call('PEXPIRE', KEYS[1], math.max(b.cool, SHORTEST_MEMORY) * 2)
    redis.call('HDEL', KEYS[2], id)
    redis.call('INCR', KEYS[3])
  else
    redis.call('PEXPIRE', KEYS[1], math.max(b.probe - now, 0) + WEEK)
    tell(id)
  end
end

local function standing(answer, changed, reason, calls, failures)
  return {answer, b.state, b.stamp, math.max(b.probe - now, 0), b.cool, b.trips, changed,
    reason or '', calls or 0, failures or 0}
end
