package main

import (
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// ack is one acknowledged write.
type ack struct {
	key       string
	by        int // which of the writers; of those that write directly, the node
	began, at time.Time
}

// longestGap is the longest time without any acknowledgement of those that end
// after the event: the time before the first counts from the last one before the
// event, and what was open when nobody looked any more counts, too. acks are in the
// order of their times.
func longestGap(acks []ack, event, end time.Time) time.Duration {
	last := event
	longest := time.Duration(0)
	for _, a := range acks {
		if a.at.After(end) {
			break
		}
		if a.at.After(event) {
			longest = max(longest, a.at.Sub(last))
		}
		last = a.at
	}
	return max(longest, end.Sub(last))
}

// twoMasters is for how long the old master was seen to take writes while another
// node had begun to: from the first acknowledgement by another to the beginning of
// the last write that the old one acknowledged, and not before a moment. Only acks
// of those that write directly tell which node it was.
func twoMasters(acks []ack, old int, from time.Time) time.Duration {
	other := slices.IndexFunc(acks, func(a ack) bool { return a.by != old && a.at.After(from) })
	if other < 0 {
		return 0
	}
	longest := time.Duration(0)
	for _, a := range acks[other:] {
		if a.by == old {
			longest = max(longest, a.began.Sub(acks[other].at))
		}
	}
	return longest
}

// lost counts the acknowledged writes that the final master does not have. While
// there is none, nobody can know.
func lost(ctx context.Context, final *redis.Client, acks []ack) (int, error) {
	if final == nil {
		return unknown, nil
	}
	missing := 0
	for chunk := range slices.Chunk(acks, 1000) {
		names := make([]string, len(chunk))
		for i, a := range chunk {
			names[i] = a.key
		}
		n, err := final.Exists(ctx, names...).Result()
		if err != nil {
			return 0, err
		}
		missing += len(chunk) - int(n)
	}
	return missing, nil
}
