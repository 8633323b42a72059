package printed

import (
	"reflect"
	"testing"
)

func TestNotesAreSections(t *testing.T) {
	got := Notes(`NAME: dev
STATUS: deployed
NOTES:
Three servers.

Wait:

  kubectl wait
  kubectl wait more

Who?

(Log in to ask.)

  kubectl get lease

Nothing to do here.
  kubectl lost

The end.
`)
	want := []Section{
		{Heading: "Wait:", Commands: []string{"kubectl wait", "kubectl wait more"}},
		{Heading: "Who?", Remarks: []string{"(Log in to ask.)"}, Commands: []string{"kubectl get lease"}},
		{Commands: []string{"kubectl lost"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestCommandsOfADocument(t *testing.T) {
	got := Commands("# Title\nText with `kubectl get pods`, `kubectl`, `--set a=b` and `a value`.\n    goes on, no block\n\n" +
		"## Install\n\n    helm install \\\n      --set b=c  # why\n    not known\n\n```go\nkubectl := 1\n```\n```sh\none\ntwo\n```\n")
	want := []Command{
		{2, "Title", "kubectl get pods"},
		{2, "Title", "--set a=b"},
		{7, "Install", "helm install --set b=c  # why"},
		{9, "Install", "not known"},
		{17, "Install", "one\ntwo"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
