-- Makes a lock last longer if it is ours. Never creates it anew, never shortens it.
--   KEYS[1]  the lock
--   ARGV     nonce, ttl (ms), deadline (this node's Unix time in ms)
-- Answers 'EXTENDED' (also when it lasts longer already), 'ABSENT', 'FOREIGN', or past the deadline
-- {'LATE', now}.

-- Left in a dead connection's buffer, it would prolong a lock that its holder has given up.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(ARGV[3]) then
  return {'LATE', now}
end

local held = redis.pcall('GET', KEYS[1])
if not held then
  return 'ABSENT'
end
if type(held) ~= 'string' or string.sub(held, 1, #ARGV[1] + 1) ~= ARGV[1] .. ':' then
  return 'FOREIGN'
end
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 'EXTENDED'
