#!/usr/bin/perl
# Asks for more of one resource than the instance may have; says which share of its limit it got, and what happened.
#
#   limits.pl WHAT=LIMIT SECONDS FOLDER
#
#   cpu        twice as many busy processes as there are CPUs
#   memory     a child that takes MiB until it is killed; memory and swap have one limit
#   processes  children that sleep
#   files      the same device, opened again and again
#   write, read, write-operations, read-operations
#              direct writes or reads, as many as go through in that time: MiB/s by 64 KiB, operations by 4 KiB
#   shm, tmpfs, disk
#              MiB of one file in /dev/shm, in FOLDER, or in the image's own layer
#
# At the limit, as bench/model/codes.py has it: 0 ignored, 1 throttled, 2 refused, 3 killed one. What ends the whole
# instance ends this script too: that is for the host to see. perl-base is part of every Debian.
use strict;
use warnings;
use Fcntl;
use IO::Handle;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

$| = 1;
my ($asked, $seconds, $folder) = @ARGV;
my ($what, $limit) = split /=/, $asked;
my ($ignored, $throttled, $refused, $killed_one) = (0, 1, 2, 3);
my $within = 1.1;     # of a rate, over a few seconds
my $asked_for = 2;    # times the limit, of what can be counted
my %asks = (
    cpu => \&cpu,
    memory => \&memory,
    processes => \&processes,
    files => \&files,
    (map { my $how = $_; $how => sub { transfer($how) } } qw(write read write-operations read-operations)),
    shm => sub { fill("/dev/shm") },
    tmpfs => sub { fill($folder) },
    disk => \&disk,
);
my $ask = $asks{$what} or die "limits.pl: what is '$what'?\n";
my ($got, $unit, $at_limit) = $ask->();
$at_limit //= $got > $within * $limit ? $ignored : $throttled;
printf "got %.3f of %s %s\n", $got, $limit, $unit;
printf "share of limit: %.4f\n", $got / $limit;
print "at limit: $at_limit\n";

sub now { return clock_gettime(CLOCK_MONOTONIC) }

sub refusal {
    printf "refused with errno %d: %s\n", $!, $!;
    return $refused;
}

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
    return ($got, "MiB", $? & 127 ? $killed_one : $? ? $refused : $ignored);
}

# Children that live at the same time, and their parent; the instance's own processes count too, and are not seen here.
sub processes {
    my (@children, $at_limit);
    $SIG{ALRM} = "DEFAULT";
    while (@children < $asked_for * $limit) {
        my $child = fork();
        if (!defined $child) { $at_limit = refusal(); last }
        if (!$child) { sleep 3600; exit 0 }
        push @children, $child;
    }
    kill "KILL", @children;
    1 while wait() > 0;
    return (1 + @children, "processes", $at_limit // $ignored);
}

sub files {
    my (@open, $at_limit);
    while (@open < $asked_for * $limit) {
        if (!open my $file, "<", "/dev/null") { $at_limit = refusal(); last }
        else { push @open, $file }
    }
    return (3 + @open, "open files", $at_limit // $ignored);
}

# MiB/s or operations/s past the page cache, in pieces so small that the last one does not weigh.
sub transfer {
    my ($how) = @_;
    my ($reads, $counts) = (scalar $how =~ /^read/, scalar $how =~ /operations$/);
    my ($file, $piece, $length) = ("/var/tmp/limits", 64 << 10, 4 << 20);
    my $size = $counts ? 4 << 10 : $piece;
    my $room = "x" x ($piece + 4096);    # O_DIRECT takes aligned memory only
    my $skip = -unpack("J", pack("P", $room)) % 4096;
    sysopen my $to, $file, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT(), 0600 or die "$file: $!\n";
    syswrite($to, $room, $piece, $skip) // die "write: $!\n" for 1 .. $length / $piece;
    $to->sync;    # laid before, so that nothing but data moves
    sysseek $to, 0, 0;
    my ($began, $done) = (now(), 0);
    while (now() < $began + $seconds) {
        my $moved = $reads ? sysread($to, $room, $size, $skip) : syswrite($to, $room, $size, $skip);
        $moved // die "$how: $!\n";
        sysseek $to, 0, 0 if ++$done * $size % $length == 0;    # the file stays small
    }
    my $rate = $done / (now() - $began);
    unlink $file;
    return $counts ? ($rate, "operations/s") : ($rate * $size / (1 << 20), "MiB/s");
}

# MiB that a file in memory takes until there is no room.
sub fill {
    my ($in) = @_;
    my ($file, $got, $at_limit) = ("$in/limits", 0, $ignored);
    open my $to, ">", $file or die "$file: $!\n";
    my $piece = "x" x (1 << 20);
    while ($got < $asked_for * $limit) {
        if ((syswrite($to, $piece) // 0) < length $piece) { $at_limit = refusal(); last }
        $got++;
    }
    close $to;
    unlink $file;
    return ($got, "MiB", $at_limit);
}

# MiB that the image's own layer gives to one file; reserved, not written, so that no disk is slow.
sub disk {
    my ($file, $got, $step, $at_limit) = ("/var/tmp/limits", 0, 32, $ignored);
    while ($got < $asked_for * $limit) {
        my $to = $got + $step;
        my $said = qx(fallocate --length ${to}MiB $file 2>&1);
        if ($?) {
            die "fallocate: $said" unless $said =~ /No space left|quota exceeded/i;
            print $said;
            $at_limit = $refused;
            last;
        }
        $got = $to;
    }
    unlink $file;
    return ($got, "MiB", $at_limit);
}
