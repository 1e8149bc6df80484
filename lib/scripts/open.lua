-- Lets a node grant again whose time of being shut is over.
--   KEYS     the guard
--   ARGV     run_id, fingerprint, till (as admit answered it), floor (the largest counter that it may
--            have forgotten), young (ms for which it has no history yet; 0: it has one)
-- Answers as admit does, also when there was nothing to do, it is too early, or it was shut anew;
-- {'MISMATCH', fingerprint}; {'SHUT'} when the node was restarted or lost its data since it was
-- asked, and has to be asked again.
local run_id, fingerprint = ARGV[1], ARGV[2]
local seen_till, given, young_ms = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local guard = redis.call('HMGET', KEYS[1], 'run_id', 'fingerprint', 'pass', 'till', 'young', 'hwm',
                         'floor', 'config')
local pass, till, young = guard[3] or '', tonumber(guard[4]) or 0, tonumber(guard[5]) or 0
local hwm, floor = tonumber(guard[6]) or 0, tonumber(guard[7]) or 0
-- A master without replicas forgets after a while that it was one (run_id:offset), and is the same.
local known = guard[1] or ''
if known ~= run_id and string.sub(known, 1, #run_id + 1) ~= run_id .. ':' then
  return {'SHUT'}
end
if guard[2] ~= fingerprint then
  return {'MISMATCH', guard[2]}
end

-- The floor is good for one time of being shut: what was counted before the next is not in it.
if pass == '' and now >= till and seen_till == string.format('%.0f', till) then
  floor = math.max(floor, given)
  hwm = math.max(hwm, floor)
  pass = string.format('%.0f', now_us)
  young = young_ms > 0 and now + young_ms or 0
  redis.call('HSET', KEYS[1], 'pass', pass, 'young', string.format('%.0f', young),
             'hwm', string.format('%.0f', hwm), 'floor', string.format('%.0f', floor))
end
local is_young = pass ~= '' and now < young
return {'STATE', pass, math.max(till - now, 0), hwm, is_young and '1' or '0', now, guard[8],
        string.format('%.0f', till)}
