# Does with Net::Stomp what the plan says, and prints what it sees as JSON lines. The steps: ../plan.ts.
use strict;
use warnings;
use Encode qw(decode_utf8 encode_utf8);
use JSON::PP;
use Net::Stomp;
use Time::HiRes qw(sleep);

$| = 1;
my $json = JSON::PP->new->utf8->canonical;
my $plan = $json->decode( $ARGV[0] );
my $patience = 15;

sub say_event {
    my ( $event, %more ) = @_;
    print $json->encode( { event => $event, %more } ), "\n";
}

my @ports = @{ $plan->{ports} };
my %at = @ports > 1
    ? ( failover => 'failover:(' . join( ',', map {"tcp://$plan->{host}:$_"} @ports ) . ')?randomize=false', connect_delay => 0.05 )
    : ( hostname => $plan->{host}, port => $ports[0] );
%at = ( %at, ssl => 1, ssl_options => { SSL_ca_file => $plan->{ca}, SSL_verify_mode => 1, SSL_verifycn_scheme => 'none' } ) if $plan->{ca};
my $stomp = Net::Stomp->new( { %at, timeout => $patience } );

my %connect = ( login => 'user', passcode => 'secret', %{ $plan->{connect} } );
%connect = ( %connect, 'accept-version' => $plan->{version}, host => 'localhost' ) if $plan->{version} ne '1.0';
my $connected = $stomp->connect( \%connect );
if ( !$connected || $connected->command ne 'CONNECTED' ) {
    say_event( 'error', message => $connected ? $connected->headers->{message} : 'no answer' );
    exit 1;
}
say_event( 'connected', version => $connected->headers->{version} );

my @waiting;
my @messages;
my $receipts = 0;

# Frames until the wanted receipt; messages that come before it are kept.
sub wait_for {
    my ($wanted) = @_;
    while ( my $frame = $stomp->receive_frame( { timeout => $patience } ) ) {
        if ( $frame->command eq 'MESSAGE' ) { push @waiting, $frame }
        elsif ( $frame->command eq 'ERROR' ) { say_event( 'error', message => $frame->headers->{message} ); return 0 }
        elsif ( $frame->headers->{'receipt-id'} eq $wanted ) { return 1 }
    }
    return 0;
}

sub about {
    my ($step) = @_;
    my $frame = $messages[ $step->{message} ];
    my %more = ( frame => $frame );
    $more{transaction}  = $step->{transaction}            if defined $step->{transaction};
    $more{id}           = $frame->headers->{ack}          if $plan->{version} eq '1.2';
    $more{subscription} = $frame->headers->{subscription} if $plan->{version} ne '1.0';
    return \%more;
}

sub plain {
    my ( $command, $step ) = @_;
    $stomp->send_frame( Net::Stomp::Frame->new( { command => $command, headers => { transaction => $step->{transaction} } } ) );
}

my %act = (
    send => sub {
        my ($step) = @_;
        my %headers = %{ $step->{headers} || {} };
        my $wanted = 'r' . ++$receipts;
        $headers{receipt} = $wanted if $step->{receipt};
        $stomp->send( { %headers, destination => $step->{destination}, body => encode_utf8( $step->{body} ) } );
        say_event( 'receipt', body => $step->{body} ) if $step->{receipt} && wait_for($wanted);
    },
    subscribe => sub {
        my ($step) = @_;
        my $wanted = 'r' . ++$receipts;
        $stomp->subscribe( { %{ $step->{headers} || {} }, destination => $step->{destination}, id => $step->{id}, ack => $step->{ack}, receipt => $wanted } );
        say_event( wait_for($wanted) ? 'subscribed' : 'refused' );
    },
    unsubscribe => sub { my ($step) = @_; $stomp->unsubscribe( { %{ $step->{headers} || {} }, id => $step->{id} } ) },
    take => sub {
        my ($step) = @_;
        for ( 1 .. $step->{count} ) {
            my $frame = shift @waiting // $stomp->receive_frame( { timeout => $patience } );
            if ( !$frame ) { say_event( 'error', message => 'no message came' ); exit 1 }
            push @messages, $frame;
            say_event( 'message', body => decode_utf8( $frame->body ), headers => $frame->headers );
        }
    },
    ack    => sub { $stomp->ack( about( $_[0] ) ) },
    nack   => sub { $stomp->nack( about( $_[0] ) ) },
    begin  => sub { plain( 'BEGIN',  $_[0] ) },
    commit => sub { plain( 'COMMIT', $_[0] ) },
    abort  => sub { plain( 'ABORT',  $_[0] ) },
    flood  => sub {
        my ($step) = @_;
        for my $number ( 0 .. $step->{count} - 1 ) {
            my $body = "f$number";
            1 until $stomp->send_with_receipt( { destination => $step->{destination}, body => $body, persistent => 'true', timeout => 2 } );
            say_event( 'receipt', body => $body );
        }
    },
);
$act{ $_->{do} }->($_) for @{ $plan->{steps} };
$stomp->disconnect;
say_event('done');
