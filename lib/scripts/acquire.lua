-- Takes a lock on this node for one attempt. Never takes it twice, never over somebody else.
--   KEYS[1]  the lock
--   ARGV     nonce, ttl (ms), deadline (this node's Unix time in ms), owner
-- Answers {'OK', c} granted; {'OWN', c} granted to this very attempt before; {'BUSY', pttl, owner}
-- held, by whomever and as whatever type (pttl -1: for ever); {'LATE', now} past the deadline.
-- The value is nonce:c:owner. c is the fencing counter at this grant; this script keeps none.
local nonce, ttl, deadline, owner = ARGV[1], ARGV[2], ARGV[3], ARGV[4]

-- A request may sit in a dead connection's buffer long after its attempt was undone.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(deadline) then
  return {'LATE', now}
end

if redis.call('SET', KEYS[1], nonce .. ':0:' .. owner, 'NX', 'PX', ttl) then
  return {'OK', 0}
end

local held = redis.pcall('GET', KEYS[1])
if type(held) ~= 'string' then
  return {'BUSY', redis.call('PTTL', KEYS[1]), ''}
end
local holder, c, name = string.match(held, '^(%x+):(%d+):(.*)$')
if holder == nonce then
  return {'OWN', tonumber(c)}
end
if not holder or #holder ~= 32 then
  name = ''
end
-- Whatever a key of somebody else's is filled with: the answer stays small.
return {'BUSY', redis.call('PTTL', KEYS[1]), string.sub(name, 1, 256)}
