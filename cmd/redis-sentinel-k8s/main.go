package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/cmd/internal/service"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
)

// version is set by the linker from git.
var version = "unknown"

func main() {
	spareMemory()
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "redis-sentinel-k8s: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	config := service.Defaults()
	flags := config.Flags()
	showVersion := flags.Bool("version", false, "Print the version and exit.")
	flags.SetOutput(os.Stdout) // of --help, all that it writes
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *showVersion {
		_, err := fmt.Println("redis-sentinel-k8s", version)
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected arguments: %q", flags.Args())
	}
	if err := errors.Join(config.ReadEnv(flags, os.LookupEnv), config.Validate()); err != nil {
		return fmt.Errorf("the configuration is wrong:\n%w", err)
	}
	log := service.NewLog(config, os.Stderr)
	k8s.BridgeLogs(log)
	node.BridgeLogs(log.WithField("component", "go-redis").Debugf)
	clients, err := k8s.Connect(k8s.Access{Kubeconfig: config.Kubeconfig, UserAgent: "redis-sentinel-k8s/" + version})
	if err != nil {
		return err
	}
	log.WithField("version", version).Info("starting")
	return service.Run(untilTold(), config, clients, log)
}
