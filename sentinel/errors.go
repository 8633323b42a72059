package sentinel

import "errors"

// ErrConflict is returned by a write of the record that met a newer one: read
// again, decide again.
var ErrConflict = errors.New("the record was changed by somebody else")
