-- What became of calls. Keys as in breaker_state.lua; the rules are those of domain/rules/breakers.py.
--
-- ARGV[1]  the breaker's id
-- ARGV[2]  the worker, and ARGV[3] the number of its report, which rises: one that is sent again
--          because its reply was lost counts once
-- ARGV[4]  the token of a call that ended, or empty; ARGV[5] how: `answered`, `failed`, or `unknown`
-- ARGV[6]  failure rate, ARGV[7] window, ARGV[8] least calls, ARGV[9] failures in a row,
-- ARGV[10] first cool-down, ARGV[11] longest
-- ARGV[12] failures since the last success that is reported here; ARGV[13] 1: there is a success
-- ARGV[14…] by threes: how many buckets ago, calls, failures
--
-- Answers {'', state, stamp, until the next probe, cool-down, trips, changed, reason, calls, failures}.

local BUCKETS = 12
local id, worker, number, token, how = ARGV[1], 'r' .. ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local rate, window, least = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local in_a_row, first, longest = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local trailing, answered = tonumber(ARGV[12]), ARGV[13] == '1'

local function open(trips)
  local cool = math.min(longest, first * 2 ^ math.min(trips - 1, 20))
  move(id, 'open', {trips = trips, cool = cool, probe = now + cool, token = ''})
end

if token ~= '' then
  redis.call('ZREM', KEYS[4], token)
  if b.settled == token then
    return standing('', 1, how == 'answered' and 'probe_answered' or 'probe_failed')
  end
  if b.state == 'half_open' and b.token == token then
    if how == 'answered' then
      move(id, 'closed', {token = '', settled = token, probe = 0})
      return standing('', 1, 'probe_answered')
    end
    b.settled = token
    if how == 'failed' then
      open(b.trips + 1)
      return standing('', 1, 'probe_failed')
    end
    move(id, 'open', {token = '', probe = b.stamp + b.cool})
    return standing('', 1, 'probe_failed')
  end
end

if number <= tonumber(b[worker] or 0) or b.state ~= 'closed' or #ARGV < 16 then
  return standing('', 0)
end

local bucket = math.floor(now * BUCKETS / window)
local changes, reported = {worker, number, 'state', 'closed'}, 0
for i = 14, #ARGV, 3 do
  reported = reported + tonumber(ARGV[i + 2])
  local n = bucket - tonumber(ARGV[i])
  for j, letter in ipairs({'c', 'f'}) do
    local name = letter .. string.format('%.0f', n)
    b[name] = tonumber(b[name] or 0) + tonumber(ARGV[i + j])
    changes[#changes + 1] = name
    changes[#changes + 1] = b[name]
  end
end
b.streak = trailing + (answered and 0 or b.streak)
changes[#changes + 1] = 'streak'
changes[#changes + 1] = b.streak
redis.call('HSET', KEYS[1], unpack(changes))
redis.call('PEXPIRE', KEYS[1], math.max(2 * window, b.cool * 2, SHORTEST_MEMORY * 2))

local calls, failures, old = 0, 0, {}
for name, value in pairs(b) do
  local letter, n = name:match('^([cf])(%d+)$')
  if letter and tonumber(n) <= bucket - BUCKETS then
    old[#old + 1] = name
  elseif letter == 'c' then
    calls = calls + tonumber(value)
  elseif letter == 'f' then
    failures = failures + tonumber(value)
  end
end
if #old > 0 then
  redis.call('HDEL', KEYS[1], unpack(old))
end

local reason
if trailing > 0 and b.streak >= in_a_row then
  reason = 'in_a_row'
elseif reported > 0 and calls >= least and failures >= calls * rate then
  reason = 'failure_rate'
end
if reason then
  local rested = now - b.stamp > math.max(b.cool, SHORTEST_MEMORY)
  open(rested and 1 or b.trips + 1)
  return standing('', 1, reason, calls, failures)
end

local known = redis.call('HEXISTS', KEYS[2], id)
if failures > 0 and known == 0 then
  tell(id)
elseif failures == 0 and known == 1 then
  redis.call('HDEL', KEYS[2], id)
  redis.call('INCR', KEYS[3])
end
return standing('', 0, '', calls, failures)
