<?php
// Does with PHP's Stomp extension what the plan says, and prints what it sees as JSON lines. The steps: ../plan.ts.
$plan = json_decode($argv[1], true);

function say(string $event, array $more = []): void
{
    echo json_encode(['event' => $event] + $more, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
}

try {
    $headers = $plan['connect'];
    if ($plan['version'] !== '1.0') {
        $headers += ['accept-version' => $plan['version'], 'host' => 'localhost'];
    }
    $scheme = isset($plan['ca']) ? 'ssl' : 'tcp';
    $stomp = new Stomp("$scheme://{$plan['host']}:{$plan['ports'][0]}", 'user', 'secret', $headers);
    $stomp->setReadTimeout(15);
} catch (StompException $e) {
    say('error', ['message' => $e->getMessage()]);
    exit(1);
}
// The extension does not show CONNECTED: the driver sees the version by what works.
say('connected', ['version' => $plan['version']]);

/** What an ACK or NACK of this message must say besides its message-id. */
function about(array $plan, StompFrame $frame, array $step): array
{
    $more = isset($step['transaction']) ? ['transaction' => $step['transaction']] : [];
    if ($plan['version'] === '1.2') {
        $more['id'] = $frame->headers['ack'];
    }
    if ($plan['version'] !== '1.0') {
        $more['subscription'] = $frame->headers['subscription'];
    }
    return $more;
}

$messages = [];
foreach ($plan['steps'] as $step) {
    $headers = $step['headers'] ?? [];
    try {
        switch ($step['do']) {
            case 'send':
                if (!empty($step['receipt'])) {
                    $headers['receipt'] = 'r' . count($messages) . random_int(0, 1 << 30);
                }
                $sent = $stomp->send($step['destination'], $step['body'], $headers);
                if (!empty($step['receipt'])) {
                    say($sent ? 'receipt' : 'error', ['body' => $step['body'], 'message' => (string) $stomp->error()]);
                }
                break;
            case 'subscribe':
                $headers += ['id' => $step['id'], 'ack' => $step['ack'], 'activemq.prefetchSize' => '1000', 'receipt' => 's'];
                say($stomp->subscribe($step['destination'], $headers) ? 'subscribed' : 'refused');
                break;
            case 'unsubscribe':
                $stomp->unsubscribe($step['destination'], $headers + ['id' => $step['id']]);
                break;
            case 'take':
                for ($i = 0; $i < $step['count']; $i++) {
                    $frame = $stomp->readFrame();
                    if ($frame === false) {
                        say('error', ['message' => 'no message came']);
                        exit(1);
                    }
                    $messages[] = $frame;
                    say('message', ['body' => $frame->body, 'headers' => $frame->headers]);
                }
                break;
            case 'ack':
                $stomp->ack($messages[$step['message']], about($plan, $messages[$step['message']], $step));
                break;
            case 'nack':
                $stomp->nack($messages[$step['message']], about($plan, $messages[$step['message']], $step));
                break;
            case 'begin':
                $stomp->begin($step['transaction']);
                break;
            case 'commit':
                $stomp->commit($step['transaction']);
                break;
            case 'abort':
                $stomp->abort($step['transaction']);
                break;
        }
    } catch (StompException $e) {
        say('error', ['message' => $e->getMessage()]);
        if ($step['do'] === 'subscribe') {
            say('refused');
        }
    }
}
unset($stomp);
say('done');
