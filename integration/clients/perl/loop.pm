# The settings from the environment, and the loop that writes, one value after the
# other, and tells what became of each.
package loop;

use strict;
use warnings;
use Exporter 'import';
use Time::HiRes qw(sleep gettimeofday);

our @EXPORT_OK = qw(write_loop);

# Writes for ever. The argument makes the client and returns what writes a key.
sub write_loop {
    my ($version, $connect) = @_;
    local $SIG{PIPE} = 'IGNORE';    # the library means to see EPIPE
    say_line("version $version");
    my $write = connect_until_done($connect);
    my ($hold, $pause) = ($ENV{HOLD} // '', ($ENV{PAUSE} || 25) / 1000);
    for (my $n = 1 ; ; $n++) {
        sleep 0.005 while $hold ne '' && -e $hold;
        if (eval { $write->("$ENV{NAME}:$n", $n); 1 }) {
            say_line("ok $n " . micros());
        }
        else {
            my $error = $@;
            say_line("error $n " . micros() . ' ' . in_a_line($error));
        }
        sleep $pause;
    }
}

sub connect_until_done {
    my ($connect) = @_;
    while (1) {
        my $write = eval { $connect->() };
        return $write if $write;
        my $error = $@;
        say_line('error 0 ' . micros() . ' ' . in_a_line($error));
        sleep 1;
    }
}

sub say_line {
    my ($line) = @_;
    # Nobody listens any more: the harness is gone, and so is the reason to go on.
    syswrite(STDOUT, "$line\n") or exit 0;
}

sub micros {
    my ($seconds, $micros) = gettimeofday();
    return $seconds * 1_000_000 + $micros;
}

sub in_a_line {
    my ($error) = @_;
    my $class = ref $error ? ref($error) . ': ' : '';
    $error = $$error if ref $error eq 'Redis::X::Reconnect';
    my $text = "$class$error";
    $text =~ s/\s+/ /g;
    return substr $text, 0, 200;
}

1;
