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
local nonce, ttl, deadline, pass = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local hint, retention, owner = tonumber(ARGV[5]), ARGV[6], ARGV[7]
local count = (#KEYS - 1) / 2
local fenced = hint > 0

-- A request may sit in a dead connection's buffer long after its attempt was undone.
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)
if now > tonumber(deadline) then
  return {'LATE', now}
end

-- No guard: the node lost its data. Another pass: it was restarted, or shut, since it was shown.
local guard = redis.call('HMGET', KEYS[1], 'pass', 'hwm', 'floor')
if pass == '' or guard[1] ~= pass then
  return {'SHUT'}
end

-- The holder's nonce, c and name; nil, 0 and '' for what is no lock of ours.
local function read_lock(held)
  if type(held) ~= 'string' then
    return nil, 0, ''
  end
  local holder, c, name = string.match(held, '^(%x+):(%d+):(.*)$')
  if not holder or #holder ~= 32 or tonumber(c) >= 2 ^ 53 then
    return nil, 0, ''
  end
  -- Whatever a key of somebody else's is filled with: the answer stays small.
  return holder, tonumber(c), string.sub(name, 1, 256)
end

-- nil where there is none. Rubbish in its place counts as none and is overwritten: it must not cost
-- the lock, and the high-water mark keeps the counter from going back.
local function read_counter(key)
  local text = redis.pcall('GET', key)
  local c = type(text) == 'string' and string.match(text, '^%d+$') and tonumber(text)
  return c and c < 2 ^ 53 and c or nil
end

local own = {'OWN'}
local absent = false
for i = 1, count do
  local held = redis.pcall('GET', KEYS[2 * i])
  if held then
    local holder, c, name = read_lock(held)
    if holder ~= nonce then
      return {'BUSY', redis.call('PTTL', KEYS[2 * i]), name, c, i}
    end
    own[i + 1] = c
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
local hwm, floor = tonumber(guard[2]) or 0, tonumber(guard[3]) or 0
local granted, highest = {'OK'}, hwm
for i = 1, count do
  local c = 0
  if fenced then
    local base = math.max(read_counter(KEYS[2 * i + 1]) or hwm, floor)
    c = math.max(base + 1, hint)
    if c >= 2 ^ 53 then
      return {err = 'ERR a fencing counter has reached the end of its range'}
    end
    highest = math.max(highest, c)
  end
  granted[i + 1] = c
end

for i = 1, count do
  local c = string.format('%.0f', granted[i + 1])
  redis.call('SET', KEYS[2 * i], nonce .. ':' .. c .. ':' .. owner, 'PX', ttl)
  if fenced then
    redis.call('SET', KEYS[2 * i + 1], c, 'PX', retention)
  end
end
if highest > hwm then
  redis.call('HSET', KEYS[1], 'hwm', string.format('%.0f', highest))
end
return granted
