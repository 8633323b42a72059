package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/pflag"
)

// The most that one computer is asked to run.
const (
	mostMasters   = 100
	mostReplicas  = 9
	mostSentinels = 9
	mostRedis     = 300
)

// config is what the user asks for.
type config struct {
	masters, replicas, sentinels, port int
	json, atOnce                       bool
}

// parse reads the arguments. The error tells all mistakes at once.
func parse(args []string) (config, error) {
	c := config{masters: 1, replicas: 2, sentinels: 3, port: 26379}
	flags := pflag.NewFlagSet("demo", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.SetOutput(os.Stdout) // of --help, all that it writes
	numbers := []*number{
		{name: "masters", to: &c.masters, least: 1, most: mostMasters},
		{name: "replicas", to: &c.replicas, least: 0, most: mostReplicas},
		{name: "sentinels", to: &c.sentinels, least: 1, most: mostSentinels},
		{name: "port", to: &c.port, least: 1024, most: 65535},
	}
	flags.Var(numbers[0], "masters", "How many masters: mymaster, mymaster2 and so on.")
	flags.Var(numbers[1], "replicas", "How many replicas each master has.")
	flags.Var(numbers[2], "sentinels", "How many Sentinels, at 127.0.0.1.")
	flags.Var(numbers[3], "port", "Port of the first Sentinel; the others take the ports after it.")
	flags.BoolVar(&c.json, "json", false, "Print one line of JSON when all is ready; the log goes to standard error.")
	flags.BoolVar(&c.atOnce, "restart-at-once", false, "Restart what was killed at once, not within a second as a kubelet does.")
	err := flags.Parse(args)
	if errors.Is(err, pflag.ErrHelp) {
		return c, err
	}
	wrong := []error{err}
	for _, n := range numbers {
		wrong = append(wrong, n.mistake())
	}
	if rest := flags.Args(); err == nil && len(rest) > 0 {
		wrong = append(wrong, fmt.Errorf("%q: the demo takes flags only", rest))
	}
	return c, errors.Join(append(wrong, c.together())...)
}

// together checks what single flags can't be blamed for.
func (c config) together() error {
	var wrong []error
	if last := c.port + c.sentinels - 1; c.port <= 65535 && last > 65535 {
		wrong = append(wrong, fmt.Errorf("--port %d with --sentinels %d: the last Sentinel's port would be %d, want at most 65535", c.port, c.sentinels, last))
	}
	if total := c.masters * (c.replicas + 1); c.masters <= mostMasters && c.replicas <= mostReplicas && total > mostRedis {
		wrong = append(wrong, fmt.Errorf("--masters %d with --replicas %d are %d Redis processes, want at most %d", c.masters, c.replicas, total, mostRedis))
	}
	return errors.Join(wrong...)
}

// names are the masters' names.
func (c config) names() []string {
	names := []string{"mymaster"}
	for n := 2; n <= c.masters; n++ {
		names = append(names, "mymaster"+strconv.Itoa(n))
	}
	return names
}

// ports are the Sentinels' ports.
func (c config) ports() []int {
	ports := make([]int, c.sentinels)
	for i := range ports {
		ports[i] = c.port + i
	}
	return ports
}

// number is a flag that keeps what is wrong with it for later, since pflag stops
// at the first error.
type number struct {
	name        string
	to          *int
	least, most int
	text        string // what was given, when it is wrong
}

func (n *number) Set(text string) error {
	value, err := strconv.Atoi(text)
	n.text = ""
	if err != nil || value < n.least || value > n.most {
		n.text = text
		return nil
	}
	*n.to = value
	return nil
}

func (n *number) mistake() error {
	if n.text == "" {
		return nil
	}
	return fmt.Errorf("--%s %s: want %d to %d", n.name, n.text, n.least, n.most)
}

func (n *number) String() string {
	if n.to == nil {
		return ""
	}
	return strconv.Itoa(*n.to)
}

func (n *number) Type() string { return "number" }
