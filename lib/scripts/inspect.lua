-- Tells who holds a lock. Changes nothing.
--   KEYS     the lock, its counter
-- Answers {'FREE', c}, {'HELD', pttl, owner, c}, or {'FOREIGN', pttl, what, c} for a key that is no
-- lock of ours but counts as held (pttl -1: for ever). c is the fencing counter, 0 where there is
-- none.
local text = redis.pcall('GET', KEYS[2])
local c = type(text) == 'string' and string.match(text, '^%d+$') and tonumber(text)
c = c and c < 2 ^ 53 and c or 0

local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  return {'FREE', c}
end
local pttl = redis.call('PTTL', KEYS[1])
if kind ~= 'string' then
  return {'FOREIGN', pttl, 'a ' .. kind, c}
end
local nonce, owner = string.match(redis.call('GET', KEYS[1]), '^(%x+):%d+:(.*)$')
if not nonce or #nonce ~= 32 then
  return {'FOREIGN', pttl, 'a string of another program', c}
end
return {'HELD', pttl, string.sub(owner, 1, 256), c}
