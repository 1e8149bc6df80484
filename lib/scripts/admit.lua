-- Asks whether this node may grant locks, and shuts it for a while when it may have forgotten some.
--   KEYS     the guard
--   ARGV     run_id, fingerprint, max_ttl (ms), uptime (s), trust ('1': the node forgets nothing
--            over a restart), new ('1': nobody held anything before), wiped ('1': it was seen to
--            lose its data while it ran), force ('1': install this fingerprint,
--            unless the two are of other seats of a cluster)
-- Answers {'STATE', pass, left, hwm, young, now, config, till}: the pass that grants are asked for
-- with ('' while the node is shut), how long it stays shut (ms) before it can be opened, the largest
-- counter written here, '1' while it is open but has no history yet (else '0'), its Unix time (ms),
-- the name of the configuration for extensions, and until when it stays shut, for open; or
-- {'MISMATCH', fingerprint} when it is set up for clients of another configuration.
local run_id, fingerprint, max_ttl = ARGV[1], ARGV[2], tonumber(ARGV[3])
local uptime, trust, new = tonumber(ARGV[4]), ARGV[5] == '1', ARGV[6] == '1'
local wiped, force = ARGV[7] == '1', ARGV[8] == '1'

local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local guard = redis.call('HMGET', KEYS[1], 'run_id', 'fingerprint', 'max_ttl', 'pass', 'till',
                         'young', 'hwm', 'floor', 'config')
local known, installed, old_max_ttl = guard[1], guard[2], tonumber(guard[3]) or 0
local pass, till, young = guard[4] or '', tonumber(guard[5]) or 0, tonumber(guard[6]) or 0
local hwm, floor = tonumber(guard[7]) or 0, tonumber(guard[8]) or 0
local config = guard[9] or ''

-- A master without replicas forgets after a while that it was one (run_id:offset), and is the same.
if known and string.sub(known, 1, #run_id + 1) == run_id .. ':' then
  known = run_id
end

-- Another number of seats has its keys elsewhere: no clients of these would be met there.
local function seats(text)
  return string.match(text, '^schema=%d+ (seats=%d+ groups=%d+) ')
end

if installed and installed ~= fingerprint and
   not (force and seats(installed) == seats(fingerprint)) then
  return {'MISMATCH', installed}
end

-- Whether it was told to forget data since its start. Asked here and now: what a client has read of
-- that may be out of date by a moment, and a lock be gone in it.
local function flushed()
  local statistics = redis.pcall('INFO', 'commandstats')
  return type(statistics) ~= 'string' or
         string.find(statistics, 'cmdstat_flush%a+:calls=[1-9]') or
         string.find(statistics, 'cmdstat_swapdb:calls=[1-9]')
end

-- How long a lease may last that it is waited for. While the node is shut, this may be one of the
-- configuration before.
local lease_ttl = max_ttl
if pass == '' or installed ~= fingerprint then
  lease_ttl = math.max(max_ttl, old_max_ttl)
end

local fresh_pass = string.format('%.0f', now_us)
if installed ~= fingerprint then
  config = fresh_pass
end
if force and installed and installed ~= fingerprint then
  -- Leases under the old configuration must die first, however durable the node is.
  pass, till = '', math.max(till, now + math.max(max_ttl, old_max_ttl))
elseif not known then
  -- Since when an empty node is empty, nobody can say.
  if (trust or new) and not wiped and not flushed() then
    pass, till, young = fresh_pass, now, now + max_ttl
  else
    pass, till = '', now + max_ttl
  end
elseif known ~= run_id then
  -- What a durable node has kept includes that it was shut, and for how long.
  if trust and pass ~= '' then
    pass = fresh_pass
  elseif not trust then
    -- A guard that came from another server has its times by the clock of that one.
    local longest = now + math.max(max_ttl, old_max_ttl)
    local shut_till = pass == '' and math.min(till, longest) or 0
    pass, till = '', math.max(shut_till, now - uptime * 1000 + max_ttl)
    young = math.min(young, longest)
  end
end

if known ~= run_id or installed ~= fingerprint then
  redis.call('HSET', KEYS[1], 'run_id', run_id, 'fingerprint', fingerprint,
             'max_ttl', string.format('%.0f', lease_ttl), 'pass', pass,
             'till', string.format('%.0f', till), 'young', string.format('%.0f', young),
             'hwm', string.format('%.0f', hwm), 'floor', string.format('%.0f', floor),
             'config', config)
end
local is_young = pass ~= '' and now < young
return {'STATE', pass, math.max(till - now, 0), hwm, is_young and '1' or '0', now, config,
        string.format('%.0f', till)}
