-- Makes the locks of a lease last longer if all of them are ours; and those of further leases that
-- were asked for along with it, each as if it came alone. Never creates one anew, never shortens one.
--   KEYS     the guard, then the locks
--   ARGV     nonce, ttl (ms), deadline (this node's Unix time in ms), config; for each further lease,
--            of as many locks: nonce
-- Answers a lease 'EXTENDED' (also when they last longer already); by the first that is not ours
-- 'ABSENT' or 'FOREIGN', with nothing changed; {'SHUT'} when the node was set up anew since it named
-- this config; past the deadline {'LATE', now}. Answers several with an array.
local ttl, deadline, config = ARGV[2], ARGV[3], ARGV[4]
local leases = #ARGV - 3
local names = (#KEYS - 1) / leases
local answers, refused = {}, nil

-- Left in a dead connection's buffer, it would prolong a lock that its holder has given up.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now > tonumber(deadline) then
  refused = {'LATE', now}
end

-- Under another configuration the node waits for the leases of the old one to run out.
if not refused and redis.call('HGET', KEYS[1], 'config') ~= config then
  refused = {'SHUT'}
end

local values = not refused and redis.call('MGET', unpack(KEYS, 2))
for l = 1, leases do
  local ours = ARGV[l > 1 and l + 3 or 1] .. ':'
  local first, last = names * (l - 1) + 1, names * l
  answers[l] = refused or 'EXTENDED'
  for n = first, refused and 0 or last do
    local held = values[n]
    if not held or string.sub(held, 1, #ours) ~= ours then
      -- What is no string is read as nothing.
      local there = held or redis.call('TYPE', KEYS[n + 1]).ok ~= 'none'
      answers[l] = there and 'FOREIGN' or 'ABSENT'
      break
    end
  end
  for n = first, answers[l] == 'EXTENDED' and last or 0 do
    if redis.call('PTTL', KEYS[n + 1]) < tonumber(ttl) then
      redis.call('PEXPIRE', KEYS[n + 1], ttl)
    end
  end
end
return leases > 1 and answers or answers[1]
