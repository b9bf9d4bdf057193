-- Takes members out of sliding windows. The keys are those of limit.lua.
--
-- KEYS  a window's key for each
-- ARGV  member to take out of it.
--
-- Time: O(log most) for each.

for place, key in ipairs(KEYS) do
    redis.call('ZREM', key, ARGV[place])
end

return 0
