-- Raises the counters of held locks to the tokens that their holder is about to be given.
--   KEYS     the guard, then for each lock: the lock, its counter
--   ARGV     nonce, retention of the counters (ms), then for each lock: c, token
-- Answers 'FINAL', or 'GONE' with nothing changed.
-- Only for this very grant: were a counter raised under another one, that one could end up with the
-- same token.
local nonce, retention = ARGV[1], ARGV[2]
local count = (#KEYS - 1) / 2

for i = 1, count do
  local held = redis.pcall('GET', KEYS[2 * i])
  local grant = nonce .. ':' .. ARGV[2 * i + 1] .. ':'
  if type(held) ~= 'string' or string.sub(held, 1, #grant) ~= grant then
    return 'GONE'
  end
end

-- nil where there is none, or rubbish.
local function read_counter(key)
  local text = redis.pcall('GET', key)
  local c = type(text) == 'string' and string.match(text, '^%d+$') and tonumber(text)
  return c and c < 2 ^ 53 and c or nil
end

for i = 1, count do
  local c, token = read_counter(KEYS[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  if token > (c or 0) then
    local hwm = tonumber(redis.call('HGET', KEYS[1], 'hwm')) or 0
    local digits = string.format('%.0f', token)
    -- An absent counter stands at the high-water mark: written, a smaller token would lower it.
    if c or token > hwm then
      redis.call('SET', KEYS[2 * i + 1], digits, 'PX', retention)
    end
    if token > hwm then
      redis.call('HSET', KEYS[1], 'hwm', digits)
    end
  end
end
return 'FINAL'
