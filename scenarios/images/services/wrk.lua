-- Prints wrk's own figures as `name: value`, and ends with a failure when any request failed.
function setup(thread)
    io.write("window begins\n")
    io.flush()
end

function done(summary, latency, requests)
    local seconds = summary.duration / 1e6
    io.write("window ended\n")
    io.write(("window seconds: %.6f\n"):format(seconds))
    io.write(("requests: %d\n"):format(summary.requests))
    io.write(("requests_per_s: %.3f\n"):format(summary.requests / seconds))
    io.write(("bytes_per_s: %.1f\n"):format(summary.bytes / seconds))
    io.write(("latency_p50_ms: %.3f\n"):format(latency:percentile(50) / 1e3))
    io.write(("latency_p99_ms: %.3f\n"):format(latency:percentile(99) / 1e3))
    local failed = 0
    for kind, count in pairs(summary.errors) do
        failed = failed + count
        if count > 0 then
            io.write(("errors, %s: %d\n"):format(kind, count))
        end
    end
    io.flush()
    os.exit(failed == 0 and summary.requests > 0 and 0 or 1)
end
