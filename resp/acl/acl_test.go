package acl

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// small is a catalog of a few commands.
var small = NewCatalog([]Command{
	{Name: "ping", Categories: []string{"@fast", "@connection"}},
	{Name: "subscribe", Categories: []string{"@slow", "@pubsub"}},
	{Name: "sentinel", Categories: []string{"@slow", "@admin"}},
	{Name: "sentinel|masters", Categories: []string{"@slow", "@admin"}},
	{Name: "sentinel|failover", Categories: []string{"@slow", "@admin"}},
	{Name: "sentinel|primaries", Categories: []string{"@slow", "@admin"}, Hidden: true},
})

func TestRulesDecideWhatAUserMayRun(t *testing.T) {
	for _, test := range []struct{ rules, may, told string }{
		{"", "", "-@all"},
		{"+@all", "ping subscribe sentinel sentinel|masters sentinel|failover sentinel|primaries", "+@all"},
		{"+@all -sentinel|failover", "ping subscribe sentinel sentinel|masters sentinel|primaries", "+@all -sentinel|failover"},
		{"+sentinel|masters", "sentinel|masters", "-@all +sentinel|masters"},
		{"+sentinel", "sentinel sentinel|masters sentinel|failover sentinel|primaries", "-@all +@admin"},
		{"+sentinel -sentinel|failover +ping", "ping sentinel sentinel|masters sentinel|primaries", "-@all +@fast +@admin -sentinel|failover"},
		{"+@ADMIN nocommands +Ping", "ping", "-@all +@fast"},
		{"allcommands -@admin", "ping subscribe", "+@all -@admin"},
	} {
		user, err := NewUser(small, "u").With(strings.Fields(test.rules)...)
		if err != nil {
			t.Fatal(err)
		}
		var may []string
		for i, command := range small.commands {
			if user.MayRun(Right(i)) {
				may = append(may, command.Name)
			}
		}
		if diff := cmp.Diff(strings.Fields(test.may), may); diff != "" && test.may != strings.Join(may, " ") {
			t.Errorf("%s (-want +have)\n%s", test.rules, diff)
		}
		if told := user.Commands(); told != test.told {
			t.Errorf("%s is told as %s, want %s", test.rules, told, test.told)
		}
	}
}

// TestWhatIsToldLeadsBack: a saved user is the same when it is loaded again.
func TestWhatIsToldLeadsBack(t *testing.T) {
	for _, rules := range []string{
		"on >a >b ~* &* +@all", "off nopass %R~a ~b &c &d -@all +ping", "on +@all -@admin +sentinel|masters",
		"reset +sentinel -sentinel|masters", "skip-sanitize-payload on",
	} {
		user, err := NewUser(small, "u").With(strings.Fields(rules)...)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(small, "file", user.String())
		if err != nil || len(again) != 1 || again[0].String() != user.String() {
			t.Errorf("%s is told as %s, which is read as %v (%v)", rules, user, again, err)
		}
	}
}

func TestChannels(t *testing.T) {
	user, _ := NewUser(small, "u").With("&+switch-master", "&-*")
	for channel, want := range map[string]bool{"+switch-master": true, "-sdown": true, "+sdown": false} {
		if user.MayUse(channel) != want {
			t.Errorf("channel %s: %v, want %v", channel, !want, want)
		}
	}
	for pattern, want := range map[string]bool{"+switch-master": true, "-*": true, "-s*": false, "*": false} {
		if user.MayMatch(pattern) != want {
			t.Errorf("pattern %s: %v, want %v", pattern, !want, want)
		}
	}
}

func TestLogin(t *testing.T) {
	users := NewUsers(small, "first")
	login := func(name, password string) bool {
		_, ok := users.Login([]byte(name), []byte(password))
		return ok
	}
	if !login(Default, "first") || login(Default, "") || login("bob", "first") {
		t.Error("the first password does not decide")
	}
	users.SetPassword("second")
	if login(Default, "first") || !login(Default, "second") {
		t.Error("the second password does not decide")
	}
	if _, err := users.Set("bob", []string{">x"}); err != nil || login("bob", "x") {
		t.Errorf("bob is off and logs in (%v)", err)
	}
	if _, err := users.Set("bob", []string{"on"}); err != nil || !login("bob", "x") {
		t.Errorf("bob cannot log in (%v)", err)
	}
	users.SetPassword("")
	if !login(Default, "anything") {
		t.Error("without a password some are refused")
	}
}

// TestChangesReachAccounts: whoever is logged in has the rights of this moment.
func TestChangesReachAccounts(t *testing.T) {
	users := NewUsers(small, "")
	right, _ := small.Right("ping")
	if _, err := users.Set("bob", []string{"on", "nopass", "+ping"}); err != nil {
		t.Fatal(err)
	}
	account, ok := users.Login([]byte("bob"), nil)
	if !ok || !account.User().MayRun(right) {
		t.Fatal("bob may not run ping")
	}
	if _, err := users.Set("bob", []string{"-ping"}); err != nil || account.User().MayRun(right) {
		t.Errorf("bob may still run ping (%v)", err)
	}
	if _, err := users.Set("bob", []string{"+ping"}); err != nil {
		t.Fatal(err)
	}
	if _, ok := users.Delete("bob"); !ok || account.User().MayRun(right) {
		t.Error("the deleted bob may still run ping")
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.acl")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	users := NewUsers(small, "initial")
	write("# people\n\nuser bob on >x +ping\nuser al on nopass\n")
	changes, err := users.Load(path)
	if err != nil || len(changes) != 2 || len(users.All()) != 3 {
		t.Fatalf("%d changes, %d users (%v)", len(changes), len(users.All()), err)
	}
	if _, ok := users.Login([]byte(Default), []byte("initial")); !ok {
		t.Error("a file that says nothing of user default has taken the password away")
	}
	write("user bob on >x +ping\nuser default on >file +@all\n")
	if changes, err = users.Load(path); err != nil || len(changes) != 2 {
		t.Fatalf("%v (%v), want default and al", changes, err)
	}
	users.SetPassword("other")
	if _, ok := users.Login([]byte(Default), []byte("file")); !ok {
		t.Error("the file's password of user default does not hold")
	}
	write("user bob off\nuser eve +foo\nuser\nuser bob\nuser d (+ping\nuser e bar\n")
	_, err = users.Load(path)
	for _, part := range []string{":2: Error in applying operation '+foo'", ":3 should start", "Duplicate user 'bob' found on line 4", ":5: Unmatched", ":6: Syntax error"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not tell %s", err, part)
		}
	}
	if bob := users.Find("bob"); !bob.On() {
		t.Error("a file with a mistake has changed bob")
	}
	if err := users.Save(path); err != nil {
		t.Fatal(err)
	}
	if changes, err = users.Load(path); err != nil || len(changes) != 0 {
		t.Errorf("what was saved is loaded with changes %v (%v)", changes, err)
	}
}

func TestLog(t *testing.T) {
	var log Log
	for user := range 2 * logLength / logShare {
		for i := range logShare {
			log.Add(Refusal{Reason: ReasonCommand, User: strconv.Itoa(user), Object: strconv.Itoa(i)})
		}
	}
	log.Add(Refusal{Reason: ReasonCommand, User: strconv.Itoa(2*logLength/logShare - 1), Object: strconv.Itoa(logShare - 2)})
	last := log.Last(1 << 20)
	if len(last) != logLength || last[0].Count != 2 || last[1].Count != 1 {
		t.Errorf("%d entries, the newest counted %d times", len(last), last[0].Count)
	}
}

// TestLogIsNotFlushed: neither invented names nor a user who is refused all the time push
// out what others did.
func TestLogIsNotFlushed(t *testing.T) {
	var log Log
	log.Add(Refusal{Reason: ReasonCommand, Object: "sentinel|failover", User: "eve"})
	for i := range 10 * logLength {
		log.Add(Refusal{Reason: ReasonAuth, Object: "AUTH", User: strconv.Itoa(i), Invented: true})
		log.Add(Refusal{Reason: ReasonChannel, Object: strconv.Itoa(i) + strings.Repeat("x", 1<<12), User: "bob"})
	}
	last := log.Last(1 << 20)
	if len(last) != 2*logShare+1 || last[len(last)-1].User != "eve" {
		t.Errorf("%d entries, the oldest of %s", len(last), last[len(last)-1].User)
	}
	if len(last[0].Object) > logText {
		t.Errorf("an entry keeps %d bytes", len(last[0].Object))
	}
	if auth, channel := log.Count(ReasonAuth), log.Count(ReasonChannel); auth != 10*logLength || channel != auth {
		t.Errorf("%d and %d counted", auth, channel)
	}
}

// TestAliases: what is allowed or denied under one name is so under all.
func TestAliases(t *testing.T) {
	catalog := NewCatalog([]Command{
		{Name: "sentinel", Categories: []string{"@admin"}},
		{Name: "sentinel|replicas", Categories: []string{"@admin"}},
		{Name: "sentinel|masters", Categories: []string{"@admin"}},
		{Name: "sentinel|slaves", Categories: []string{"@admin"}, AliasOf: "sentinel|replicas"},
		{Name: "sentinel|primaries", Categories: []string{"@admin"}, Hidden: true, AliasOf: "sentinel|masters"},
		{Name: "sentinel|third", Categories: []string{"@admin"}, Hidden: true, AliasOf: "sentinel|masters"},
	})
	for _, test := range []struct{ rules, may, told string }{
		{"+@all -sentinel|masters", "sentinel sentinel|replicas sentinel|slaves", "+@all -sentinel|masters"},
		{"+@all -sentinel|third", "sentinel sentinel|replicas sentinel|slaves", "+@all -sentinel|masters"},
		{"+@admin -sentinel|slaves", "sentinel sentinel|masters sentinel|primaries sentinel|third", "-@all +sentinel -sentinel|replicas"},
		{"+sentinel|slaves", "sentinel|replicas sentinel|slaves", "-@all +sentinel|replicas"},
		{"+sentinel|primaries", "sentinel|masters sentinel|primaries sentinel|third", "-@all +sentinel|masters"},
	} {
		user, err := NewUser(catalog, "u").With(strings.Fields(test.rules)...)
		if err != nil {
			t.Fatal(err)
		}
		var may []string
		for i, command := range catalog.commands {
			if user.MayRun(Right(i)) {
				may = append(may, command.Name)
			}
		}
		if diff := cmp.Diff(strings.Fields(test.may), may); diff != "" {
			t.Errorf("%s (-want +have)\n%s", test.rules, diff)
		}
		if told := user.Commands(); told != test.told {
			t.Errorf("%s is told as %s, want %s", test.rules, told, test.told)
		}
	}
}

// TestFailuresAreSlowed by source, those of a person not at all.
func TestFailuresAreSlowed(t *testing.T) {
	var failures Failures
	now := time.Now()
	var waits []time.Duration
	for range failuresFree + 20 {
		waits = append(waits, failures.Add("a", now))
	}
	if waits[failuresFree-1] != 0 || waits[failuresFree] != failuresFirst || waits[failuresFree+1] != 2*failuresFirst || waits[len(waits)-1] != LongestWait {
		t.Errorf("have to wait %v", waits)
	}
	if wait := failures.Add("b", now); wait != 0 {
		t.Errorf("another source waits %s", wait)
	}
	if wait := failures.Add("a", now.Add(failuresForget+time.Second)); wait != 0 {
		t.Errorf("after a while it still waits %s", wait)
	}
	for i := range 10 * failuresMost {
		failures.Add(strconv.Itoa(i), now.Add(time.Duration(i)))
	}
	if known := len(failures.sources); known > failuresMost {
		t.Errorf("%d sources are known", known)
	}
}

// TestLoginHolds as long as the same would be let in.
func TestLoginHolds(t *testing.T) {
	users := NewUsers(small, "")
	set := func(rules ...string) {
		t.Helper()
		if _, err := users.Set("bob", rules); err != nil {
			t.Fatal(err)
		}
	}
	set("on", ">old", ">new")
	old, _ := users.Login([]byte("bob"), []byte("old"))
	later, _ := users.Login([]byte("bob"), []byte("new"))
	if !old.Holds() || !old.Proven() || !users.Initial().Holds() || users.Initial().Proven() {
		t.Error("who has just come in does not hold")
	}
	set("<old")
	if old.Holds() || !later.Holds() {
		t.Error("the password that was taken away holds, or the other does not")
	}
	set("off")
	if later.Holds() {
		t.Error("a user who is off holds")
	}
	set("on", "nopass")
	if other, _ := users.Login([]byte("bob"), []byte("any")); other.Proven() || !other.Holds() || !old.Holds() {
		t.Error("where any password will do nothing is proven, and all hold")
	}
	if _, ok := users.Delete("bob"); !ok || old.Holds() {
		t.Error("a user who is gone holds")
	}
	users.SetPassword("secret")
	if users.Initial().Holds() {
		t.Error("without the password that is wanted now one holds")
	}
}

// BenchmarkLogin: the time of a wrong password tells nothing of the user.
func BenchmarkLogin(b *testing.B) {
	users := NewUsers(small, "secret")
	_, _ = users.Set("off", []string{">x"})
	for _, name := range []string{Default, "off", "nobody"} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				if _, ok := users.Login([]byte(name), []byte("wrong")); ok {
					b.Fatal("let in")
				}
			}
		})
	}
}

func BenchmarkMayRun(b *testing.B) {
	account := NewUsers(small, "").Initial()
	b.ReportAllocs()
	for range b.N {
		if !account.User().MayRun(3) {
			b.Fatal("not allowed")
		}
	}
}
