-- Takes locks on this node for one attempt, all of them or none. Never takes one twice, never over
-- somebody else.
--   KEYS     the guard, then for each lock: the lock, its counter
--   ARGV     nonce, ttl (ms), deadline (this node's Unix time in ms), pass, hint, retention of the
--            counters (ms), owner
-- Answers {'OK', c, ...} granted, with each lock's new fencing counter; {'OWN', c, ...} granted to
-- this very attempt before; {'BUSY', pttl, owner, c, i} the i-th lock is held, by whomever and as
-- whatever type (pttl -1: for ever; owner '' and c 0: no lock of ours); {'SHUT'} the node does not
-- grant to who shows this pass; {'LATE', now} past the deadline.
-- A lock's value is nonce:c:owner. With hint '0' fencing is off: c is 0, no counter is touched.
-- This runs on every node for every lock, so there is no function in it and no call that can be saved.
local nonce, ttl, pass = ARGV[1], ARGV[2], ARGV[4]
local hint, retention, owner = tonumber(ARGV[5]), ARGV[6], ARGV[7]
local fenced = hint > 0

-- A request may sit in a dead connection's buffer long after its attempt was undone.
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
if now_us >= (tonumber(ARGV[3]) + 1) * 1000 then
  return {'LATE', math.floor(now_us / 1000)}
end

-- No guard: the node lost its data. Another pass: it was restarted, or shut, since it was shown.
local current, hwm, floor
if fenced then
  local guard = redis.call('HMGET', KEYS[1], 'pass', 'hwm', 'floor')
  current, hwm, floor = guard[1], tonumber(guard[2]) or 0, tonumber(guard[3]) or 0
else
  current = redis.call('HGET', KEYS[1], 'pass')
end
if pass == '' or current ~= pass then
  return {'SHUT'}
end

local own, absent = {'OWN'}, false
for i = 2, #KEYS, 2 do
  local held = redis.pcall('GET', KEYS[i])
  if held then
    local holder, c, name
    if type(held) == 'string' then
      holder, c, name = string.match(held, '^(%x+):(%d+):(.*)$')
    end
    if not holder or #holder ~= 32 or tonumber(c) >= 2 ^ 53 then
      holder, c, name = nil, 0, ''
    end
    if holder ~= nonce then
      -- Whatever a key of somebody else's is filled with: the answer stays small.
      return {'BUSY', redis.call('PTTL', KEYS[i]), string.sub(name, 1, 256), tonumber(c), i / 2}
    end
    own[i / 2 + 1] = tonumber(c)
  else
    absent = true
  end
end
if not absent then
  return own
end

-- A client's clock may be wrong by years; one such hint would use up the counters' range.
if hint > now_us + 86400 * 1000000 then
  hint = 0
end
local granted, highest = {'OK'}, hwm
for i = 3, #KEYS, 2 do
  local c = 0
  if fenced then
    -- Rubbish in a counter's place counts as none and is overwritten: it must not cost the lock, and
    -- the high-water mark keeps the counter from going back.
    local text = redis.pcall('GET', KEYS[i])
    local last = type(text) == 'string' and string.match(text, '^%d+$') and tonumber(text)
    if not last or last >= 2 ^ 53 then
      last = hwm
    end
    c = math.max(last + 1, floor + 1, hint)
    if c >= 2 ^ 53 then
      return {err = 'ERR a fencing counter has reached the end of its range'}
    end
    highest = math.max(highest, c)
  end
  granted[(i + 1) / 2] = c
end

for i = 2, #KEYS, 2 do
  local c = granted[i / 2 + 1]
  -- Mostly it is the hint, which is there as text.
  local digits = c == hint and ARGV[5] or string.format('%.0f', c)
  redis.call('SET', KEYS[i], nonce .. ':' .. digits .. ':' .. owner, 'PX', ttl)
  if fenced then
    redis.call('SET', KEYS[i + 1], digits, 'PX', retention)
  end
end
if fenced and highest > hwm then
  redis.call('HSET', KEYS[1], 'hwm', string.format('%.0f', highest))
end
return granted
