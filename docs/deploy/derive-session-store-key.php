<?php
// Prints the key with which Handoff names the rows of Magento's session table.
//
//     php derive-session-store-key.php app/etc/env.php
//
// Run it on the shop's host. Magento names a row by HMAC-SHA256 of the session's id under the crypt
// key. HMAC first hashes a block that depends on the key alone, once with each of two paddings. This
// prints the states of SHA-256 after these two blocks. They are enough to name rows. The crypt key
// cannot be computed from them.

if (PHP_VERSION_ID < 80100 || $argc !== 2) {
    fwrite(STDERR, "Usage, with PHP 8.1 or newer: php derive-session-store-key.php app/etc/env.php\n");
    exit(2);
}
$environment = is_readable($argv[1]) ? include $argv[1] : [];
$keys = preg_split('/\s+/', trim((string)($environment['crypt']['key'] ?? '')));
$key = end($keys);  // after a rotation the last key counts
if ($key === '') {
    fwrite(STDERR, "There is no crypt key in this file.\n");
    exit(1);
}
if (str_starts_with($key, 'base64')) {
    $key = base64_decode(substr($key, strlen('base64')));
}
if (strlen($key) > 64) {
    $key = hash('sha256', $key, true);
}
foreach (["\x36", "\x5c"] as $padding) {
    $context = hash_init('sha256');
    hash_update($context, str_pad($key, 64, "\0") ^ str_repeat($padding, 64));
    echo bin2hex(pack('N8', ...array_slice($context->__serialize()[2], 0, 8)));
}
echo "\n";
