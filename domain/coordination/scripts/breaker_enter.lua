-- May a call go out to a destination whose breaker is not known to be closed, or where the number of
-- calls at once is bounded? Keys as in breaker_state.lua.
--
-- ARGV[1]  the breaker's id
-- ARGV[2]  the token of this call. Asked again with the same one, the answer is the same: a lost
--          reply lets no second probe out. Empty: nothing is asked, only ARGV[5] is taken over.
-- ARGV[3]  after how long the call must have ended
-- ARGV[4]  how many calls may be under way at once; 0: any number
-- ARGV[5]  the state that the asker knows of ('closed': none), with ARGV[6] how long until its probe,
--          ARGV[7] its cool-down, ARGV[8] its trips. Taken over where Redis knows nothing (it came
--          back empty), or where nothing is asked and the breaker is closed here (it opened somewhere
--          while Redis was away).
--
-- Answers {answer, state, stamp, until the next probe, cool-down, trips, changed (0 or 1), '', 0, 0}.
-- The answer is `pass`, `probe` (pass, and tell how it went), `open` or `busy`.

local id, token, hold, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local changed = 0

if ARGV[5] ~= 'closed' and b.state == 'closed' and (token == '' or b.stamp == 0) then
  move(id, 'open', {probe = now + tonumber(ARGV[6]), cool = tonumber(ARGV[7]),
    trips = tonumber(ARGV[8]), token = ''})
  changed = 1
end
if token == '' then
  return standing('open', changed)
end

if b.state == 'closed' then
  if most > 0 then
    redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now)
    if not redis.call('ZSCORE', KEYS[4], token) then
      if redis.call('ZCARD', KEYS[4]) >= most then
        return standing('busy', changed)
      end
      redis.call('ZADD', KEYS[4], now + hold, token)
      redis.call('PEXPIRE', KEYS[4], hold + 1000, 'NX')
      redis.call('PEXPIRE', KEYS[4], hold + 1000, 'GT')
    end
  end
  return standing('pass', changed)
end

if b.state == 'half_open' and b.token == token then
  return standing('probe', 1)
end
if now < b.probe then
  return standing('open', changed)
end
-- One that is never heard of is given up at `probe`; and no two go out within a cool-down.
move(id, 'half_open', {token = token, probe = now + math.max(hold, b.cool)})
return standing('probe', 1)
