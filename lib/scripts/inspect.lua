-- Tells who holds a lock. Changes nothing.
--   KEYS[1]  the lock
-- Answers {'FREE'}, {'HELD', pttl, owner}, or {'FOREIGN', pttl, what} for a key that is no lock of
-- ours but counts as held (pttl -1: for ever).
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'none' then
  return {'FREE'}
end
local pttl = redis.call('PTTL', KEYS[1])
if kind ~= 'string' then
  return {'FOREIGN', pttl, 'a ' .. kind}
end
local nonce, owner = string.match(redis.call('GET', KEYS[1]), '^(%x+):%d+:(.*)$')
if not nonce or #nonce ~= 32 then
  return {'FOREIGN', pttl, 'a string of another program'}
end
return {'HELD', pttl, string.sub(owner, 1, 256)}
