#!/usr/bin/perl
# Asks for more of one resource than the instance may have, and says which share of its limit it got.
#
#   limits.pl WHAT SECONDS CPUS MIB MIB_PER_S
#
#   cpu     twice as many busy processes as there are CPUs
#   memory  a child that takes memory until it is killed
#   io      direct writes, as many as go through in that time
#
# perl-base is part of every Debian.
use strict;
use warnings;
use Fcntl;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

$| = 1;
my ($what, $seconds, @limits) = @ARGV;
my %asks = (cpu => [\&cpu, 0], memory => [\&memory, 1], io => [\&io, 2]);
my ($ask, $place) = @{$asks{$what} or die "limits.pl: what is '$what'?\n"};
my $limit = $limits[$place];
my ($got, $unit) = $ask->();
printf "got %.3f of %s %s\n", $got, $limit, $unit;
printf "share of limit: %.4f\n", $got / $limit;

sub now { return clock_gettime(CLOCK_MONOTONIC) }

# CPU-seconds per second of all busy children together.
sub cpu {
    my $began = now();
    for (1 .. 2 * $limit) {
        next if fork();
        1 while now() < $began + $seconds;
        exit 0;
    }
    1 while wait() > 0;
    my (undef, undef, $user, $system) = times();
    return (($user + $system) / (now() - $began), "CPUs");
}

# MiB that the child had touched when it was killed; it tells of each as it goes.
sub memory {
    pipe(my $from, my $to) or die "pipe: $!\n";
    my $child = fork();
    if (!$child) {
        my @taken;
        while (@taken < 4 * $limit) {
            push @taken, "x" x (1 << 20);
            syswrite $to, ".";
        }
        exit 0;
    }
    close $to;
    my $got = 0;
    while (my $read = sysread $from, my $dots, 65536) { $got += $read }
    waitpid $child, 0;
    die "the child took $got MiB and nobody stopped it\n" unless $? & 127;
    return ($got, "MiB");
}

# MiB/s written past the page cache, in pieces of 64 KiB so that the last one does not weigh.
sub io {
    my $file = "/var/tmp/limits";
    sysopen my $to, $file, O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT(), 0600 or die "$file: $!\n";
    my $size = 64 << 10;
    my $room = "x" x ($size + 4096);    # O_DIRECT takes aligned memory only
    my $skip = -unpack("J", pack("P", $room)) % 4096;
    my ($began, $got) = (now(), 0);
    while (now() < $began + $seconds) {
        $got += syswrite($to, $room, $size, $skip) // die "write: $!\n";
        sysseek $to, 0, 0 if $got % (32 << 20) == 0;    # the file stays small
    }
    my $rate = $got / (1 << 20) / (now() - $began);
    unlink $file;
    return ($rate, "MiB/s");
}
