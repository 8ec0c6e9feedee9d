#!/usr/bin/perl
# Does one known thing, and says when: inject.pl TRUTH AMOUNT [FOLDER].
#   delay MS              waits before it is ready
#   memory MIB            touches so much beside 256 MiB, is ready, and keeps it while the host reads
#   quota PERCENT         is ready, gives the host time to impose the quota, and counts work; PERCENT is the host's affair
#   rate HZ               says a line HZ times a second, by its own clock
#   written MIB FOLDER    is ready, and writes a new file, which is on the disk when it ends; MIB in steps of 4
# Only what Debian's minimal base holds. Lines that mark a stretch are equally long, so that what it costs to bring
# them out is the same at both ends.
use strict;
use warnings;
use Fcntl qw(O_CREAT O_DIRECT O_WRONLY);
use IO::Handle;
use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC);

my ($truth, $amount, $folder) = @ARGV;
my ($base_bytes, $piece, $page) = (256 << 20, 4 << 20, 4096);
$| = 1;

sub now { return clock_gettime(CLOCK_MONOTONIC) }

sub until_time {
    my ($end) = @_;
    while ((my $left = $end - now()) > 0) { sleep($left) }
}

sub took { printf "inject took %.6f\n", $_[0] }

sub delay {
    print "inject begin\n";
    my $begin = now();
    until_time($begin + $amount / 1000);
    my $end = now();
    print "inject ready\n";
    took($end - $begin);
}

# A guest first takes pages that its boot has touched, and they cost the host nothing: the base uses those up.
sub memory {
    my ($held, $base) = ('', '');
    vec($base, $base_bytes - 1, 8) = 1;
    vec($held, ($amount << 20) - 1, 8) = 1 if $amount;    # grows in one step, and writes every byte of it
    print "inject ready\n";
    sleep(2.5);
    die "lost what it held\n" if length($held) != $amount << 20 || length($base) != $base_bytes;
}

sub quota {
    print "inject ready\n";
    sleep(0.5);
    print "inject begin\n";
    my ($begin, $done, $now) = (now(), 0);
    do {
        my $sum = 0;
        $sum += $_ for 1 .. 1000;
        $done++;
        $now = now();
    } while ($now < $begin + 2);
    print "inject ended\n";
    took($now - $begin);
    printf "inject work %.3f\n", $done / ($now - $begin);
}

sub rate {
    print "inject ready\n";
    my $count = 2 * $amount;
    print "inject begin\n";
    my $begin = now();
    for my $tick (1 .. $count - 1) {
        until_time($begin + $tick / $amount);
        print "inject ticks\n";
    }
    until_time($begin + 2);
    my $end = now();
    print "inject ended\n";
    took($end - $begin);
}

sub opened {
    my ($path) = @_;
    for my $how (O_DIRECT, 0) {    # not every file system knows O_DIRECT
        if (sysopen(my $file, $path, O_WRONLY | O_CREAT | $how, 0600)) { return $file }
    }
    die "cannot write to $path: $!\n";
}

sub written {
    my $held = 'x' x ($piece + $page);
    my $skip = -unpack('J', pack('P', $held)) % $page;    # O_DIRECT takes whole pages of memory only
    print "inject ready\n";
    my $file = opened("$folder/written");
    for (1 .. ($amount << 20) / $piece) {
        my $took = syswrite($file, $held, $piece, $skip);
        defined $took && $took == $piece or die "cannot write: $!\n";
        $file->sync or die "cannot bring it to the disk: $!\n";
    }
    close($file) or die "cannot close: $!\n";
}

my %truths = (delay => \&delay, memory => \&memory, quota => \&quota, rate => \&rate, written => \&written);
($truths{$truth} or die "no truth is called $truth\n")->();
