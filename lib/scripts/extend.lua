-- Makes locks last longer if all of them are ours. Never creates one anew, never shortens one.
--   KEYS     the guard, then the locks
--   ARGV     nonce, ttl (ms), deadline (this node's Unix time in ms), config
-- Answers 'EXTENDED' (also when they last longer already); by the first that is not ours 'ABSENT' or
-- 'FOREIGN', with nothing changed; {'SHUT'} when the node was set up anew since it named this config;
-- past the deadline {'LATE', now}.
local ours, ttl, deadline, config = ARGV[1] .. ':', ARGV[2], ARGV[3], ARGV[4]

-- Left in a dead connection's buffer, it would prolong a lock that its holder has given up.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(deadline) then
  return {'LATE', now}
end

-- Under another configuration the node waits for the leases of the old one to run out.
if redis.call('HGET', KEYS[1], 'config') ~= config then
  return {'SHUT'}
end

for i = 2, #KEYS do
  local held = redis.pcall('GET', KEYS[i])
  if not held then
    return 'ABSENT'
  end
  if type(held) ~= 'string' or string.sub(held, 1, #ours) ~= ours then
    return 'FOREIGN'
  end
end

for i = 2, #KEYS do
  if redis.call('PTTL', KEYS[i]) < tonumber(ttl) then
    redis.call('PEXPIRE', KEYS[i], ttl)
  end
end
return 'EXTENDED'
