#!/usr/bin/perl
# The text on a screenshot: screen-text.pl FONT.PSF SHOT.PPM. Each cell is compared with the font's glyphs, so what is printed is exactly what is
# to be read on the screen; the cursor's cell is read as what stands in it; "?" where there is no such glyph.
use strict;
use warnings;

my ($font_file, $shot_file) = @ARGV;

sub slurp {
    my ($name) = @_;
    open(my $in, '<:raw', $name) or die "$name: $!\n";
    local $/;
    return scalar <$in>;
}

# PSF, version 1: 8 pixels wide; behind the bitmaps each glyph's characters, ended by 0xffff.
my $font = slurp($font_file);
my ($magic, $mode, $height) = unpack('vCC', $font);
die "$font_file: not a PSF font of version 1\n" unless $magic == 0x0436;
my $glyphs = $mode & 1 ? 512 : 256;
my %character;
my @entries = unpack('v*', substr($font, 4 + $glyphs * $height));
for my $glyph (0 .. $glyphs - 1) {
    my $bitmap = substr($font, 4 + $glyph * $height, $height);
    while (@entries && (my $entry = shift @entries) != 0xffff) {
        $character{$bitmap} = chr($entry) if $entry >= 32 && $entry < 127;
    }
}

my $shot = slurp($shot_file);
$shot =~ s/^P6\s+(\d+)\s+(\d+)\s+255\s// or die "$shot_file: not a PPM picture\n";
my ($width, $rows) = ($1, $2);

# The cell's bitmap: pixels that differ from the one in its corner, which no glyph that matters here uses.
sub cell {
    my ($column, $row) = @_;
    my $bitmap = '';
    my $background = substr($shot, 3 * ($row * $height * $width + $column * 8), 3);
    for my $y (0 .. $height - 1) {
        my $bits = 0;
        for my $x (0 .. 7) {
            my $pixel = substr($shot, 3 * (($row * $height + $y) * $width + $column * 8 + $x), 3);
            $bits = $bits << 1 | ($pixel ne $background);
        }
        $bitmap .= chr($bits);
    }
    return $bitmap;
}

for my $row (0 .. int($rows / $height) - 1) {
    my $text = join('', map { my $found = $character{cell($_, $row)}; defined $found ? $found : '?' } 0 .. int($width / 8) - 1);
    $text =~ s/ +$//;
    print "$text\n";
}
