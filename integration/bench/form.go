package main

import "time"

// form is how large and how long everything is measured. Every part is bounded in
// time: what does not come to its end is told with what it had reached.
type form struct {
	name    string
	rounds  int           // runs of each server per figure
	lasting time.Duration // of one run under load
	whole   time.Duration // of everything; what is left then is not measured
	most    time.Duration // of one row
	start   time.Duration // until both servers know their masters

	beside        []int // how many masters both servers have
	works         func(masters int) []wanted
	at, visits    int // clients that connect and ask once: at the same time, in all
	crowd, lazy   int // subscribers, and those of them that do not read
	cutWithin     time.Duration
	sizes         []int // masters of the fleet
	crashes       []int // how many of them crash at once
	crashWithin   time.Duration
	growFor       time.Duration // what is whole by then is measured
	calm, resting time.Duration // left alone before, and while, its costs at rest are read
}

// quick is under 5 minutes.
func quick() form {
	return form{
		name: "quick", rounds: 3, lasting: 300 * time.Millisecond,
		whole: 270 * time.Second, most: 30 * time.Second, start: 30 * time.Second,
		beside: []int{1, 100}, works: quickWorks, at: 5000, visits: 10_000, crowd: 10_000, lazy: 100, cutWithin: 20 * time.Second,
		sizes: []int{10, 100, 1000}, crashes: []int{1000}, crashWithin: 40 * time.Second, growFor: time.Minute,
		calm: 2 * time.Second, resting: 4 * time.Second,
	}
}

// full is every combination, and fleets up to 10 000 masters.
func full() form {
	f := quick()
	f.name, f.lasting, f.whole, f.most, f.start = "full", time.Second, 3*time.Hour, 10*time.Minute, 10*time.Minute
	f.beside, f.works, f.visits = []int{1, 100, 1000}, fullWorks, 30_000
	f.sizes, f.crashes, f.crashWithin, f.growFor = append(f.sizes, 10_000), []int{300, 1000}, 10*time.Minute, 30*time.Minute
	f.calm, f.resting = 12*time.Second, 18*time.Second
	return f
}

// smoke shows that every row comes about. Its figures are worth nothing.
func smoke() form {
	f := quick()
	f.name, f.rounds, f.lasting = "smoke", 1, 50*time.Millisecond
	f.whole, f.most, f.start = 8*time.Minute, 2*time.Minute, 2*time.Minute
	f.beside, f.works, f.at, f.visits, f.crowd, f.lazy, f.cutWithin = []int{1, 10}, smokeWorks, 50, 100, 200, 2, time.Second
	f.sizes, f.crashes, f.crashWithin, f.growFor = []int{10, 20}, []int{20}, 2*time.Minute, 2*time.Minute
	f.calm, f.resting = 100*time.Millisecond, 500*time.Millisecond
	return f
}
