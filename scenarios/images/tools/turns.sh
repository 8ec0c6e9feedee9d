# What a script sources to do one thing again and again for some seconds: turns THING SECONDS

# Hundredths of a second of a monotonic clock, read without starting a process, into $now.
look_at_clock() {
    read -r up _ </proc/uptime
    now=$((${up%.*} * 100 + 1${up#*.} - 100))
}

# Leave the number of turns in $turns and the time they took in $hundredths; the first, cold turn lies before the window.
turns() {
    "$1"
    turns=0
    echo 'window begins'
    look_at_clock
    began=$now
    while [ $((now - began)) -lt $(($2 * 100)) ]; do
        "$1"
        turns=$((turns + 1))
        look_at_clock
    done
    hundredths=$((now - began))
    echo 'window ended'
}
