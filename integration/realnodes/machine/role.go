package machine

import (
	"fmt"
	"os"
	"strings"
)

// The program starts itself again in several roles, told by the environment.
const (
	roleVariable = "REALNODES_ROLE"
	dirVariable  = "REALNODES_DIR"

	roleWorld   = "world"   // process 1 of the namespaces that hold everything
	roleInside  = "inside"  // the program proper, in them
	roleJanitor = "janitor" // outside, and longer there than all others
	roleBoot    = "boot"    // a machine that has its namespaces, but no cgroups and mounts yet
	roleInit    = "init"    // process 1 of a machine that is up
)

// Options say what the program takes along into its namespaces.
type Options struct {
	// Files opens, outside, what the program inside has as descriptors 3, 4, ... A listening
	// socket stays in the network in which it was opened. nil opens nothing.
	Files func() ([]*os.File, error)
}

// Inside makes sure that the program runs in namespaces of its own. It must be the first
// call of main or TestMain. In the program as a person started it, it does not return: the
// program runs again, inside, and its exit code becomes this one's. Inside it returns the
// folder for all that is written, which is removed after the end.
func Inside(options Options) (dir string) {
	var err error
	switch role := os.Getenv(roleVariable); role {
	case roleInside:
		return os.Getenv(dirVariable)
	case roleWorld:
		err = world()
	case roleJanitor:
		err = janitor()
	case roleBoot:
		err = boot()
	case roleInit:
		err = serveInit()
	default:
		var code int
		if code, err = outside(options); err == nil {
			os.Exit(code)
		}
	}
	fmt.Fprintf(os.Stderr, "real nodes: %s: %v\n", os.Getenv(roleVariable), err)
	os.Exit(1)
	return ""
}

// as is the environment in which this program takes another role.
func as(role, dir string) []string {
	var env []string
	for _, each := range os.Environ() {
		if !isRole(each) {
			env = append(env, each)
		}
	}
	return append(env, roleVariable+"="+role, dirVariable+"="+dir)
}

func isRole(variable string) bool {
	return strings.HasPrefix(variable, roleVariable+"=") || strings.HasPrefix(variable, dirVariable+"=")
}
