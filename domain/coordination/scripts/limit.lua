-- Admits events to sliding windows, or not: several asks in one call, each all or nothing.
--
-- A window of `per` microseconds is every half-open stretch of that length: in none of them are more
-- than `most` members. An ask is admitted when each of its windows has room or has its member
-- already, and only then it is counted, in those that did not have it. So a call that is made again
-- (its answer was lost, its caller died) counts nothing twice. Asks are answered in order. When one
-- of a group is not admitted, the later ones of that group in the same call are not either.
--
-- KEYS  for each window: its key, and where it has a value the key of the index after it.
--   window  sorted set: member (an event's id) -> instant (µs of this server's TIME). At most `most`
--           members, since those that have left are removed before any is added. Expires `per` after
--           the last one was added.
--   index   sorted set: "<last part of the window's key> <value>" -> instant of its last member: the
--           values of one keyed limit that were seen lately, at most INDEXED. Expires as the window.
-- ARGV  one value, in MessagePack: {windows, asks}. A window: {most, per (µs), value ("" for none)}.
--       An ask: {member, group ("" for none), the places of its windows (from 1)}. Many asks share
--       few windows, and to write and read numbers apart costs more than all else that is done here.
-- Returns a flat list of integers; for each ask: admitted (1 or 0), the window that had no room
--       (from 1; 0: none), µs until it may be worth another try, the instant at which it was counted
--       (µs of TIME; of one that was counted by an earlier call that one's; 0: it is not), and for
--       each window its members, with this one where it was admitted.
--
-- Time: O(log most) for each ask and window, and what has left since the last call is removed once
-- each. The clock is this server's and stands still during a call. Not for a Redis Cluster: the
-- windows of a trigger, its team and the installation lie in different slots.

local INDEXED = 1000

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local stamp = string.format('%.0f', now)

local counts = {}   -- by key: how many members there are, once those that left are removed
local waits = {}    -- by key and how many are too many: µs until there is room
local touched = {}  -- by key: µs that it has to be kept for
local behind = {}   -- by group: µs that its first one has to wait

-- Where the clock was set back, members have instants that are still to come. They count from now
-- on: never too few are in a window, and none stays for longer than the window is.
local function bring_back(window)
    local last = redis.call('ZRANGE', window.key, -1, -1, 'WITHSCORES')
    if not last[2] or tonumber(last[2]) <= now then return end
    for _, member in ipairs(redis.call('ZRANGEBYSCORE', window.key, '(' .. stamp, '+inf')) do
        redis.call('ZADD', window.key, stamp, member)
    end
    touched[window.key] = window.per
end

local function count_of(window)
    local count = counts[window.key]
    if not count then
        bring_back(window)
        redis.call('ZREMRANGEBYSCORE', window.key, '-inf', string.format('%.0f', now - window.per))
        count = redis.call('ZCARD', window.key)
        counts[window.key] = count
    end
    return count
end

-- There is room again when all but `most - 1` have left.
local function wait_for(window, count)
    local rank = count - window.most
    local known = window.key .. ' ' .. rank
    if not waits[known] then
        local first = redis.call('ZRANGE', window.key, rank, rank, 'WITHSCORES')
        waits[known] = math.max(1, tonumber(first[2]) + window.per - now)
    end
    return waits[known]
end

local function add(window, member)
    redis.call('ZADD', window.key, stamp, member)
    counts[window.key] = counts[window.key] + 1
    touched[window.key] = window.per
    if window.index then
        local part = string.match(window.key, '[^:]*$')
        redis.call('ZADD', window.index, stamp, part .. ' ' .. window.value)
        touched[window.index] = window.per
    end
end

local told = cmsgpack.unpack(ARGV[1])
local windows, next_key = {}, 1

for _, each in ipairs(told[1]) do
    local window = { key = KEYS[next_key], most = each[1], per = each[2], value = each[3] }
    next_key = next_key + 1
    if window.value ~= '' then
        window.index = KEYS[next_key]
        next_key = next_key + 1
    end
    windows[#windows + 1] = window
end

local answer = {}

for _, ask in ipairs(told[2]) do
    local member, group, places = ask[1], ask[2], ask[3]
    local missing, denied_by, wait, counted = {}, 0, 0, 0
    for place, which in ipairs(places) do
        local window = windows[which]
        local count = count_of(window)
        local since = redis.call('ZSCORE', window.key, member)
        if since then
            counted = math.max(counted, tonumber(since))
        else
            missing[#missing + 1] = window
            if count >= window.most then
                if denied_by == 0 then denied_by = place end
                wait = math.max(wait, wait_for(window, count))
            end
        end
    end
    local blocked = group ~= '' and behind[group]
    local admitted = denied_by == 0 and not blocked
    if admitted then
        for _, window in ipairs(missing) do add(window, member) end
        if #missing > 0 then counted = now end
    else
        counted = 0
        wait = math.max(wait, blocked or 0)
        if group ~= '' then behind[group] = wait end
    end
    answer[#answer + 1] = admitted and 1 or 0
    answer[#answer + 1] = denied_by
    answer[#answer + 1] = wait
    answer[#answer + 1] = counted
    for _, which in ipairs(places) do answer[#answer + 1] = counts[windows[which].key] end
end

for key, per in pairs(touched) do
    redis.call('PEXPIRE', key, math.ceil(per / 1000))
    if not counts[key] then
        redis.call('ZREMRANGEBYRANK', key, 0, -INDEXED - 1)
    end
end

return answer
