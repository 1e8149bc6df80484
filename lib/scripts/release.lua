-- Deletes a lock if it is ours.
--   KEYS[1]  the lock
--   ARGV     nonce
-- Answers 'DELETED', 'ABSENT' (nothing there), or 'FOREIGN' (there, but not ours).
local held = redis.pcall('GET', KEYS[1])
if not held then
  return 'ABSENT'
end
if type(held) ~= 'string' or string.sub(held, 1, #ARGV[1] + 1) ~= ARGV[1] .. ':' then
  return 'FOREIGN'
end
redis.call('DEL', KEYS[1])
return 'DELETED'
