#!/usr/bin/perl
# A feed-forward network in plain Perl, and the bridge by which backproof asks it.
use strict; use warnings; use JSON::PP; use List::Util qw(sum0 max); use POSIX qw(tanh);
$| = 1;

my %activation = (
    identity => [sub { $_[0] }, sub { 1 }],    # value by z, slope by the value
    sigmoid  => [sub { 1 / (1 + exp(-$_[0])) }, sub { $_[0] * (1 - $_[0]) }],
    tanh     => [sub { tanh($_[0]) }, sub { (1 - $_[0]) * (1 + $_[0]) }],
    relu     => [sub { $_[0] > 0 ? $_[0] : 0 }, sub { $_[0] > 0 ? 1 : 0 }],
);
my %head = (
    'sigmoid cross_entropy'  => sub { my ($z, $y) = @_; max($z, 0) - $y * $z + log1p(exp(-abs $z)) },
    'identity squared_error' => sub { my ($z, $y) = @_; ($z - $y)**2 / 2 },
);
my %about = (
    protocol => 1, name => 'Perl net', version => "$]",
    capabilities => [qw(forward hidden loss gradient train)],
    scope => {
        activations => [sort keys %activation], heads => [map { [split] } sort keys %head],
        optimizers => ['gradient_descent'], batches => JSON::PP::true, soft_targets => JSON::PP::true,
        mixed_activations => JSON::PP::true,
    },
);

sub log1p { my $u = 1 + $_[0]; $u == 1 ? $_[0] : log($u) * $_[0] / ($u - 1) }    # Kahan's

# Layers [weights by input and unit, biases] from numbers in the order of the protocol, and back.
sub layers {
    my ($r, @numbers) = @_;
    my @n = @{$r->{widths}};
    return map { my ($in, $out) = @n[$_, $_ + 1];
        [[map { [splice @numbers, 0, $out] } 1 .. $in], [splice @numbers, 0, $out]] } 0 .. $#n - 1;
}
sub numbers { map { (map { @$_ } @{$_->[0]}), @{$_->[1]} } @_ }

sub rows { my ($columns, @numbers) = @_; map { [splice @numbers, 0, $columns] } 1 .. @numbers / $columns }

# The units of every layer, from the inputs of one row to its outputs, and the last logits.
sub forward {
    my ($r, $net, $x) = @_;
    my (@units, @z) = ($x);
    for my $l (0 .. $#$net) {
        my ($w, $b) = @{$net->[$l]};
        my $f = $activation{$r->{activations}[$l] // $r->{output}}[0];
        @z = map { my $k = $_; $b->[$k] + sum0(map { $units[-1][$_] * $w->[$_][$k] } 0 .. $#$w) } 0 .. $#$b;
        push @units, [map { $f->($_) } @z];
    }
    return \@units, \@z;
}

sub loss {
    my ($r, $net, $x, $y) = @_;
    my $each = $head{"$r->{output} $r->{loss}"};
    return sum0(map { my $i = $_; my (undef, $z) = forward($r, $net, $x->[$i]);
        map { $each->($z->[$_], $y->[$i][$_]) } 0 .. $#$z } 0 .. $#$x) / @$x;
}

sub gradient {
    my ($r, $net, $x, $y) = @_;
    my @sums = layers($r, map { 0 } numbers(@$net));
    for my $i (0 .. $#$x) {
        my ($units) = forward($r, $net, $x->[$i]);
        my @delta = map { ($units->[-1][$_] - $y->[$i][$_]) / @$x } 0 .. $#{$units->[-1]};
        for my $l (reverse 0 .. $#$net) {
            my ($w, $in, $s) = ($net->[$l][0], $units->[$l], $sums[$l]);
            for my $k (0 .. $#delta) {
                $s->[1][$k] += $delta[$k];
                $s->[0][$_][$k] += $delta[$k] * $in->[$_] for 0 .. $#$in;
            }
            last if $l == 0;
            my $slope = $activation{$r->{activations}[$l - 1]}[1];
            @delta = map { my $v = $w->[$_];
                $slope->($in->[$_]) * sum0(map { $v->[$_] * $delta[$_] } 0 .. $#delta) } 0 .. $#$in;
        }
    }
    return numbers(@sums);
}

sub train {
    my ($r, $net, $x, $y) = @_;
    my ($n, @p) = (scalar @$x, numbers(@$net));
    my $size = $r->{batch_size} // $n;
    for (1 .. $r->{epochs}) {
        for (my $from = 0; $from < $n; $from += $size) {
            my @batch = $from .. ($from + $size < $n ? $from + $size : $n) - 1;
            my @g = gradient($r, [layers($r, @p)], [@$x[@batch]], [@$y[@batch]]);
            $p[$_] -= $r->{learning_rate} * $g[$_] for 0 .. $#p;
        }
    }
    return @p;
}

my %call = (
    forward  => sub { my ($r, $net, $x) = @_; map { @{(forward($r, $net, $_))[0][-1]} } @$x },
    hidden   => sub { my ($r, $net, $x) = @_; my @units = map { (forward($r, $net, $_))[0] } @$x;
        map { my $l = $_; map { @{$_->[$l]} } @units } 1 .. $#$net },
    gradient => \&gradient, train => \&train,
);

sub reply {
    my ($r) = @_;
    return encode_json(\%about) if $r->{call} eq 'hello';
    my $net = [layers($r, @{$r->{parameters}})];
    my @data = ([rows($r->{widths}[0], @{$r->{inputs}})], [rows($r->{widths}[-1], @{$r->{targets} // []})]);
    return sprintf '%.17g', loss($r, $net, @data) if $r->{call} eq 'loss';
    return '[' . join(',', map { sprintf '%.17g', $_ } $call{$r->{call}}->($r, $net, @data)) . ']';
}

while (my $line = <STDIN>) {
    my $r = decode_json($line);
    my $answer = eval { reply($r) };
    my ($kind, $said) = defined $answer ? (answer => $answer) : (error => JSON::PP->new->allow_nonref->encode("$@"));
    print qq({"id":$r->{id},"$kind":$said}\n);
}
