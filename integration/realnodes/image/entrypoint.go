package image

import _ "embed"

// entrypoint is the docker-entrypoint.sh of the servers' images; KIN is redis or valkey.
//
//go:embed docker-entrypoint.sh
var entrypoint string
