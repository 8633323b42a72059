// Package chaos breaks real things at random, from a seed, and proves afterwards
// from what was recorded that nothing was broken which must hold.
//
// Four releases of the chart run on the test cluster: three sets of three Redis and
// one of five, all served by the three service replicas of the first. Unmodified
// Sentinel clients write and read; of each set there is one more that hears no news
// and only asks for the master when it connects. A plan (plan.go), made from the seed alone, kills,
// freezes, deletes, drains, cuts and pauses, one thing at a time and sometimes two at
// once; after each step everything must heal. What writers, subscribers, pollers and
// the record's watch saw is one history (history.go), which check.go judges when all
// is over, so that a check never disturbs what it checks. Report.go tells the figures.
//
// What is checked: no two processes of a set that acknowledge writes of followers at
// once; no data set that vanishes while one of its holders lives; no acknowledged
// write lost unless a master was hurt; no deleted key that is back from a disk; epochs
// and answers that only go forward; news that queries already confirm; a writable master
// within a bound after healing; a leader that reaches no Redis relieved while others reach it;
// few writes to the API server for each set, in any minute; no growth of the service; each
// named step met. Each check has a test that it can fail.
//
// Chance seldom meets the few milliseconds of a failover. So the leader is also ended
// at named steps (deaths.go): the service is asked with SENTINEL SIMULATE-FAILURE,
// its own words of which name every step, and its log tells that it came there. In one
// of two such ends it may lead on itself when its container is back, in the other
// another replica has to.
//
// The nodes restart what has ended as kubelets do, with different limits to the back-off
// (restarts): a container is back within a second, or after one or ten, and on one node
// at once.
//
// The whole test runs in a network namespace of its own (namespace_test.go), where
// cuts are rules of nftables that this machine's own network never sees. Pods have
// an address each, and so have the clients. The service reaches Redis from the addresses of
// its pods (--bind-source-addr), so that one replica of it can be cut off from all Redis; all
// else that it says comes from one that it shares with kubectl and the probes. What a single
// replica says to the API server therefore goes over a line of its own (lines_test.go), which
// can be held: nothing passes, no connection ends.
//
// Replaying a seed repeats the plan, not the moments at which processes run.
package chaos
