-- Tells how full sliding windows are. Changes nothing. The keys are those of limit.lua.
--
-- KEYS  for each window: its key; or for all values of a keyed one the key of the index.
-- ARGV  how many values to name at most; for each window: per (µs), "1" for an index or "".
-- Returns for each window its members; for an index a list: how many values have members (those of
--       the last INDEXED values), and then by pairs "value", members: the fullest ones first.
--
-- Time: O(log n) for a window, O(INDEXED log n) for an index.

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local most = tonumber(ARGV[1])

local function members(key, per)
    return redis.call('ZCOUNT', key, '(' .. string.format('%.0f', now - per), '+inf')
end

local function fullest(index, per)
    local found = {}
    local since = '(' .. string.format('%.0f', now - per)
    for _, entry in ipairs(redis.call('ZRANGE', index, since, '+inf', 'BYSCORE')) do
        local part, value = string.match(entry, '^(%S*) (.*)$')
        local count = members(index .. ':' .. part, per)
        if count > 0 then found[#found + 1] = {value, count} end
    end
    table.sort(found, function(a, b)
        if a[2] ~= b[2] then return a[2] > b[2] end
        return a[1] < b[1]
    end)
    local told = {#found}
    for place = 1, math.min(most, #found) do
        told[#told + 1] = found[place][1]
        told[#told + 1] = found[place][2]
    end
    return told
end

local answer = {}
for place, key in ipairs(KEYS) do
    local per, listed = tonumber(ARGV[place * 2]), ARGV[place * 2 + 1] == '1'
    answer[place] = listed and fullest(key, per) or members(key, per)
end
return answer
