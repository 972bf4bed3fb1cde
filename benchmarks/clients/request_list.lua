-- Sends the requests of a file in order, and checks every response.
-- wrk ... -s request_list.lua URL -- FILE TEXT LINKS: each request stands in FILE after a line with
-- its length, and every body must contain TEXT. If LINKS is not empty, the tokens of the links in
-- the responses are written to that file. Prints one line of JSON at the end.

sent, unexpected, statuses, links = 0, 0, {}, {}

local requests, text = {}, ""
local links_file = ""
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  text = arguments[2] or ""
  links_file = arguments[3] or ""
  local file = assert(io.open(arguments[1], "rb"))
  for length in function() return file:read("*n") end do
    file:read(1)
    table.insert(requests, file:read(length))
  end
  file:close()
  if links_file ~= "" then
    links = assert(io.open(links_file, "w"))
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function response(status, _, body)
  statuses[tostring(status)] = (statuses[tostring(status)] or 0) + 1
  if text ~= "" and not body:find(text, 1, true) then
    unexpected = unexpected + 1
  end
  if links_file ~= "" then
    links:write((body:match('/h/([%w_.-]+)') or ""), "\n")
    links:flush()
  end
end

local function sum(errors)
  return errors.connect + errors.read + errors.write + errors.timeout
end

function done(summary, latency, _)
  local seen = {}
  local thread = threads[1]
  for status, number in pairs(thread:get("statuses")) do
    table.insert(seen, string.format('"%s": %d', status, number))
  end
  io.write(string.format(
    '\n{"requests": %d, "seconds": %f, "median": %f, "p99": %f, "longest": %f, '
      .. '"sent": %d, "unexpected": %d, "broken": %d, "statuses": {%s}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    thread:get("sent"), thread:get("unexpected"), sum(summary.errors), table.concat(seen, ", ")
  ))
end
