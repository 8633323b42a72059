package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// registers is how many keys are read and written by all workers: few, so that what they
// see of each other tells the order.
const registers = 6

// touch reads or writes one key and remembers when that was asked and answered.
func (r *running) touch(ctx context.Context, worker, i int) error {
	op := Operation{
		Worker: worker, Key: fmt.Sprintf("%s:r%d", r.plan.Name, (worker+i/2)%registers), Write: i%2 == 0,
		Called: int64(time.Since(r.began)),
	}
	var err error
	if op.Write {
		op.Value = fmt.Sprintf("%d.%d", worker, i)
		err = r.client.Set(ctx, op.Key, op.Value, 0).Err()
		op.Unknown = err != nil
	} else {
		op.Value, err = r.client.Get(ctx, op.Key).Result()
		if errors.Is(err, redis.Nil) {
			err = nil
		}
	}
	op.Returned = int64(time.Since(r.began))
	if err != nil && !op.Write {
		return err // a read that failed says nothing
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history = append(r.history, op)
	return err
}
