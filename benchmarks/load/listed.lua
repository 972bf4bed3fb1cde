-- Sends the requests of a file, one after the other, and looks at every answer.
-- wrk ... -s listed.lua URL -- FILE WORD: each request stands in the file after a line with its
-- length, and WORD has to be in every body. Prints one line of JSON at the end.

sent, lacking, statuses = 0, 0, {}

local requests, word = {}, ""
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  word = arguments[2] or ""
  local file = assert(io.open(arguments[1], "rb"))
  for length in function() return file:read("*n") end do
    file:read(1)
    table.insert(requests, file:read(length))
  end
  file:close()
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function response(status, _, body)
  statuses[tostring(status)] = (statuses[tostring(status)] or 0) + 1
  if word ~= "" and not body:find(word, 1, true) then
    lacking = lacking + 1
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
      .. '"sent": %d, "lacking": %d, "broken": %d, "statuses": {%s}}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3,
    thread:get("sent"), thread:get("lacking"), sum(summary.errors), table.concat(seen, ", ")
  ))
end
