#!/usr/bin/perl
# Perl's Redis.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use loop qw(write_loop);
use Redis;

my $master    = $ENV{MASTER};
my @sentinels = split /,/, $ENV{SENTINELS};
my %security;
$security{password}           = $ENV{REDIS_PASSWORD}    if $ENV{REDIS_PASSWORD};
$security{sentinels_password} = $ENV{SENTINEL_PASSWORD} if $ENV{SENTINEL_PASSWORD};
if ($ENV{CA_FILE}) {
    # Connections to Sentinels take no authority, they trust those of the system: this names ours.
    $ENV{SSL_CERT_FILE} = $ENV{CA_FILE};
    @security{qw(ssl sentinels_ssl)} = (1, 1);
}

write_loop($Redis::VERSION, sub {
    # snippet
    my $redis = Redis->new(
        sentinels => \@sentinels,    # ['host:26379', ...]
        service   => $master,
        reconnect => 2,              # seconds; without it a lost connection stays lost
        every     => 500_000,        # microseconds
        %security,                   # password => '...', sentinels_password => '...'
    );
    my $set = sub { my ($key, $value) = @_; $redis->set($key, $value) };
    # end
    return $set;
});
