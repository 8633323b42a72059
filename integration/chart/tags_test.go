package chart_test

import (
	"strings"
	"testing"

	syaml "sigs.k8s.io/yaml"
)

// TestTags: an image's tag may be given in every way in which people give it. A number with
// a dot is refused, since nobody can tell 8.1 from 8.10 after YAML has read it.
func TestTags(t *testing.T) {
	for _, test := range []struct {
		args []string
		tag  string
	}{
		{[]string{"--set", "IMAGE.tag=1"}, "1"},
		{[]string{"--set", "IMAGE.tag=8.10"}, "8.10"},
		{[]string{"--set", "IMAGE.tag=0"}, "0"},
		{[]string{"--set", "IMAGE.tag=20261105"}, "20261105"},
		{[]string{"--set", "IMAGE.tag=007"}, "007"},
		{[]string{"--set-string", "IMAGE.tag=1"}, "1"},
		{[]string{"--set-json", `IMAGE.tag="1.0"`}, "1.0"},
		{[]string{"--set-json", "IMAGE.tag=20261105"}, "20261105"},
		{[]string{"-f", "8"}, "8"},
		{[]string{"-f", "20261105"}, "20261105"},
		{[]string{"-f", `"8.10"`}, "8.10"},
		{[]string{"-f", "8.10"}, ""},
		{[]string{"--set-json", "IMAGE.tag=1.5"}, ""},
		{[]string{"--set", "IMAGE.tag=-1"}, ""},
		{[]string{"--set", "IMAGE.tag=true"}, ""},
	} {
		for image, name := range map[string]string{"redis.image": "redis", "sentinel.image": "redis-sentinel-k8s/redis-sentinel-k8s"} {
			args := []string{"template", "dev", chartFolder, test.args[0], strings.ReplaceAll(test.args[1], "IMAGE", image)}
			if test.args[0] == "-f" {
				part, _, _ := strings.Cut(image, ".")
				args[len(args)-1] = textFile(t, part+":\n  image:\n    tag: "+test.args[1]+"\n")
			}
			out, errOut, err := helm(t, args...)
			switch {
			case test.tag == "" && (err == nil || !strings.Contains(errOut, "image/tag")):
				t.Errorf("%s %q: not refused as a tag: %v %s", image, test.args, err, errOut)
			case test.tag != "" && (err != nil || !strings.Contains(out, `image: "`+name+":"+test.tag+`"`)):
				t.Errorf("%s %q: no image %s:%s (%v %s)", image, test.args, name, test.tag, err, errOut)
			}
		}
	}
}

// TestNoTag: the service has one of its own, the servers' must be named.
func TestNoTag(t *testing.T) {
	var chart struct{ AppVersion string }
	if err := syaml.Unmarshal([]byte(read(t, "Chart.yaml")), &chart); err != nil {
		t.Fatal(err)
	}
	for _, none := range []string{"null", ""} {
		out, errOut, err := helm(t, "template", "dev", chartFolder, "--set", "sentinel.image.tag="+none)
		if want := "image: \"redis-sentinel-k8s/redis-sentinel-k8s:" + chart.AppVersion + "\""; err != nil || !strings.Contains(out, want) {
			t.Errorf("%q: the service is not of the chart's version (%v %s)", none, err, errOut)
		}
		out, errOut, err = helm(t, "template", "dev", chartFolder, "--set", "redis.image.tag="+none)
		if err == nil || !strings.Contains(errOut, "image redis: name its tag") {
			t.Errorf("%q: Redis without a version was not refused: %s%s", none, out, errOut)
		}
	}
}
