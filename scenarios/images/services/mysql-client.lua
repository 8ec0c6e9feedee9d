-- sysbench's own oltp_read_only or oltp_read_write. What the server counted meanwhile is printed at the end.
require("oltp_" .. os.getenv("MODE"))

local function ask(query)
    local connection = sysbench.sql.driver():connect()
    local rows = connection:query(query)
    local found = {}
    for _ = 1, rows.nrows do
        local row = rows:fetch_row()
        found[row[1]] = tonumber(row[2])
    end
    connection:disconnect()
    return found
end

-- Innodb_data_fsyncs counts those of the log too: in MariaDB 10.11 both go through one function.
local function counters()
    return ask("SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_data_fsyncs', 'Com_commit')")
end

local before

function init()
    local rows = ask("SELECT 'rows', COUNT(*) FROM sbtest1").rows
    assert(rows == sysbench.opt.table_size, "the table has " .. rows .. " rows")
    before = counters()
end

function done()
    local after = counters()
    local fsyncs = after.Innodb_data_fsyncs - before.Innodb_data_fsyncs
    local commits = after.Com_commit - before.Com_commit
    print(("fsyncs %d, commits %d, fsyncs per transaction: %.4f"):format(fsyncs, commits, fsyncs / commits))
end
