package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// result is one round.
type result struct {
	first, median, last time.Duration // from the crash to +switch-master
	asked               answers
	late                int    // sets whose best replica did not answer in time
	attack              string // by which clients; empty for none
	polite              bool   // they leave the processors to all others
	peak                int64  // of the service's memory until then, bytes; 0 where it has no limit
}

func (r *result) took(began time.Time, heard []time.Time) {
	if len(heard) == 0 {
		return
	}
	r.first, r.last = heard[0].Sub(began), heard[len(heard)-1].Sub(began)
	r.median = quantile(heard, 0.5).Sub(began)
}

func (r result) String() string {
	text := fmt.Sprintf("+switch-master first %s, median %s, last %s; %d questions: p50 %s, p99 %s, %d failed; %d best replicas late",
		ms(r.first), ms(r.median), ms(r.last), len(r.asked.took), ms(quantile(r.asked.took, 0.5)), ms(quantile(r.asked.took, 0.99)), r.asked.failed, r.late)
	if r.peak > 0 {
		text += fmt.Sprintf("; memory %d MiB at most", r.peak>>20)
	}
	if r.attack != "" {
		text += "; attack: " + r.attack
	}
	if r.polite {
		text += " (polite)"
	}
	return text
}

// report is a table of all rounds, or one of those without an attack, one for each kind of
// attackers, and how they compare.
func report(results []result) string {
	var quiet, greedy, polite []result
	for _, r := range results {
		switch {
		case r.attack == "":
			quiet = append(quiet, r)
		case r.polite:
			polite = append(polite, r)
		default:
			greedy = append(greedy, r)
		}
	}
	if len(greedy) == 0 {
		return table(results)
	}
	text := "without attacks: " + table(quiet) + compare("attacked by those who take the same processors", greedy, quiet)
	if len(polite) > 0 {
		text += compare("attacked by those who leave the processors to others", polite, quiet)
	}
	return text + fmt.Sprintf("\nmemory: %d MiB at most; nobody was killed\n", results[len(results)-1].peak>>20)
}

func compare(what string, attacked, quiet []result) string {
	ratio := float64(medianOf(attacked)) / float64(medianOf(quiet))
	return fmt.Sprintf("\n%s: %smedian of the median +switch-master, attacked to not: %.2f\n", what, table(attacked), ratio)
}

func medianOf(results []result) time.Duration {
	var all []time.Duration
	for _, r := range results {
		all = append(all, r.median)
	}
	slices.Sort(all)
	return quantile(all, 0.5)
}

// table is the median and the worst of all rounds.
func table(results []result) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%-36s%12s%12s\n", fmt.Sprintf("%d rounds", len(results)), "median", "worst")
	for _, row := range []struct {
		name string
		of   func(result) time.Duration
	}{
		{"crash to first +switch-master", func(r result) time.Duration { return r.first }},
		{"crash to median +switch-master", func(r result) time.Duration { return r.median }},
		{"crash to last +switch-master", func(r result) time.Duration { return r.last }},
		{"get-master-addr-by-name, p50", func(r result) time.Duration { return quantile(r.asked.took, 0.5) }},
		{"get-master-addr-by-name, p99", func(r result) time.Duration { return quantile(r.asked.took, 0.99) }},
	} {
		var values []time.Duration
		for _, r := range results {
			values = append(values, row.of(r))
		}
		slices.Sort(values)
		fmt.Fprintf(&text, "%-36s%12s%12s\n", row.name, ms(quantile(values, 0.5)), ms(values[len(values)-1]))
	}
	return text.String()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
