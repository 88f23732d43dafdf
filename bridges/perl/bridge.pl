#!/usr/bin/perl
# A network in Perl, without a module that does not come with it: perl bridge.pl, by docs/protocol.md.
use strict;
use warnings;
use JSON::PP;
use List::Util qw(max sum0);

$| = 1;    # every reply is flushed

sub sigmoid { my $e = exp(-abs $_[0]); ($_[0] < 0 ? $e : 1) / (1 + $e) }

# each activation, and its slope where the logit is z and the unit y
my %ACTIVATION = (
    identity => [ sub { $_[0] }, sub { 1 } ],
    sigmoid  => [ \&sigmoid, sub { $_[1] * (1 - $_[1]) } ],
    relu     => [ sub { max(0, $_[0]) }, sub { $_[0] > 0 ? 1 : 0 } ],
);

sub rows_of {
    my ($list, $width) = @_;
    my @list = @$list;
    my @rows;
    push @rows, [ splice @list, 0, $width ] while @list;
    return \@rows;
}

# the layers of a request: weights as rows, and biases
sub layers_of {
    my ($q) = @_;
    my @rest = @{ $q->{parameters} };
    my @widths = @{ $q->{widths} };
    return map {
        my ($in, $out) = @widths[ $_, $_ + 1 ];
        my $weights = rows_of([ splice @rest, 0, $in * $out ], $out);
        { weights => $weights, biases => [ splice @rest, 0, $out ] };
    } 0 .. $#widths - 1;
}

# for one row: what enters each layer, and the logits of each layer
sub propagate {
    my ($q, $layers, $row) = @_;
    my (@units, @logits);
    my $x = $row;
    for my $l (0 .. $#$layers) {
        my ($w, $b) = @{ $layers->[$l] }{qw(weights biases)};
        my @z = map { my $j = $_; $b->[$j] + sum0 map { $x->[$_] * $w->[$_][$j] } 0 .. $#$x } 0 .. $#$b;
        push @units, $x;
        push @logits, \@z;
        $x = [ map { $ACTIVATION{ $q->{activations}[$l] }[0]->($_) } @z ] if $l < $#$layers;
    }
    return (\@units, \@logits);
}

sub outputs { my ($q, $z) = @_; $q->{output} eq 'sigmoid' ? [ map { sigmoid($_) } @$z ] : $z }

sub loss_of_row {
    my ($q, $z, $y) = @_;
    return sum0 map {
        $q->{output} eq 'sigmoid'
            ? max($z->[$_], 0) - $y->[$_] * $z->[$_] + log(1 + exp(-abs $z->[$_]))
            : ($z->[$_] - $y->[$_])**2 / 2
    } 0 .. $#$z;
}

sub gradient {
    my ($q, $layers, $inputs, $targets) = @_;
    my @found = map { my $layer = $_; [ map { [ (0) x @{ $layer->{biases} } ] } @{ $layer->{weights} }, 0 ] } @$layers;
    for my $n (0 .. $#$inputs) {
        my ($units, $logits) = propagate($q, $layers, $inputs->[$n]);
        my $p = outputs($q, $logits->[-1]);
        my @delta = map { ($p->[$_] - $targets->[$n][$_]) / @$inputs } 0 .. $#$p;
        for my $l (reverse 0 .. $#$layers) {
            my @x = (@{ $units->[$l] }, 1);    # the biases are the weights of a 1
            for my $i (0 .. $#x) { $found[$l][$i][$_] += $x[$i] * $delta[$_] for 0 .. $#delta }
            next unless $l;
            my ($w, $z) = ($layers->[$l]{weights}, $logits->[ $l - 1 ]);
            my $slope = $ACTIVATION{ $q->{activations}[ $l - 1 ] }[1];
            @delta = map {
                my $i = $_;
                sum0(map { $delta[$_] * $w->[$i][$_] } 0 .. $#delta) * $slope->($z->[$i], $x[$i]);
            } 0 .. $#$w;
        }
    }
    return map { map { @$_ } @$_ } @found;
}

my %CALL = (
    forward => sub { my ($q, $l, $x) = @_; map { @{ outputs($q, (propagate($q, $l, $_))[1][-1]) } } @$x },
    hidden => sub {
        my ($q, $l, $x) = @_;
        my @each = map { (propagate($q, $l, $_))[0] } @$x;
        map { my $layer = $_; map { @{ $_->[$layer] } } @each } 1 .. $#$l;
    },
    loss => sub {
        my ($q, $l, $x, $y) = @_;
        sum0(map { loss_of_row($q, (propagate($q, $l, $x->[$_]))[1][-1], $y->[$_]) } 0 .. $#$x) / @$x;
    },
    gradient => \&gradient,
);

my %HELLO = (
    protocol => 1, name => 'perl', version => sprintf('%vd', $^V), capabilities => [ sort keys %CALL ],
    scope => {
        activations => [ sort keys %ACTIVATION ], mixed_activations => JSON::PP::true,
        heads => [ [ 'sigmoid', 'cross_entropy' ], [ 'identity', 'squared_error' ] ],
        widths => [ 1, 100 ], rows => [ 1, 200 ],
    },
);

while (my $line = <STDIN>) {
    my $q = decode_json($line);
    if ($q->{call} eq 'hello') {
        print encode_json({ id => $q->{id}, answer => \%HELLO }), "\n";
        next;
    }
    my @layers = layers_of($q);
    my $inputs = rows_of($q->{inputs}, $q->{widths}[0]);
    my $targets = rows_of($q->{targets} // [], $q->{widths}[-1]);
    my $list = join ',', map { sprintf '%.17g', $_ } $CALL{ $q->{call} }->($q, \@layers, $inputs, $targets);
    $list = "[$list]" unless $q->{call} eq 'loss';
    print qq({"id":$q->{id},"answer":$list}\n);
}
