package loop

import (
	"fmt"
	"runtime/debug"
	"strings"
	"time"
)

const longest = 200 // characters of an error

// say prints one line at once; a line has one call of write(2), so that the reader's
// and the writer's do not mix.
func say(format string, a ...any) { fmt.Printf(format+"\n", a...) }

func micros() int64 { return time.Now().UnixMicro() }

// line is an error with its type, on one line.
func line(err error) string {
	text := []rune(strings.Join(strings.Fields(fmt.Sprintf("%T: %v", err, err)), " "))
	return string(text[:min(len(text), longest)])
}

// Version is that of a module in this program.
func Version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == module {
				return strings.TrimPrefix(dep.Version, "v")
			}
		}
	}
	return "unknown"
}
