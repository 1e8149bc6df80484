-- Deletes those locks that are ours, and raises their counters to the tokens that were given out.
--   KEYS     the guard, then for each lock: the lock, its counter
--   ARGV     nonce, retention of the counters (ms), then for each lock its token (0: none)
-- Answers 'DELETED' if all were ours; else by the first that was not 'ABSENT' (nothing there) or
-- 'FOREIGN' (there, but not ours).
local ours, retention = ARGV[1] .. ':', ARGV[2]
local count = (#KEYS - 1) / 2

local answer = 'DELETED'
for i = 1, count do
  local held = redis.pcall('GET', KEYS[2 * i])
  if type(held) == 'string' and string.sub(held, 1, #ours) == ours then
    redis.call('DEL', KEYS[2 * i])
  elseif answer == 'DELETED' then
    answer = held and 'FOREIGN' or 'ABSENT'
  end
end

-- nil where there is none, or rubbish.
local function read_counter(key)
  local text = redis.pcall('GET', key)
  local c = type(text) == 'string' and string.match(text, '^%d+$') and tonumber(text)
  return c and c < 2 ^ 53 and c or nil
end

-- Counters that are level let the next holder's token be final in one round trip. Raising one is
-- always safe, so it does not matter whose the lock is by now. But nothing depends on it, so a
-- server that is out of memory may refuse (pcall): the release itself must not fail for that.
for i = 1, count do
  local token = tonumber(ARGV[i + 2])
  local c = token > 0 and read_counter(KEYS[2 * i + 1])
  if token > (c or 0) then
    local hwm = tonumber(redis.pcall('HGET', KEYS[1], 'hwm')) or 0
    local digits = string.format('%.0f', token)
    -- An absent counter stands at the high-water mark: written, a smaller token would lower it.
    if c or token > hwm then
      redis.pcall('SET', KEYS[2 * i + 1], digits, 'PX', retention)
    end
    if token > hwm then
      redis.pcall('HSET', KEYS[1], 'hwm', digits)
    end
  end
end
return answer
