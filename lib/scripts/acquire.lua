-- Takes the locks of an attempt, all of them or none; and of further attempts that were asked for
-- along with it, each as if it came alone. Never takes a lock twice, never over somebody else.
--   KEYS     the guard, then for each lock: the lock, its counter
--   ARGV     nonce, ttl (ms), deadline (this node's Unix time in ms), pass, hint, retention of the
--            counters (ms), owner; for each further attempt, at as many locks: nonce, hint
-- Answers an attempt {'OK', c, ...} granted, with each lock's new fencing counter; {'OWN', c, ...}
-- granted to this very attempt before; {'BUSY', pttl, owner, c, i} the i-th lock is held, by whomever
-- and as whatever type (pttl -1: for ever; owner '' and c 0: no lock of ours); {'SHUT'} the node does
-- not grant to who shows this pass; {'LATE', now} past the deadline. Answers several with an array.
-- A lock's value is nonce:c:owner. With hint '0' fencing is off for all: c is 0, no counter is touched.
-- This runs on every node for every lock, so there is no function in it and no call that can be saved.
local nonce, ttl, pass, digits_of_hint = ARGV[1], ARGV[2], ARGV[4], ARGV[5]
local retention, owner = ARGV[6], ARGV[7]
local attempts = (#ARGV - 5) / 2
local names = (#KEYS - 1) / 2 / attempts
local fenced = digits_of_hint ~= '0'
local answers, taken, given, refused = {}, {}, {}, nil

-- A request may sit in a dead connection's buffer long after its attempt was undone.
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
if now_us >= (tonumber(ARGV[3]) + 1) * 1000 then
  refused = {'LATE', math.floor(now_us / 1000)}
end

-- No guard: the node lost its data. Another pass: it was restarted, or shut, since it was shown.
local current, hwm, floor
if fenced then
  local guard = redis.call('HMGET', KEYS[1], 'pass', 'hwm', 'floor')
  current, hwm, floor = guard[1], tonumber(guard[2]) or 0, tonumber(guard[3]) or 0
else
  current = redis.call('HGET', KEYS[1], 'pass')
end
if not refused and (pass == '' or current ~= pass) then
  refused = {'SHUT'}
end

if refused then
  for a = 1, attempts do
    answers[a] = refused
  end
  return attempts > 1 and answers or refused
end

local highest = hwm
local values = (fenced or names > 1) and redis.call('MGET', unpack(KEYS, 2)) or {}
for a = 1, attempts do
  if a > 1 then
    nonce, digits_of_hint = ARGV[2 * a + 4], ARGV[2 * a + 5]
  end
  -- A client's clock may be wrong by years; one such hint would use up the counters' range.
  local hint = tonumber(digits_of_hint)
  if hint > now_us + 86400 * 1000000 then
    hint = 0
  end

  local answer, refusal = {'OWN'}, nil
  local mark = highest
  -- Of several nothing is taken before it is known of each what was there: a refusal writes nothing.
  for step = names > 1 and 1 or 2, 2 do
    for i = 1, refusal and 0 or names do
      local n = 2 * (names * (a - 1) + i)
      local held, c, digits = values[n - 1] or names > 1 and given[KEYS[n]], 0, '0'
      if (held or step == 2) and not answer[i + 1] then
        if fenced and not held then
          -- Rubbish in a counter's place counts as none and is overwritten: it must not cost the
          -- lock, and the high-water mark keeps the counter from going back.
          local text = values[n]
          local last = text and string.match(text, '^%d+$') and tonumber(text)
          if not last or last >= 2 ^ 53 then
            last = mark
          end
          c = math.max(last + 1, floor + 1, hint)
          -- Mostly it is the hint, which is there as text.
          digits = c == hint and digits_of_hint or string.format('%.0f', c)
        end

        -- What was read may be out of date: an attempt before this one has taken it. NX is not.
        local value = nonce .. ':' .. digits .. ':' .. owner
        local set = not held and c < 2 ^ 53 and redis.pcall('SET', KEYS[n], value, 'NX', 'PX', ttl)
        if set and set.ok then
          answer[1], taken[i] = 'OK', digits
          if names > 1 then
            given[KEYS[n]] = value
          end
        else
          held = held or redis.pcall('GET', KEYS[n])
          if not held then
            -- A server that may not write says so of what is free only.
            refusal = set or {err = 'ERR a fencing counter has reached the end of its range'}
            break
          end
          local holder, name
          if type(held) == 'string' then
            holder, c, name = string.match(held, '^(%x+):(%d+):(.*)$')
          end
          if not holder or #holder ~= 32 or tonumber(c) >= 2 ^ 53 then
            holder, c, name = nil, 0, ''
          end
          c = tonumber(c)
          if holder ~= nonce then
            -- Whatever a key of somebody else's is filled with: the answer stays small.
            local pttl = redis.pcall('PTTL', KEYS[n])
            refusal = {'BUSY', type(pttl) == 'number' and pttl or -1, string.sub(name, 1, 256), c, i}
            break
          end
        end
        answer[i + 1] = c
      end
    end
  end

  for i = 1, names do
    local n = 2 * (names * (a - 1) + i)
    if taken[i] and refusal then
      redis.pcall('DEL', KEYS[n])
      given[KEYS[n]] = nil
    elseif taken[i] and fenced then
      redis.call('SET', KEYS[n + 1], taken[i], 'PX', retention)
      highest = math.max(highest, answer[i + 1])
    end
    taken[i] = nil
  end
  answers[a] = refusal or answer
end

if fenced and highest > hwm then
  redis.call('HSET', KEYS[1], 'hwm', string.format('%.0f', highest))
end
return attempts > 1 and answers or answers[1]
