package main

import (
	"errors"
	"time"

	"github.com/FZambia/sentinel"
	"github.com/gomodule/redigo/redis"
)

// dialReplica connects to the first replica that is not told as down.
func dialReplica(sentinels *sentinel.Sentinel, options []redis.DialOption) (redis.Conn, error) {
	replicas, err := sentinels.Slaves()
	if err != nil {
		return nil, err
	}
	for _, replica := range replicas {
		if replica.Available() {
			return redis.Dial("tcp", replica.Addr(), options...)
		}
	}
	return nil, errors.New("no replica is available")
}

func isReplica(conn redis.Conn, _ time.Time) error {
	if !sentinel.TestRole(conn, "slave") {
		return errors.New("not a replica any more")
	}
	return nil
}
