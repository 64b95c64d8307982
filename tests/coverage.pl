#!/usr/bin/perl
# Adds up the counters that instrumented kernels have left and writes what gcov reads: coverage.pl FILE...
#
# Each FILE is one boot's, as kernel/coverage.c writes it; all are of the same kernel. Beside each object, where gcov looks for it, goes one
# .gcda of gcc's format (gcov-io.h): magic, version, stamp, then records of tag, length and words; since gcc 12 a checksum before them,
# and lengths in bytes instead of words. A file that ends early, because its machine was ended from outside, is left out.
use strict;
use warnings;

my (%sources, %order);

sub read_boot {
    my ($path) = @_;
    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    my $bytes = <$file> // '';
    my ($at, @read) = (0);
    my $take = sub {
        my ($count) = @_;
        $at += $count;
        return $at <= length $bytes ? substr($bytes, $at - $count, $count) : undef;
    };
    while (1) {
        my $length = unpack 'V', $take->(4) // return 0;
        last if $length == 0;
        my $name = $take->($length) // return 0;
        my ($version, $stamp, $checksum, $functions) = unpack 'V4', $take->(16) // return 0;
        my @functions;
        for (1 .. $functions) {
            my ($ident, $lines, $flow, $number) = unpack 'V4', $take->(16) // return 0;
            push @functions, [$ident, $lines, $flow, [unpack 'Q<*', $take->(8 * $number) // return 0]];
        }
        push @read, [$name, $version, $stamp, $checksum, \@functions];
    }
    add_up($_) for @read;
    return 1;
}

sub add_up {
    my ($read) = @_;
    my ($name, undef, $stamp, undef, $functions) = @$read;
    my $sum = $sources{$name};
    return $sources{$name} = $read if !$sum;
    die "$name: counters of different kernels\n" if $sum->[2] != $stamp;
    for my $i (0 .. $#$functions) {
        my ($total, $more) = ($sum->[4][$i][3], $functions->[$i][3]);
        $total->[$_] += $more->[$_] for 0 .. $#$more;
    }
}

sub write_source {
    my ($name, $version, $stamp, $checksum, $functions) = @_;
    # Four characters, the first two of them the major version: 'A' + tens, ones.
    my $major = 10 * (($version >> 24) - ord 'A') + (($version >> 16 & 0xff) - ord '0');
    my $unit = $major >= 12 ? 4 : 1;
    my $out = pack 'V3', 0x67636461, $version, $stamp;
    $out .= pack 'V', $checksum if $major >= 12;
    $out .= pack 'V4', 0xa1000000, 2 * $unit, 1, 0;
    for (@$functions) {
        my ($ident, $lines, $flow, $counters) = @$_;
        $out .= pack 'V5', 0x01000000, 3 * $unit, $ident, $lines, $flow;
        $out .= pack 'V2 Q<*', 0x01a10000, 2 * @$counters * $unit, @$counters;
    }
    open my $file, '>:raw', $name or die "$name: $!";
    print $file $out, pack 'V', 0;
    close $file or die "$name: $!";
}

my $boots = grep { read_boot($_) } @ARGV;
die "coverage.pl: no counters\n" if !$boots;
write_source(@{ $sources{$_} }) for sort keys %sources;
print "$boots boots, ", scalar keys %sources, " files\n";
