-- Deletes those locks that are ours, and raises their counters to the tokens that were given out.
--   KEYS     the guard, then for each lock: the lock, its counter
--   ARGV     nonce, retention of the counters (ms), then for each lock its token (0: none)
-- Answers 'DELETED' if all were ours; else by the first that was not 'ABSENT' (nothing there) or
-- 'FOREIGN' (there, but not ours).
local ours, retention = ARGV[1] .. ':', ARGV[2]
local answer = 'DELETED'

for i = 2, #KEYS, 2 do
  local held, token = redis.pcall('GET', KEYS[i]), ARGV[i / 2 + 2]
  local level = token == '0'
  if type(held) == 'string' and string.sub(held, 1, #ours) == ours then
    redis.call('DEL', KEYS[i])
    -- A grant with this very number set the counter to it.
    local granted = ours .. token .. ':'
    level = level or string.sub(held, 1, #granted) == granted
  elseif answer == 'DELETED' then
    answer = held and 'FOREIGN' or 'ABSENT'
  end

  -- Counters that are level let the next holder's token be final in one round trip. Raising one is
  -- always safe, so it does not matter whose the lock is by now. But nothing depends on it, so a
  -- server that is out of memory may refuse (pcall): the release itself must not fail for that.
  if not level then
    local text = redis.pcall('GET', KEYS[i + 1])
    -- None where there is none, or rubbish.
    local c = type(text) == 'string' and string.match(text, '^%d+$') and tonumber(text)
    c = c and c < 2 ^ 53 and c
    token = tonumber(token)
    if token > (c or 0) then
      local hwm = tonumber(redis.pcall('HGET', KEYS[1], 'hwm')) or 0
      local digits = string.format('%.0f', token)
      -- An absent counter stands at the high-water mark: written, a smaller token would lower it.
      if c or token > hwm then
        redis.pcall('SET', KEYS[i + 1], digits, 'PX', retention)
      end
      if token > hwm then
        redis.pcall('HSET', KEYS[1], 'hwm', digits)
      end
    end
  end
end
return answer
