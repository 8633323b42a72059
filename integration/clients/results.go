package clients

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
)

// Results are outcomes of any number of runs, by side and program, so that a table
// can be made of several.
type Results map[string]map[string][]Outcome

// Read reads a file of them; none is none.
func Read(path string) (Results, error) {
	results := Results{}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return results, nil
	}
	if err != nil {
		return nil, err
	}
	return results, json.Unmarshal(text, &results)
}

// Merge puts the outcomes of a run into a file, in place of those that it had of the
// same programs on that side.
func Merge(path, side string, outcomes []Outcome) error {
	results, err := Read(path)
	if err != nil {
		return err
	}
	if results[side] == nil {
		results[side] = map[string][]Outcome{}
	}
	for _, o := range outcomes {
		delete(results[side], o.Program.Name())
	}
	for _, o := range outcomes {
		results[side][o.Program.Name()] = append(results[side][o.Program.Name()], o)
	}
	text, err := json.Marshal(results)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}
