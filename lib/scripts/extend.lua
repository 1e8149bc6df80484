-- Makes a lock last longer if it is ours. Never creates it anew, never shortens it.
--   KEYS[1]  the lock
--   ARGV     nonce, ttl (ms)
-- Answers 'EXTENDED' (also when it lasts longer already), 'ABSENT', or 'FOREIGN'.
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
