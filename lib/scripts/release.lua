-- Deletes those locks of a lease that are ours, and raises their counters to the tokens that were
-- given out; and of further leases that were asked for along with it, each as if it came alone.
--   KEYS     the guard, then for each lock: the lock, its counter
--   ARGV     nonce, retention of the counters (ms), for each lock its token (0: none); for each
--            further lease, of as many locks: nonce, the tokens
-- Answers a lease 'DELETED' if all were ours; else by the first that was not 'ABSENT' (nothing there)
-- or 'FOREIGN' (there, but not ours). Answers several with an array.
local retention = ARGV[2]
local count = (#KEYS - 1) / 2
local leases = #ARGV - 1 - count
local names = count / leases
local answers, locks, ended, deleted, behind = {}, {}, {}, {}, {}

for n = 1, count do
  locks[n] = KEYS[2 * n]
end
local values = redis.call('MGET', unpack(locks))

for l = 1, leases do
  local tokens = 2 + (names + 1) * (l - 1)
  local nonce = ARGV[l > 1 and tokens or 1]
  answers[l] = 'DELETED'
  for i = 1, names do
    local n = names * (l - 1) + i
    local lock, held, token = locks[n], values[n], ARGV[tokens + i]
    if ended[lock] then
      held = false
    end
    -- Mostly it is the grant of this very number, which set the counter to it.
    local grant = nonce .. ':' .. token .. ':'
    local level = held and string.sub(held, 1, #grant) == grant
    if level or held and string.sub(held, 1, #nonce + 1) == nonce .. ':' then
      ended[lock], deleted[#deleted + 1] = true, lock
    elseif answers[l] == 'DELETED' then
      -- What is no string is read as nothing.
      local there = held or not ended[lock] and redis.call('TYPE', lock).ok ~= 'none'
      answers[l] = there and 'FOREIGN' or 'ABSENT'
    end

    if not level and token ~= '0' then
      behind[#behind + 1] = {KEYS[2 * n + 1], tonumber(token)}
    end
  end
end

if #deleted > 0 then
  redis.call('DEL', unpack(deleted))
end

-- Counters that are level let the next holder's token be final in one round trip. Raising one is
-- always safe, so it does not matter whose the lock is by now. But nothing depends on it, so a server
-- that is out of memory may refuse (pcall): the release itself must not fail for that.
for _, one in ipairs(behind) do
  local counter, token = one[1], one[2]
  local text = redis.pcall('GET', counter)
  -- None where there is none, or rubbish.
  local c = type(text) == 'string' and string.match(text, '^%d+$') and tonumber(text)
  c = c and c < 2 ^ 53 and c
  if token > (c or 0) then
    local hwm = tonumber(redis.pcall('HGET', KEYS[1], 'hwm')) or 0
    local digits = string.format('%.0f', token)
    -- An absent counter stands at the high-water mark: written, a smaller token would lower it.
    if c or token > hwm then
      redis.pcall('SET', counter, digits, 'PX', retention)
    end
    if token > hwm then
      redis.pcall('HSET', KEYS[1], 'hwm', digits)
    end
  end
end
return leases > 1 and answers or answers[1]
