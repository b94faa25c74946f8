<?php
/**
 * A receiver for PHP 8.1 and later, with its default extensions (dom, json) only. Run it with the secret from the endpoint's
 * page; in production, behind PHP-FPM:
 *
 *     export BELLWIRE_WEBHOOK_SECRET=whsec_… BELLWIRE_INBOX=$(mktemp -d)
 *     php receiver.php && php -d display_errors=0 -S 127.0.0.1:4000 receiver.php
 *
 * The second command checks the settings, because PHP's server starts without them.
 */
declare(strict_types=1);

namespace Bellwire\Example;

const BODY_BYTES_MAX = 8 * 1024 * 1024; // the default of PHP's own limit, post_max_size
const TOLERANCE_SECONDS = 300; // a recorded request has a valid signature, so its age is limited
const KEY_BYTES_MIN = 24;

/** A request that is not answered with 200, so that Bellwire keeps the event and shows the reason. */
final class Refused extends \Exception {}

/**
 * Returns the keys of one secret, or of two during a rotation. Anybody can sign with an empty key, so none may be.
 *
 * @return list<string>
 */
function readSecrets(string $text): array
{
    return array_map(function (string $secret): string {
        $encoded = preg_replace('/^whsec_/', '', trim($secret));
        if (!preg_match('~^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\z~', $encoded)) {
            throw new \InvalidArgumentException('The signing secret is not base64. Copy it whole from the endpoint\'s page.');
        }
        $key = base64_decode($encoded);
        if (strlen($key) < KEY_BYTES_MIN) {
            throw new \InvalidArgumentException(sprintf(
                'The signing secret in BELLWIRE_WEBHOOK_SECRET has %d bytes; at least %d are required.',
                strlen($key),
                KEY_BYTES_MIN,
            ));
        }
        return $key;
    }, explode(',', $text));
}

function requestHeader(string $name): string
{
    // PHP keeps the content type under a name of its own.
    $name = strtoupper(strtr($name, '-', '_'));
    return $_SERVER["HTTP_$name"] ?? $_SERVER[$name] ?? '';
}

function readBody(): string
{
    $body = (int) requestHeader('content-length') > BODY_BYTES_MAX
        ? null
        : file_get_contents('php://input', length: BODY_BYTES_MAX + 1);
    if ($body === null || strlen($body) > BODY_BYTES_MAX) {
        throw new Refused('The body is longer than ' . BODY_BYTES_MAX . ' bytes.', 413);
    }
    return $body;
}

/**
 * Refuses a request that none of the keys signed recently.
 *
 * @param list<string> $keys
 */
function verify(string $body, array $keys): void
{
    [$id, $timestamp, $signature] = array_map(requestHeader(...), ['webhook-id', 'webhook-timestamp', 'webhook-signature']);
    if ($id === '' || $timestamp === '' || $signature === '') {
        throw new Refused('header-missing', 401);
    }
    if (!preg_match('/^[0-9]{1,12}\z/', $timestamp)) {
        throw new Refused('timestamp-unreadable', 401);
    }
    $age = microtime(true) - (int) $timestamp;
    if (abs($age) > TOLERANCE_SECONDS) {
        throw new Refused($age > 0 ? 'too-old' : 'too-new', 401);
    }
    $isRight = false;
    foreach ($keys as $key) {
        // The signature covers the bytes as sent: parsing and serializing would change them.
        $right = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, binary: true));
        foreach (explode(' ', $signature) as $candidate) {
            $isRight = hash_equals($right, $candidate) || $isRight;
        }
    }
    if (!$isRight) {
        throw new Refused('signature-wrong', 401);
    }
}

/** Returns the name of the object in the body: deliveries.exhausted is about an endpoint. */
function objectName(string $type): string
{
    return $type === 'deliveries' ? 'endpoint' : $type;
}

/** @return array{type: string, action: string, fields: array<string, mixed>} */
function readEvent(string $body): array
{
    $isJson = str_contains(requestHeader('content-type'), 'json');
    $event = $isJson ? readJson($body, requestHeader('bellwire-event-type')) : readXml($body);
    if ($event === null || $event['action'] === '' || !is_scalar($event['fields']['id'] ?? null)) {
        throw new Refused('The body is not an event.', 422);
    }
    return $event;
}

function readXml(string $body): ?array
{
    libxml_use_internal_errors(true);
    $document = new \DOMDocument();
    // Events have no document type, whose entities can grow without limit or name files and addresses.
    if ($body === '' || str_contains($body, '<!DOCTYPE') || !$document->loadXML($body, LIBXML_NONET) || $document->doctype) {
        return null;
    }
    $path = new \DOMXPath($document);
    $type = $path->evaluate('string(/event/type)');
    $objects = $path->query('/event/object/*');
    if ($objects->length !== 1 || $objects[0]->nodeName !== objectName($type)) {
        return null;
    }
    $fields = [];
    foreach ($path->query('*', $objects[0]) as $field) {
        $fields[$field->nodeName] = $field->textContent;
    }
    return ['type' => $type, 'action' => $path->evaluate('string(/event/action)'), 'fields' => $fields];
}

function readJson(string $body, string $typeInHeaders): ?array
{
    $event = json_decode($body, associative: true, depth: 64, flags: JSON_BIGINT_AS_STRING);
    // The format cloudevents-binary has the data only, and the type in the headers.
    $isEnvelope = is_string($event['type'] ?? null) && is_array($event['data'] ?? null);
    [$type, $action] = explode('.', $isEnvelope ? $event['type'] : $typeInHeaders, 2) + [1 => ''];
    $fields = ($isEnvelope ? $event['data'] : $event)[objectName($type)] ?? null;
    return is_array($fields) ? ['type' => $type, 'action' => $action, 'fields' => $fields] : null;
}

/**
 * Takes in an event once. Requests share no memory, so this keeps ids and sequences in files. A real receiver stores them in
 * its database, in the transaction that processes the event.
 */
function takeIn(array $event): void
{
    [$id, $sequence, $actor] = array_map(requestHeader(...), ['webhook-id', 'bellwire-sequence', 'bellwire-actor']);
    if (!preg_match('/^[0-9]{1,15}\z/', $sequence) || $actor === '' || requestHeader('bellwire-event-type') === '') {
        throw new Refused('The headers of an event are missing or invalid.', 422);
    }
    if (requestHeader('bellwire-test') === 'true') {
        return; // a sample, which is not an event
    }
    $folder = inbox();
    $lock = fopen("$folder/lock", 'c');
    flock($lock, LOCK_EX); // until the request ends
    $isDone = "$folder/event-" . hash('sha256', $id);
    if (file_exists($isDone)) {
        return;
    }
    $newest = "$folder/object-" . hash('sha256', objectName($event['type']) . ' ' . $event['fields']['id']);
    // An event has the whole object, so one that a newer event has overtaken is out of date.
    if (!file_exists($newest) || (int) $sequence > (int) file_get_contents($newest)) {
        file_put_contents('php://stdout', "{$event['type']} {$event['fields']['id']} {$event['action']} by $actor\n");
        file_put_contents($newest, $sequence);
    }
    touch($isDone);
}

function inbox(): string
{
    $folder = (string) getenv('BELLWIRE_INBOX');
    if (!is_dir($folder) || !is_writable($folder)) {
        throw new \InvalidArgumentException('BELLWIRE_INBOX must name a folder that the receiver can write to.');
    }
    return $folder;
}

/** Answers a request. Exactly 200 is a success: Bellwire retries after any other status. */
function receive(): void
{
    // PHP answers 200 unless told otherwise, even after a warning. So begin with a failure, and make each warning one.
    http_response_code(500);
    set_error_handler(fn (int $level, string $message) => throw new \RuntimeException($message));
    try {
        if (filter_var(ini_get('display_errors'), FILTER_VALIDATE_BOOL)) {
            // For a body longer than post_max_size, PHP would show a warning, and so answer 200, before this program runs.
            throw new Refused('Set display_errors to 0.', 500);
        }
        $keys = readSecrets((string) getenv('BELLWIRE_WEBHOOK_SECRET'));
        $body = readBody();
        verify($body, $keys);
        takeIn(readEvent($body));
        http_response_code(200);
    } catch (Refused $refused) {
        http_response_code($refused->getCode());
        echo $refused->getMessage();
    }
}

if (PHP_SAPI === 'cli') {
    try {
        readSecrets((string) getenv('BELLWIRE_WEBHOOK_SECRET'));
        inbox();
    } catch (\InvalidArgumentException $error) {
        fwrite(STDERR, $error->getMessage() . "\n");
        exit(1);
    }
} else {
    receive();
}
