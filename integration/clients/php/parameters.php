<?php

declare(strict_types=1);

/** What every connection gets, in predis 1 those to the Sentinels without the password. */
function parameters(Settings $settings): array
{
    $parameters = [];
    if ($settings->redisPassword !== '') {
        $parameters['password'] = $settings->redisPassword;
    }
    if ($settings->caFile !== '') {
        $parameters['scheme'] = 'tls';
        $parameters['ssl'] = ['cafile' => $settings->caFile];
    }
    return $parameters;
}
