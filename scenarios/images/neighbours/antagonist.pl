#!/usr/bin/perl
# A neighbour that takes all it can get of one resource, inside its own limits, until it is told to stop.
#
#   antagonist.pl WHAT PROCESSES FOLDER SECONDS
#
#   cpu      a busy loop                           counted: a thousand turns
#   memory   copies through 48 MiB                 counted: MiB
#   forks    processes that fork as often as they can, until refused and on    counted: attempts
#   disk     writes of 64 KiB past the page cache, to a file that stays small  counted: writes
#   send     datagrams of 64 bytes to a socket that nobody reads               counted: datagrams
#   receive  a stream read from a process that sends all it can                counted: KiB
#
# Bounded whatever holds it: SECONDS in time, 2 * PROCESSES in processes, 32 MiB of disk at a time, its own loopback.
# It says `antagonist works` once it does, and at its end `work_per_s: N`.
use strict;
use warnings;
use Fcntl;
use IO::Handle;
use IO::Socket::INET;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

$| = 1;
my ($what, $processes, $folder, $seconds) = @ARGV;
my %does = (
    cpu => \&cpu, memory => \&memory, forks => \&forks, disk => \&disk, send => \&send_on, receive => \&receive,
);
my $work = $does{$what} or die "antagonist.pl: what is '$what'?\n";
my ($over, $bomb, $began) = (0, 0, undef);
$SIG{TERM} = $SIG{ALRM} = sub { $over = 1; kill "KILL", -$bomb if $bomb };
alarm $seconds;
my $done = $work->();
kill "KILL", -$bomb if $bomb;
printf "work_per_s: %.3f\n", $done / (now() - $began) if $began;
exit 0;

sub now { return clock_gettime(CLOCK_MONOTONIC) }

sub begin {
    $began = now();
    print "antagonist works\n";
}

sub cpu {
    my $turns = 0;
    begin();
    until ($over) {
        for (1 .. 1000) { }
        $turns++;
    }
    return $turns;
}

sub memory {
    my $from = "x" x (24 << 20);
    my ($to, $copied) = ("", 0);
    begin();
    until ($over) {
        substr($to, 0) = $from;
        $copied += 24;
    }
    return $copied;
}

# All are of one group, which ends as a whole. A token for each process there may ever be bounds them without any limit.
sub forks {
    pipe(my $told, my $tell) or die "pipe: $!\n";
    pipe(my $take, my $give) or die "pipe: $!\n";
    syswrite $give, "." x (2 * $processes);
    fcntl($take, F_SETFL, O_NONBLOCK);
    fcntl($tell, F_SETFL, O_NONBLOCK);
    $bomb = fork() // die "fork: $!\n";
    if (!$bomb) {
        setpgrp;
        $SIG{TERM} = $SIG{ALRM} = "DEFAULT";
        close $told;
        multiply($take, $tell);
    }
    close $tell;
    my $attempts = 0;
    begin();
    until ($over) {
        my $read = sysread($told, my $dots, 4096) or last;
        $attempts += 10 * $read;
    }
    return $attempts;
}

sub multiply {
    my ($take, $tell) = @_;
    my $held = 0;
    for (my $attempts = 1; ; $attempts++) {
        syswrite $tell, "." if $attempts % 10 == 0;
        $held ||= sysread($take, my $token, 1) or next;
        my $child = fork();
        next unless defined $child;    # refused: the token is kept for the next try
        $held = 0;
        $attempts = 0 if !$child;
    }
}

sub disk {
    my ($file, $size) = ("$folder/antagonist", 64 << 10);
    my $room = "x" x ($size + 4096);    # O_DIRECT takes aligned memory only
    my $skip = -unpack("J", pack("P", $room)) % 4096;
    sysopen my $to, $file, O_WRONLY | O_CREAT | O_DIRECT(), 0600 or die "$file: $!\n";
    my $written = 0;
    begin();
    until ($over) {
        defined(syswrite $to, $room, $size, $skip) or die "write: $!\n";
        sysseek $to, 0, 0 if ++$written * $size % (32 << 20) == 0;
    }
    unlink $file;
    return $written;
}

sub send_on {
    my $deaf = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1") or die "socket: $!\n";
    my $to = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1", PeerPort => $deaf->sockport)
      or die "socket: $!\n";
    my ($datagram, $sent) = ("x" x 64, 0);
    begin();
    until ($over) { $sent++ if defined syswrite $to, $datagram }
    return $sent;
}

sub receive {
    my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die "socket: $!\n";
    $bomb = fork() // die "fork: $!\n";
    if (!$bomb) {
        setpgrp;
        $SIG{TERM} = $SIG{ALRM} = "DEFAULT";
        my $to = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $listener->sockport) or die "socket: $!\n";
        my $piece = "x" x (64 << 10);
        1 while syswrite $to, $piece;
        exit 0;
    }
    my $from = $listener->accept or die "accept: $!\n";
    my $read = 0;
    begin();
    until ($over) { $read += sysread($from, my $piece, 64 << 10) || last }
    return $read / 1024;
}
