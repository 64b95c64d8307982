#!/usr/bin/perl
# Power cuts, made afterwards: powercut.pl IMAGE LOG FOLDER CUTS REORDERED SEED
#
# LOG is what QEMU's blklogwrites driver has written down while a guest used IMAGE, a disk with two partitions: a file
# system, and the record of tests/user/power_work.c. Every prefix of the log is an image that a power cut could have left;
# CUTS of them, evenly spread (0: all), are made, and REORDERED more, in which only some of the writes behind the last flush
# have reached the disk. For each:
#
#     e2fsck -p repairs it without a question; e2fsck -fn then finds nothing;
#     every file that fsync had acknowledged is whole, and as the record says.
#
# With LOG `-` there is one image only: IMAGE itself, whose machine was killed.
#
# Prints one line for each image that fails, then a summary; status 1 if any did. Four images are left in FOLDER, as the
# power cut left them and (.fixed) as e2fsck did.
use strict;
use warnings;

my ($image, $log, $folder, $cuts, $reordered, $seed) = @ARGV;
my ($FLUSH, $SECTOR, $LINE) = (1, 512, 64);
$ENV{PATH} .= ':/sbin:/usr/sbin';
srand $seed;

# --- the disk: where its partitions are -----------------------------------------------------------------------------------

open my $disk, '<:raw', $image or die "$image: $!";

sub disk_read {
    my ($offset, $length) = @_;
    seek $disk, $offset, 0;
    my $bytes;
    read $disk, $bytes, $length;
    return $bytes;
}

# First byte and length of partition N (from 0), from the GPT's entries in sectors 2 and on.
sub partition {
    my ($first, $last) = unpack 'x32 Q<Q<', disk_read(2 * $SECTOR + 128 * $_[0], 128);
    return ($first * $SECTOR, ($last - $first + 1) * $SECTOR);
}

my ($start, $length) = partition(0);
my ($record_start, $record_length) = partition(1);

# --- the log ----------------------------------------------------------------------------------------------------------------

my @entries;

# The bytes of a write are read again when they are needed.
sub log_read {
    open my $file, '<:raw', $log or die "$log: $!";
    my ($super, $header);
    read $file, $super, $SECTOR;
    my ($magic, $version, $count, $sector_size) = unpack 'a8Q<Q<L<', $super;
    die "$log: not a log of writes\n" unless $magic eq "rhswfsj\0" && $sector_size == $SECTOR;
    my $position = $SECTOR;
    for (1 .. $count) {
        seek $file, $position, 0;
        read $file, $header, $SECTOR or last;
        my ($sector, $sectors, $flags) = unpack 'Q<Q<Q<', $header;
        push @entries, {at => $sector * $SECTOR, length => $sectors * $SECTOR, flags => $flags, data => $position + $SECTOR};
        $position += $SECTOR * (1 + ($flags & 4 ? 0 : $sectors));
    }
    return $file;
}

my $log_file = $log eq '-' ? undef : log_read();

sub entry_data {
    my ($entry) = @_;
    seek $log_file, $entry->{data}, 0;
    my $bytes;
    read $log_file, $bytes, $entry->{length};
    return $bytes;
}

# --- images -------------------------------------------------------------------------------------------------------------------

my ($now, $work, $out) = ("$folder/now", "$folder/work", "$folder/out");
system('cp', '--sparse=always', $image, "$now.disk") == 0 or die;
system("dd if=$now.disk of=$now bs=1M iflag=skip_bytes,count_bytes skip=$start count=$length conv=sparse status=none") == 0 or die;
unlink "$now.disk";
my $record = $log eq '-' ? disk_read($record_start, $record_length) : '';

# Applies one write to a file with the file system, or to the record.
sub entry_apply {
    my ($file, $entry) = @_;
    return if $entry->{length} == 0;
    if ($entry->{at} >= $record_start) {
        my $offset = $entry->{at} - $record_start;
        $record .= "\0" x ($offset + $entry->{length} - length $record) if length $record < $offset + $entry->{length};
        substr($record, $offset, $entry->{length}) = entry_data($entry);
    } elsif ($entry->{at} >= $start) {
        seek $file, $entry->{at} - $start, 0;
        print $file entry_data($entry);
    }
}

sub apply_all {
    my ($name, @list) = @_;
    open my $file, '+<:raw', $name or die "$name: $!";
    entry_apply($file, $_) for @list;
    close $file;
}

# --- what must be there ---------------------------------------------------------------------------------------------------------

# The bytes of a version of a file.
sub content {
    my ($n, $version, $size) = @_;
    my $bytes = join '', map { my $line = sprintf "%02u %04u %06x\n", $n, $version % 10000, $_ * 16; $line . '.' x (16 - length $line) }
        0 .. $size / 16 - 1;
    return $bytes;
}

# For each file: what was last done to it, and what was begun and perhaps not done.
sub promises {
    my %files;
    for my $line (map { substr $record, $_ * $LINE, $LINE } 0 .. int(length($record) / $LINE) - 1) {
        my ($what, $n, $version, $size) = $line =~ /^(create|append|cut|remove|done) (\d+) (\d+) (\d+) *\n$/ or last;
        if ($what eq 'done') {
            $files{$n} = {version => $version, size => $size};
        } else {
            $files{$n}{begun} = {what => $what, version => $version, size => $size};
        }
    }
    return \%files;
}

sub file_contents {
    my ($n) = @_;
    open my $file, '<:raw', sprintf('%s/dir%u/file%02u', $out, $n % 3, $n) or return undef;
    local $/;
    return scalar(<$file>) // '';
}

# What is wrong with file N, or nothing.
sub file_wrong {
    my ($n, $promise) = @_;
    my ($begun, $size, $version) = ($promise->{begun}, $promise->{size} // 0, $promise->{version} // 0);
    my $what = $begun ? $begun->{what} : '';
    my $bytes = file_contents($n);
    return undef if $what eq 'create' && defined $bytes && $bytes eq content($n, $begun->{version}, $begun->{size});
    return undef if !defined $bytes && ($size == 0 || $what eq 'remove');
    return "is missing" unless defined $bytes;
    return "is there" if $size == 0;
    my $least = $what eq 'cut' ? $begun->{size} : $size; # behind that there may be zeros already
    return sprintf 'has %u bytes, not %u', length $bytes, $least if length $bytes < $least ||
        (!$begun && length $bytes != $size);
    return "is not what was written" if substr($bytes, 0, $least) ne content($n, $version, $least);
    return undef;
}

# --- one image --------------------------------------------------------------------------------------------------------------------

my ($images, $failed, $acknowledged) = (0, 0, 0);

sub complain {
    my ($name, $text) = @_;
    print "$name: $text\n";
    $failed++;
}

sub image_check {
    my ($name) = @_;
    my $repair = `e2fsck -p $work 2>&1`;
    return complain($name, "e2fsck -p ends with " . ($? >> 8) . ": $repair") if ($? >> 8) > 1;
    my $check = `e2fsck -fn $work 2>&1`;
    return complain($name, "e2fsck -fn ends with " . ($? >> 8) . ": $check") if $? != 0;
    system("rm -rf $out; mkdir $out; debugfs -R 'rdump / $out' $work >/dev/null 2>&1");
    my $files = promises();
    for my $n (sort { $a <=> $b } keys %$files) {
        my $wrong = file_wrong($n, $files->{$n});
        return complain($name, "file $n $wrong") if $wrong;
        $acknowledged++ if $files->{$n}{size};
    }
}

my $kept = 0;

sub image_keep {
    $kept++;
    system('cp', $_[0], "$folder/$kept.$_[1]");
}

sub cut {
    my ($name, $keep, @pending) = @_;
    my $record_before = $record;
    system('cp', $now, $work) == 0 or die;
    apply_all($work, @pending);
    $images++;
    system('cp', $work, "$folder/" . ($kept + 1)) if $keep;
    image_check($name);
    image_keep($work, 'fixed') if $keep;
    $record = $record_before;
}

if ($log eq '-') {
    cut('the disk as it was left', 0);
    print "$acknowledged files that had been acknowledged were looked at\n";
    exit($failed > 0);
}

# --- all of them --------------------------------------------------------------------------------------------------------------------

my $count = @entries;
$cuts = $count if $cuts == 0 || $cuts > $count;
my %cut_at = map { int($_ * $count / $cuts) => 1 } 1 .. $cuts;
my %reorder_at;
$reorder_at{1 + int rand $count} = 1 while keys %reorder_at < $reordered && keys %reorder_at < $count / 2;
my %keep_at = map { (sort { $a <=> $b } keys %cut_at)[$cuts * $_ / 5] => 1 } 1 .. 4;
my @pending;
for my $i (1 .. $count) {
    my $entry = $entries[$i - 1];
    if ($entry->{flags} & $FLUSH) {
        apply_all($now, @pending);
        @pending = ();
    } else {
        push @pending, $entry;
    }
    cut("after $i of $count writes", $keep_at{$i}, @pending) if $cut_at{$i};
    cut("after some of $i of $count writes", 0, grep { $_->{at} >= $record_start || rand() < 0.5 } @pending) if $reorder_at{$i};
}
print "$images images, $failed failed; $acknowledged files that had been acknowledged were looked at\n";
exit($failed > 0);
