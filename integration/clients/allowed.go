package clients

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// allowed fails if a program wanted something of the Sentinel port that its user may not:
// the rules that the chart's README recommends are then too narrow.
func (p *play) allowed() {
	p.Run.t.Helper()
	if user, _ := p.side.login(); !p.Password || user == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var refused []string
	for n, client := range p.sentinels {
		entries, err := client.Do(ctx, "ACL", "LOG", "1000").Slice()
		if err != nil {
			p.Run.t.Errorf("Sentinel %d: %v", n, err)
		}
		for _, entry := range entries {
			if text, isLogin := refusal(entry); !isLogin {
				refused = append(refused, text)
			}
		}
	}
	slices.Sort(refused)
	if refused = slices.Compact(refused); len(refused) > 0 {
		p.Run.t.Errorf("the user of the chart's README may not:\n%s", strings.Join(refused, "\n"))
	}
}

// refusal is what an entry of ACL LOG says in few words. A login that failed is none of a
// right.
func refusal(entry any) (text string, isLogin bool) {
	fields, _ := entry.([]any)
	told := map[string]string{}
	for i := 0; i+1 < len(fields); i += 2 {
		told[fmt.Sprint(fields[i])] = fmt.Sprint(fields[i+1])
	}
	return fmt.Sprintf("%s %s as %s", told["reason"], told["object"], told["username"]), told["reason"] == "auth"
}
