-- Writes a key, unless somebody with a newer fencing token has written it before. Runs on the
-- server that has the data, which need not be one of the lock's nodes.
--   KEYS[1]  what is written
--   KEYS[2]  its fence: the newest token that it was written with
--   ARGV     value, token, and where the value is to expire its ttl (ms)
-- Answers {1, token} written; {0, newest} stale, nothing changed; an error, and nothing changed, for
-- a token or ttl that is no whole number from 1 to 2^53-1, or a fence that is rubbish.
local value, ttl = ARGV[1], ARGV[3]

-- As a number, since '9' > '10' as text. Doubles have the whole ones exactly below 2^53.
local function whole(text)
  local n = string.find(text, '^%d+$') and tonumber(text)
  return n and n >= 1 and n <= 9007199254740991 and n
end

-- 0 is the token of a lock without fencing: all holders have it, so it would keep nobody out.
local token = whole(ARGV[2])
if not token then
  return redis.error_reply('ERR the fencing token is no whole number from 1 to 2^53-1')
end
if ttl and not whole(ttl) then
  return redis.error_reply('ERR the ttl is no whole number of milliseconds from 1 to 2^53-1')
end

local stored = redis.pcall('GET', KEYS[2])
local newest = stored and type(stored) == 'string' and whole(stored)
if stored and not newest then
  -- Somebody broke it: who is the newest cannot be known, so nobody may write.
  return redis.error_reply('ERR the key of the fence holds no fencing token')
end
if newest and token < newest then
  return {0, newest}
end

-- First: should the second write fail, the old value stands behind the new fence, and not the new
-- value behind an old one. Without expiry: a fence that is gone lets every old writer in.
if token ~= newest then
  redis.call('SET', KEYS[2], string.format('%.0f', token))
end
if ttl then
  redis.call('SET', KEYS[1], value, 'PX', string.format('%.0f', whole(ttl)))
else
  redis.call('SET', KEYS[1], value)
end
return {1, token}
