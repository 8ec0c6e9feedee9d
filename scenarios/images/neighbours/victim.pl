#!/usr/bin/perl
# One piece of work beside a neighbour, by the command of the scenario that measures it alone.
#
#   victim.pl VICTIM SECONDS FOLDER
#
#   cpu       events of sysbench
#   memory    bytes copied; it has no tail of single operations
#   disk      writes of 4 KiB at random, one at a time, past the page cache
#   function  requests to a Python function, one at a time, on the instance's own loopback
#
# What it needs is made when it is first asked for, before its window. Lines go out as they come, and behind them
# `work_per_s: N` and `tail_us: N`, the 99th percentile of single operations.
use strict;
use warnings;
use IO::Socket::INET;
use Time::HiRes qw(sleep);

$| = 1;
my ($victim, $seconds, $folder) = @ARGV;
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
);
my %tells = (cpu => "events per second", memory => "bytes_per_s", disk => "operations_per_s", function => "requests_per_s");
my $command = $commands{$victim} or die "victim.pl: what is '$victim'?\n";
run("cc", "-O2", "-o", $memory, "/opt/isobench/memory.c") if $victim eq "memory" && !-x $memory;
run("/opt/isobench/disk.py", "lay", "volume", $folder) if $victim eq "disk" && !-e "$folder/file";
my $service = $victim eq "function" ? serve() : undef;
my %found;
open my $from, "-|", @$command or die "$command->[0]: $!\n";
while (<$from>) {
    print;
    $found{work_per_s} = $1 if /^\s*$tells{$victim}:\s+([0-9.]+)/;
    $found{tail_us} = $1 if /^latency_p99_us: ([0-9.]+)/;
    $found{tail_us} = 1000 * $1 if /^(?:\s+99th percentile:\s+|latency_p99_ms: )([0-9.]+)/;
}
close $from;
my $status = $?;
if ($service) { kill "TERM", $service; waitpid $service, 0 }
die "$command->[0] ended with status $status\n" if $status;
printf "%s: %.3f\n", $_, $found{$_} for sort keys %found;

sub run { system(@_) == 0 or die "$_[0] ended with status $?\n" }

sub serve {
    my $pid = fork() // die "fork: $!\n";
    exec "/opt/isobench/function.py", "127.0.0.1", $port or die "function.py: $!\n" unless $pid;
    for (1 .. 3000) {
        return $pid if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port");
        sleep 0.01;
    }
    die "the function does not answer\n";
}
