#!lua name=keeper
-- What redis is asked: to fill itself, to answer as keep-function does, and to tell a digest of all it holds.
local KEYS, NUMBERS = 1024, 455 -- a number takes 9 bytes: a value fills a page

redis.register_function('fill', function()
    math.randomseed(1)
    for key = 1, KEYS do
        local numbers = {}
        for place = 1, NUMBERS do numbers[place] = math.random() end
        redis.call('SET', key, cmsgpack.pack(unpack(numbers)))
    end
    return redis.status_reply('ready')
end)

redis.register_function('held', function()
    local digests = {}
    for key = 1, KEYS do digests[key] = redis.sha1hex(redis.call('GET', key)) end
    return cjson.encode({ held = redis.sha1hex(table.concat(digests)) })
end)

redis.register_function('answer', function()
    local sum, own, now = 0, {}, redis.call('TIME')
    for key = 1, KEYS do sum = sum + string.byte(redis.call('GETRANGE', key, 2048, 2048)) end
    for place = 1, 5 do own[place] = redis.call('RANDOMKEY') end
    return cjson.encode({
        answered = redis.call('INCR', 'answered'),
        data = sum,
        own = table.concat(own, ' '),
        clock = now[1] + now[2] / 1e6,
    })
end)
