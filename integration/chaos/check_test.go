package chaos

import (
	"slices"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const second = time.Second

// TestChecksCanFail: a good history is good, and each way to spoil it is found.
func TestChecksCanFail(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(h *History)
		want  string
	}{
		"nothing": {func(*History) {}, ""},
		"the former master acknowledges a later write": {func(h *History) {
			h.Acks = append(h.Acks, Ack{Process: "a", Began: 6 * second, Ended: 6 * second})
		}, OneMaster},
		"the former master acknowledges a queued write": {func(h *History) {
			h.Acks = append(h.Acks, Ack{Process: "a", Began: 2 * second, Ended: 7 * second})
		}, OneMaster},
		"a stranger acknowledges": {func(h *History) {
			h.Acks = append(h.Acks, Ack{Process: "z", Began: 6 * second, Ended: 6 * second})
		}, OneMaster},
		"we saw an acknowledgement late": {func(h *History) {
			h.Acks = append(h.Acks, Ack{Process: "a", Began: 2 * second, Ended: 7 * second})
			h.Hiccups = append(h.Hiccups, Hiccup{At: 7 * second, Long: 4 * second})
		}, ""},
		"the former master is chosen again": {func(h *History) {
			h.Commits = append(h.Commits, Commit{Epoch: 3, Phase: "Stable", Master: "a", At: 8 * second})
			h.Acks = append(h.Acks, Ack{Process: "a", Began: 9 * second, Ended: 9 * second})
		}, ""},
		"a synced replica is empty": {func(h *History) {
			h.Samples = append(h.Samples, Sample{Process: "c", Role: "replica", Has: 0, Want: 100, At: 5 * second})
		}, NoWipe},
		"all are killed, and empty": {func(h *History) {
			h.Samples = append(h.Samples, Sample{Process: "c", Role: "replica", Has: 0, Want: 100, At: 5 * second})
			h.Outcomes[0].Sets[0].MayEmpty = true
		}, ""},
		"an epoch falls": {func(h *History) {
			h.Answers = append(h.Answers, Answer{Replica: "s", Addr: "A", Epoch: 1, At: 6 * second})
		}, Forward},
		"an answer is taken back": {func(h *History) {
			h.Answers = append(h.Answers, Answer{Replica: "s", Addr: "A", Epoch: 2, At: 6 * second}, Answer{Replica: "s", Addr: "B", Epoch: 2, At: 7 * second})
		}, Forward},
		"an epoch of three masters": {func(h *History) {
			h.Answers = append(h.Answers, Answer{Replica: "r", Addr: "A", Epoch: 2, At: 6 * second}, Answer{Replica: "q", Addr: "C", Epoch: 2, At: 7 * second})
		}, Forward},
		"the record's epoch falls": {func(h *History) {
			h.Commits = append(h.Commits, Commit{Epoch: 1, Phase: "Stable", Master: "b", At: 8 * second})
		}, Forward},
		"news before the answer": {func(h *History) {
			h.News = append(h.News, News{Replica: "s", Old: "B", New: "A", Told: "B", At: 6 * second})
		}, NewsAfter},
		"a planned step loses": {func(h *History) { h.Outcomes[0].Sets[0].Lost = 1 }, NoLoss},
		"deleted keys are back": {func(h *History) {
			h.Outcomes[0].Sets[0] = SetOutcome{Back: 1, MayLose: true, MayEmpty: true}
		}, NoReturn},
		"a crash loses": {func(h *History) {
			h.Outcomes[0].Sets[0] = SetOutcome{Lost: 1, MayLose: true}
		}, ""},
		"a step does not heal": {func(h *History) { h.Outcomes[0].Trouble = "no master" }, Heals},
		"a leader never comes to a step": {func(h *History) {
			for range tries {
				h.Outcomes = append(h.Outcomes, dying())
			}
		}, StepsMet},
		"a leader comes to another step": {func(h *History) {
			for range tries {
				h.Outcomes = append(h.Outcomes, dying(Death{Point: "crash-before-promote"}))
			}
		}, StepsMet},
		"a leader once comes to a step": {func(h *History) {
			h.Outcomes = append(h.Outcomes, dying(Death{Point: "crash-after-promote"}))
			for range tries {
				h.Outcomes = append(h.Outcomes, dying())
			}
		}, ""},
		"a blind leader leads on": {func(h *History) {
			h.Outcomes = append(h.Outcomes, blinded(blindFor))
		}, Relieved},
		"a blind leader is relieved": {func(h *History) {
			h.Outcomes = append(h.Outcomes, blinded(7*second))
		}, ""},
		"a write storm": {func(h *History) {
			for i := range writesMost + 1 {
				h.Writes = append(h.Writes, Write{What: RecordWrite, At: time.Duration(i) * 125 * time.Millisecond})
			}
		}, FewWrites},
		"goroutines grow": {func(h *History) {
			for i := range 8 {
				h.Sizes = append(h.Sizes, Size{Replica: "s", Goroutines: 100 + 50*i, Files: 20, At: time.Duration(i) * second})
			}
		}, NoGrowth},
	} {
		t.Run(name, func(t *testing.T) {
			h := good()
			c.spoil(h)
			violations := Check(h, 1)
			if c.want == "" && len(violations) > 0 {
				t.Errorf("found %v", violations)
			}
			if c.want != "" && !slices.ContainsFunc(violations, func(v Violation) bool { return v.Promise == c.want }) {
				t.Errorf("found %v, want a break of %q", violations, c.want)
			}
		})
	}
}

// blinded is a step in which the master was killed while the leader reached no Redis.
func blinded(gap time.Duration) Outcome {
	return Outcome{
		Step: Step{{Kind: CutLeaderRedisKill}}, Began: 8 * second, Undone: 8*second + blindFor, Healed: 9*second + blindFor,
		Sets: []SetOutcome{{Concerned: true, MayLose: true, Gap: gap}},
	}
}

// dying is a step in which the leader was to end after the promotion.
func dying(deaths ...Death) Outcome {
	return Outcome{
		Step: Step{{Kind: "leader dies after promote on kill master"}}, Began: 8 * second, Undone: 8 * second, Healed: 8 * second,
		Sets: []SetOutcome{{}}, Deaths: deaths,
	}
}

// good is a switchover from a to b at 4 s.
func good() *History {
	return &History{
		Commits: []Commit{
			{Epoch: 1, Phase: "Stable", Master: "a"},
			{Epoch: 1, Phase: "Switching", Master: "a", Target: "b", At: 4 * second},
			{Epoch: 2, Phase: "Stable", Master: "b", At: 5 * second},
		},
		Acks: []Ack{
			{Process: "a", Began: second, Ended: second},
			{Process: "a", Began: 4 * second, Ended: 4 * second},
			{Process: "b", Began: 4 * second, Ended: 5 * second},
			{Process: "b", Began: 6 * second, Ended: 6 * second},
		},
		Answers: []Answer{
			{Replica: "s", Addr: "A", Epoch: 1, At: second},
			{Replica: "s", Addr: "B", Epoch: 2, At: 5 * second},
		},
		News:    []News{{Replica: "s", Old: "A", New: "B", Told: "B", At: 5 * second}},
		Samples: []Sample{{Process: "a", Role: "master", Has: 100, Want: 100}},
		Outcomes: []Outcome{{
			Step: Step{{Kind: DeleteMaster}}, Began: 4 * second, Undone: 5 * second, Healed: 7 * second, Sets: []SetOutcome{{Concerned: true}},
		}},
	}
}

// TestPlanIsOfTheSeed: a seed gives its plan, and every kind comes.
func TestPlanIsOfTheSeed(t *testing.T) {
	first, again := NewPlan(7, 4, Kinds(true)), NewPlan(7, 4, Kinds(true))
	seen := map[Kind]bool{}
	for range 3 * len(Kinds(true)) {
		a, b := first.Next(), again.Next()
		if !slices.Equal(a, b) {
			t.Fatalf("%v, then %v", a, b)
		}
		for _, f := range a {
			seen[f.Kind] = true
		}
	}
	if len(seen) != len(Kinds(true)) {
		t.Errorf("%d kinds in the plan, want %d", len(seen), len(Kinds(true)))
	}
}

// TestTogether: two faults that would undo each other, or share one wish for the
// leader's end, are not applied at once.
func TestTogether(t *testing.T) {
	const silent, planned = Kind("leader dies after freeze on freeze master"), Kind("leader dies after pause on SENTINEL FAILOVER")
	for _, c := range []struct {
		a, b Kind
		want bool
	}{
		{silent, planned, false},
		{silent, FreezeMaster, false},
		{silent, KillMaster, true},
		{planned, PauseAPI, false},
		{planned, CutLeaderAPI, true},
		{CutLeaderAPI, CutServiceAPI, true},
		{PauseAPI, RestartAPI, false},
		{PauseAPI, DrainNode, false},
		{KillAll, KillLeader, false},
	} {
		for _, pair := range [][2]Kind{{c.a, c.b}, {c.b, c.a}} {
			if together(pair[0], pair[1]) != c.want {
				t.Errorf("%s and %s at once: want %v", pair[0], pair[1], c.want)
			}
		}
	}
	if deaths[silent].begins == "" || deaths[planned].begins == "" {
		t.Error("these are no kinds any more")
	}
}

// TestDeathsAreSimulated: every word that a step asks for is one that the service knows,
// and a leader's end explains no loss that what begins it does not.
func TestDeathsAreSimulated(t *testing.T) {
	for kind, d := range deaths {
		if !sentinel.SimulatedPoint(d.point) {
			t.Errorf("%s: the service does not know %s", kind, d.point)
		}
		if kind.hurts() != d.begins.hurts() || kind.moves() != d.begins.moves() {
			t.Errorf("%s hurts: %v, moves: %v", kind, kind.hurts(), kind.moves())
		}
	}
}
