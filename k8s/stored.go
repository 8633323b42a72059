package k8s

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
)

// What is stored may be of a later version of this service: see sentinel.Stored. It is
// written back with all that is not known here. What stands beside the known fields of an
// object belongs to what these say. It goes where that goes, such as from a record's target
// to its master, and ends with it; only what the whole of it has always stays.

// decode reads a stored text. beside is the text itself if it has fields that are not
// known here, else "".
func decode[T any](text string, into *T) (beside string, err error) {
	strict := json.NewDecoder(strings.NewReader(text))
	strict.DisallowUnknownFields()
	if err := strict.Decode(into); err == nil && strict.InputOffset() == int64(len(text)) {
		return "", nil
	}
	*into = *new(T)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return "", err
	}
	return text, nil
}

// encode writes a value with what is not known in beside, the text that the value was read
// from by decode.
func encode[T any](value T, beside string) (string, error) {
	text, err := json.Marshal(value)
	if err != nil || beside == "" {
		return string(text), err
	}
	var before T
	if _, err := decode(beside, &before); err != nil {
		return "", err
	}
	unknown, err := findUnknown(beside, before)
	if err != nil {
		return "", err
	}
	now, err := parse(text)
	if err != nil {
		return "", err
	}
	unknown.addTo("", now)
	text, err = json.Marshal(now)
	return string(text), err
}

// unknown are the fields that are not known, by object, in the order in which they were found.
type unknown []besides

type besides struct {
	path   string         // of the object
	known  map[string]any // what it says that is known
	fields map[string]any
}

// findUnknown compares a text with what was read from it.
func findUnknown(text string, value any) (found unknown, err error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	all, err := parse([]byte(text))
	if err != nil {
		return nil, err
	}
	known, err := parse(plain)
	if err != nil {
		return nil, err
	}
	found.find("", all, known)
	return found, nil
}

func (u *unknown) find(path string, all, known any) {
	switch all := all.(type) {
	case map[string]any:
		known, _ := known.(map[string]any)
		fields := maps.Clone(all)
		for name, value := range known {
			delete(fields, name)
			u.find(path+"."+name, all[name], value)
		}
		if len(fields) > 0 {
			*u = append(*u, besides{path, known, fields})
		}
	case []any:
		known, _ := known.([]any)
		for i := range min(len(all), len(known)) {
			u.find(fmt.Sprintf("%s.%d", path, i), all[i], known[i])
		}
	}
}

// addTo gives an object, and those in it, what belongs to them.
func (u unknown) addTo(path string, value any) {
	switch value := value.(type) {
	case map[string]any:
		fields := u.of(path, value)
		for name, one := range value {
			u.addTo(path+"."+name, one)
		}
		for name, one := range fields {
			if _, known := value[name]; !known {
				value[name] = one
			}
		}
	case []any:
		for i, one := range value {
			u.addTo(fmt.Sprintf("%s.%d", path, i), one)
		}
	}
}

// of finds what stood beside the same words, at best in the same place.
func (u unknown) of(path string, known map[string]any) map[string]any {
	var elsewhere map[string]any
	for _, b := range u {
		switch {
		case path == "" && b.path == "":
			return b.fields
		case path == "" || b.path == "" || !reflect.DeepEqual(known, b.known):
		case path == b.path:
			return b.fields
		case elsewhere == nil:
			elsewhere = b.fields
		}
	}
	return elsewhere
}

// parse reads JSON without rounding its numbers.
func parse(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}
