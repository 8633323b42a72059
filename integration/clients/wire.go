package clients

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// errNotCommands: what comes is no command of Redis, such as TLS.
var errNotCommands = errors.New("no commands")

const longestLine, longestArgument, mostArguments = 64 << 10, 1 << 20, 1 << 10

// readCommand reads one command, as an array of bulk strings or inline, and returns
// its first two words in lower case: "sentinel masters", "ping".
func readCommand(from *bufio.Reader) (string, error) {
	line, err := readLine(from)
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "*") {
		return inline(line)
	}
	count, err := strconv.Atoi(line[1:])
	if err != nil || count < 0 || count > mostArguments {
		return "", errNotCommands
	}
	var words []string
	for range count {
		word, err := readBulk(from)
		if err != nil {
			return "", err
		}
		if len(words) < 2 {
			words = append(words, word)
		}
	}
	return name(words), nil
}

func inline(line string) (string, error) {
	for _, c := range line {
		if c < ' ' || c > '~' {
			return "", errNotCommands
		}
	}
	words := strings.Fields(line)
	return name(words[:min(2, len(words))]), nil
}

// name keeps the second word only where it is a subcommand: the rest may be secret.
func name(words []string) string {
	if len(words) == 0 {
		return ""
	}
	first := strings.ToLower(words[0])
	if len(words) > 1 && (first == "sentinel" || first == "client") {
		return first + " " + strings.ToLower(words[1])
	}
	return first
}

func readLine(from *bufio.Reader) (string, error) {
	line, err := from.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", errNotCommands
	}
	return strings.TrimRight(string(line), "\r\n"), err
}

func readBulk(from *bufio.Reader) (string, error) {
	line, err := readLine(from)
	if err != nil {
		return "", err
	}
	size, err := strconv.Atoi(strings.TrimPrefix(line, "$"))
	if err != nil || line[0] != '$' || size < 0 || size > longestArgument {
		return "", errNotCommands
	}
	text := make([]byte, size+2)
	if _, err := io.ReadFull(from, text); err != nil {
		return "", err
	}
	return string(text[:size]), nil
}
