#!/usr/bin/perl
# One piece of work beside a neighbour, by the command of the scenario that measures it alone.
#
#   victim.pl prepare|work VICTIM SECONDS FOLDER
#
#   cpu       events of sysbench
#   memory    bytes copied; it has no tail of single operations
#   disk      writes of 4 KiB at random, one at a time, past the page cache
#   function  requests to a Python function, one at a time, on the instance's own loopback
#   network   messages of 64 bytes over TCP and back, one at a time, on the same
#   mysql     transactions that read and write, by one client through the server's socket, its data in FOLDER
#
# What it needs is made beforehand, when nobody is beside it. Lines go out as they come, and behind them `work_per_s: N`
# and `tail_us: N`, the 99th percentile of single operations.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep);

$| = 1;
my ($does, $victim, $seconds, $folder) = @ARGV;
my $memory = "/usr/local/bin/memory";
my $port = 7008;
my %commands = (
    cpu => ["sysbench", "cpu", "--threads=1", "--time=$seconds", "--cpu-max-prime=10000", "--percentile=99", "run"],
    memory => [$memory, "copy", $seconds],
    disk => ["/opt/isobench/disk.py", "random-write", "volume", $folder, 1, $seconds],
    function => [
        qw(wrk --threads 1 --connections 1 --duration), "${seconds}s",
        qw(--latency --script /opt/isobench/wrk.lua), "http://127.0.0.1:$port/",
    ],
    network => [
        qw(sockperf ping-pong --tcp --ip 127.0.0.1 --port), $port,
        qw(--msg-size 64 --full-rtt --time), $seconds,
    ],
    mysql => [    # for longer: an emulated machine gets through a few in a second
        qw(/opt/isobench/mysql-client.sh socket 127.0.0.1), $port, "read_write", 1, 3 * $seconds, "--percentile=99",
    ],
);
my %preparations = (
    memory => ["cc", "-O2", "-o", $memory, "/opt/isobench/memory.c"],
    disk => ["/opt/isobench/disk.py", "lay", "volume", $folder],
);
my %servers = (
    function => ["/opt/isobench/function.py", "127.0.0.1", $port],
    network => [qw(sockperf server --tcp --ip 127.0.0.1 --port), $port],
    mysql => [
        qw(mariadbd --defaults-file=/opt/isobench/mysql.cnf --bind-address=127.0.0.1), "--port=$port",
        "--datadir=$folder/mysql",
    ],
);
my %tells = (
    cpu => qr/^\s+events per second:\s+([0-9.]+)/,
    memory => qr/^bytes_per_s: ([0-9.]+)/,
    disk => qr/^operations_per_s: ([0-9.]+)/,
    function => qr/^requests_per_s: ([0-9.]+)/,
    network => qr/^sockperf: \[Valid Duration\] RunTime=([0-9.]+) sec; SentMessages=[0-9]+; ReceivedMessages=([0-9]+)/,
    mysql => qr/^\s+transactions:\s+[0-9]+\s+\(([0-9.]+) per sec/,
);
my $command = $commands{$victim} or die "victim.pl: what is '$victim'?\n";
if ($does eq "prepare") {
    end(serve("/opt/isobench/mysql.sh", "$folder/mysql", "127.0.0.1", $port)) if $victim eq "mysql";
    exec @{$preparations{$victim}} or die "$preparations{$victim}[0]: $!\n" if $preparations{$victim};
    exit 0;
}
my $server = $servers{$victim} ? serve(@{$servers{$victim}}) : undef;
my %found;
open my $from, "-|", @$command or die "$command->[0]: $!\n";
while (<$from>) {
    print;
    $found{work_per_s} = defined $2 ? $2 / $1 : $1 if $_ =~ $tells{$victim};
    $found{tail_us} = $1 if /^(?:latency_p99_us: |sockperf: ---> percentile 99\.000 = +)([0-9.]+)/;
    $found{tail_us} = 1000 * $1 if /^(?:\s+99th percentile:\s+|latency_p99_ms: )([0-9.]+)/;
}
close $from;
my $status = $?;
end($server) if $server;
die "$command->[0] ended with status $status\n" if $status;
printf "%s: %.3f\n", $_, $found{$_} for sort keys %found;

# A server that never answers is the trial's own time to bound.
sub serve {
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) { exec @_ or die "$_[0]: $!\n" }
    until (answers()) {
        die "$_[0] ended before it answered\n" if waitpid($pid, WNOHANG) == $pid;
        sleep 0.01;
    }
    return $pid;
}

sub end {
    my ($server) = @_;
    kill "TERM", $server;
    waitpid $server, 0;
}

# MariaDB lets in whoever comes, and greets once it is ready; the others wait to be asked.
sub answers {
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or return 0;
    return $victim ne "mysql" || sysread $socket, my $greeting, 1;
}
